"""A run of any kind that is kept in a folder as it proceeds, and resumes from there after any stop."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from impasto.engine.events import (
    Cancelled,
    Changed,
    Event,
    FrameDone,
    Painted,
    Paused,
    Resumed,
    ScaleDone,
    Step,
    note,
)
from impasto.errors import JobError, SettingsError
from impasto.jobs.branch import branch
from impasto.jobs.control import Asked, asked, is_paused, unpause
from impasto.jobs.folder import clear_folder, kept_inputs, remove_folder
from impasto.jobs.holding import locked, made_and_locked, record_of
from impasto.jobs.kinds import KINDS, Result, Run, again
from impasto.jobs.lock import Lock
from impasto.jobs.log import Log
from impasto.jobs.preview import Thumbnail
from impasto.jobs.record import Record
from impasto.jobs.requests import drop, pending, request
from impasto.jobs.status import status
from impasto.media.image import Source
from impasto.media.paths import is_there, remove_empty
from impasto.recipe.change import Change
from impasto.recipe.finder import Finder
from impasto.settings.run import RunOptions
from impasto.stills.stock import Stock

GLANCE = 0.2
"""Seconds between two looks at whether a paused job may continue."""


class Job:
    """A run in its folder: iterate it for events, then take the `result`.

    Close it, or use it as a context manager, to release the folder.

    However it ends, `Job.resume` continues from what is kept, and on the same machine to the same bytes; if
    an error comes before anything is kept, a folder that was made for it is removed. `notes` are the events
    that say what was found at the start; the first iteration yields them. All events are numbered in the
    folder's log, and the folder keeps a small picture of the run as it proceeds.

    A pause is waited for in place. With `asked`, which tells what is asked of the job, it ends the iteration
    instead, as does a cancellation: `let_go` then says why.
    """

    branch, status = staticmethod(branch), staticmethod(status)

    def __init__(
        self,
        folder: Path,
        lock: Lock,
        record: Record,
        run: Run,
        made: list[Path] | None = None,
        asked: Callable[[], Asked] | None = None,
    ) -> None:
        self.folder, self.record, self.run, self._lock, self._made = folder, record, run, lock, made
        self.kind = KINDS[run.command]
        self.keeper = self.kind.keeper(folder, run)
        self.log, self._thumbnail = Log(folder), Thumbnail(folder)
        self._handled, self._unheard, self._torn, self.paused = set(record.applied), False, False, False
        self._asked = asked
        self.let_go: Asked = ""
        if asked is None:
            unpause(folder)
        self.notes: list[Event] = self.keeper.restore()
        self._told = 0
        self._events = self._paint()

    @classmethod
    def start(
        cls,
        folder: str | os.PathLike[str],
        run: Run,
        options: RunOptions | None = None,
        *,
        temporary: bool = False,
        asked: Callable[[], Asked] | None = None,
    ) -> Job:
        """Give a run a folder, or resume the same run in it; raises JobError if the folder has another one.

        `temporary` says that the folder was made by default, and is removed once the result is written.
        """
        folder = Path(folder)
        with made_and_locked(folder) as (lock, made):
            if record := record_of(folder, run.asked):
                return cls._resumed(folder, lock, record, run.sources, run.options, asked)
            run.decide()
            record = Record(run.decided, RunOptions(), run.changes, temporary=temporary).with_run(
                options or RunOptions()
            )
            record.write(folder)
            return cls(folder, lock, record, run, made, asked)

    @classmethod
    def resume(
        cls,
        folder: str | os.PathLike[str],
        *,
        inputs: Sequence[Source] = (),
        memory: int | None = None,
        preview_every: int = 0,
        stock: Stock | None = None,
        asked: Callable[[], Asked] | None = None,
    ) -> Job:
        """Resume the run of a folder; `inputs` are looked up as by `again`.

        Raises JobError and RecipeError.
        """
        folder = Path(folder)
        Record.read(folder)  # before a lock is written into what may be no job at all
        with locked(folder) as lock:
            options = dict(memory=memory, preview_every=preview_every, stock=stock)
            return cls._resumed(folder, lock, Record.read(folder), inputs, options, asked)

    @classmethod
    def _resumed(
        cls,
        folder: Path,
        lock: Lock,
        record: Record,
        inputs: Sequence[Source],
        options: Mapping[str, Any],
        asked: Callable[[], Asked] | None = None,
    ) -> Job:
        finder = Finder(None, [*inputs, *kept_inputs(folder)])
        return cls(folder, lock, record, again(record.current, finder, {}, **options), asked=asked)

    def __iter__(self) -> Iterator[Event]:
        """Continue painting and yield events; raises what the run does."""
        self.stop()
        self._events = self._paint()
        return self._events

    def stop(self) -> None:
        """Stop iterating and keep what is done; does nothing after the end."""
        self._events.close()

    def _paint(self) -> Generator[Event]:
        with closing(self._run()) as events:  # which keeps what is done
            for event in events:
                self.log.add(event)
                yield event

    def _run(self) -> Generator[Event]:
        if self._torn:
            self.notes += self.keeper.restore(torn=True)
        found, self._told, self._torn = self.notes[self._told :], len(self.notes), False
        self.let_go = ""
        self.keeper.begin()
        try:
            yield from found
            yield from self._heed()
            for event in self.run:
                yield from self.keeper.after(event)
                if isinstance(event, ScaleDone):  # whoever hears of it may show how it ended
                    yield from self._thumbnail.update(self.run, event)
                yield event
                if isinstance(event, Step | FrameDone | Painted):
                    yield from self._thumbnail.update(self.run, event)
                wanted = self._wanted(event)
                if wanted == "pause" and self._asked is None:
                    yield from self._wait()
                elif wanted:
                    yield from self._end(wanted)
                    return
                yield from self._heed()
        except GeneratorExit:  # raised only between two steps
            list(self.keeper.keep())
            raise
        except BaseException:  # may be raised within a step, which is then incomplete
            self._torn = True
            raise

    def _within_frame(self, event: Event) -> bool:
        """Whether a stop would lose work: a film is kept by its frames."""
        return self.kind.unit == "frame" and not isinstance(event, FrameDone)

    def _wanted(self, event: Event) -> Asked:
        """Return what is asked of the job after an event; a film is paused between two frames."""
        wanted = self._asked() if self._asked else asked(self.folder)
        return "" if wanted in ("pause", "yield") and self._within_frame(event) else wanted

    def _end(self, why: Asked) -> Generator[Event]:
        """End the iteration; a pause or a stop keeps all that is done, a cancellation does not."""
        self.let_go = why
        if why in ("pause", "stop", "yield"):
            yield from self.keeper.keep()
        if why == "pause":
            yield Paused()
        elif why == "cancel":
            yield Cancelled()

    def _wait(self) -> Generator[Event]:
        """Keep what is done, and wait while the folder says that the job is paused."""
        yield from self.keeper.keep()
        yield Paused()
        self.paused, began = True, time.perf_counter()
        try:
            while is_paused(self.folder):
                time.sleep(GLANCE)
        finally:
            self.paused = False
            self.keeper.waited(time.perf_counter() - began)
        yield Resumed(self.run.units, self.kind.unit, paused=True)

    def change(self, **values: Any) -> None:
        """Change settings, and with `styles` the weights of the styles, from the next step or frame on.

        Raises SettingsError and JobError.
        """
        request(self.folder, values)

    def _heed(self) -> Generator[Event]:
        """Take the changes that the folder asks for.

        The record is written with the place of each change before its request is deleted, so a kill loses
        none.
        """
        asked, run = pending(self.folder, tuple(self._handled)), self.run
        if not asked.files:
            return
        before, late = run.changes, run.over
        event: Event
        try:
            changes = run.changed(asked.settings, asked.styles)
            handled = self._handled.union(asked.files)
            applied = tuple(name for name in sorted(handled) if is_there(self.folder / name))
            record = replace(self.record, changes=changes, applied=applied)
            record.write(self.folder)
            self.record, run.changes = record, changes
            change = _entry(changes, run) if changes != before and not late else {}
            event = Changed(asked.settings, asked.styles, change, late, self.kind.part, self.kind.unit)
        except SettingsError as error:
            event = note("change_refused", why=str(error))
        except JobError as error:
            if not self._unheard:
                yield note("change_delayed", why=str(error))
            self._unheard = True
            return
        self._handled |= set(asked.files)
        self._unheard = False
        drop(self.folder, asked.files)
        yield event

    def result(self) -> Result:
        """Return what is painted so far; raises SettingsError if nothing is."""
        return self.run.result()

    pastiche = result

    def goes_to(self, options: RunOptions, *, reserved: bool = False) -> None:
        """Record where the result goes, and whether that name is only `reserved` for it; raises JobError."""
        record = replace(self.record.with_run(options), reserved=reserved)
        if record != self.record:
            record.write(self.folder)
            self.record = record

    def close(self) -> None:
        """Keep what is done and release the folder."""
        self.stop()
        self._lock.release()

    def clear(self) -> None:
        """Remove what is the job's from its folder; raises JobError."""
        clear_folder(self.folder)

    def withdraw(self) -> None:
        """Release the folder, and remove it if the run was started here and keeps nothing yet."""
        self.close()
        if self._made is not None and not self.keeper.exists:
            with suppress(JobError):
                self.clear()
            remove_empty(self._made)

    def remove(self) -> None:
        """Release the folder and remove it with all that is the job's; raises JobError."""
        self.close()
        remove_folder(self.folder)

    def __enter__(self) -> Job:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.withdraw()
        else:
            self.close()


def _entry(changes: Sequence[Change], run: Run) -> dict[str, Any]:
    """Return the recipe's entry of the change that counts from the next unit on."""
    index, done = run.place
    return next((change.as_table() for change in changes if change.place == (index + 1, done)), {})
