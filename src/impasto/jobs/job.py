"""A run in a folder of its own, kept as it goes on, so that after any stop it goes on as if nothing had been."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.engine.events import Event, Note, ScaleDone, Step
from impasto.engine.memory import bytes_at_most
from impasto.errors import JobError, SettingsError
from impasto.jobs import curve
from impasto.jobs.branch import branch
from impasto.jobs.checkpoints import Checkpoints
from impasto.jobs.folder import kept_inputs
from impasto.jobs.lock import Lock
from impasto.jobs.pause import go_on, is_paused
from impasto.jobs.record import RECORD, Record
from impasto.jobs.status import status
from impasto.jobs.taken import Taken, beginning, begun, taking
from impasto.jobs.wishes import Wish, drop, pending, wish
from impasto.media.image import Source
from impasto.media.paths import is_there
from impasto.recipe.change import Change
from impasto.recipe.finder import Finder
from impasto.settings.run import RunOptions
from impasto.stills.again import prepare
from impasto.stills.pastiche import Pastiche
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization

PART_OF_TIME = 0.012
"""The part of a run's time that writing checkpoints may take. The last one, written when it is stopped, comes on top."""

SLOWEST = 50e6
"""Bytes a second that a disk is taken to write until one write was long enough to tell."""

TELLING = 4_000_000
"""Bytes from which on a write tells how fast the disk is."""

GLANCE = 0.2
"""Seconds between two looks at whether a paused job may go on."""


class Job(Taken):
    """A run in its folder: iterate it for events, then take the `pastiche`; close it, or use it with `with`, to let the folder go.

    However it ends, `Job.resume` goes on from the last checkpoint, and on the same machine to the same bytes; where an error
    comes before the first one, a folder that was made for it is removed. Checkpoints
    are written as time allows, at each scale's end and where iterating stops. `notes` say what was found at the start.
    """

    branch, status = staticmethod(branch), staticmethod(status)

    def __init__(
        self, folder: Path, lock: Lock, record: Record, stylization: Stylization, notes: Sequence[str] = ()
    ) -> None:
        super().__init__(folder, lock, record)
        self.stylization, self.notes = stylization, list(notes)
        self.part_of_time = PART_OF_TIME
        self._checkpoints = Checkpoints(folder)
        self._spent, self._rate, self._kept, self._failed = 0.0, SLOWEST, (-1, -1), False
        self._began, self._events, self._torn, self.paused = time.perf_counter(), self._paint(), False, False
        self._heeded, self._unheard = set(record.taken), False
        self._take_up()

    @classmethod
    def start(
        cls,
        folder: str | os.PathLike[str],
        stylization: Stylization,
        run: RunOptions | None = None,
        *,
        own: bool = False,
    ) -> Job:
        """Give a run a folder, or go on in the folder with the same run as was begun there; raises JobError where that is another.

        A run that has taken steps already goes on from there. With `own` the folder is one that nobody asked for.
        """
        folder = Path(folder)
        with beginning(folder) as (lock, made):
            if record := begun(folder, stylization.asked, "run"):
                return cls._again(
                    folder,
                    lock,
                    record,
                    stylization.sources,
                    stylization.memory,
                    stylization.preview_every,
                    stylization.stock,
                )
            stylization.decide()
            record = Record(stylization.decided, RunOptions(), stylization.changes, own=own).with_run(
                run or RunOptions()
            )
            record.write(folder)
            job = cls(folder, lock, record, stylization)
            job.made = made
            return job

    @classmethod
    def resume(
        cls,
        folder: str | os.PathLike[str],
        *,
        inputs: Sequence[Source] = (),
        memory: int | None = None,
        preview_every: int = 0,
        stock: Stock | None = None,
    ) -> Job:
        """Go on with the run of a folder; its inputs are sought as by `again`. Raises JobError and RecipeError."""
        folder = Path(folder)
        Record.read(folder)  # before a lock is written into what may be no job at all
        with taking(folder) as lock:
            return cls._again(folder, lock, Record.read(folder), inputs, memory, preview_every, stock)

    @classmethod
    def _again(
        cls,
        folder: Path,
        lock: Lock,
        record: Record,
        inputs: Sequence[Source],
        memory: int | None,
        preview_every: int,
        stock: Stock | None = None,
    ) -> Job:
        finder = Finder(None, [*inputs, *kept_inputs(folder)])
        stylization, notes = prepare(
            record.current, finder, {}, memory=memory, preview_every=preview_every, stock=stock
        )
        return cls(folder, lock, record, stylization, notes)

    def __iter__(self) -> Iterator[Event]:
        """Paint on and yield events, a Note where no checkpoint can be written; raises what a Stylization does."""
        self.stop()
        self._events = self._paint()
        return self._events

    def stop(self) -> None:
        """Stop iterating and keep the step; needless where it has come to its end."""
        self._events.close()

    def _paint(self) -> Generator[Event]:
        if self._torn:
            self._take_up()
        self._began, self._spent, self._torn = time.perf_counter(), 0.0, False
        try:
            yield from self._heed()
            for event in self.stylization:
                if isinstance(event, Step):
                    curve.add(self.folder, event, bytes_at_most(self.stylization.device))
                if isinstance(event, ScaleDone) or (isinstance(event, Step) and self._is_due()):
                    yield from self._keep()
                yield event
                if is_paused(self.folder):
                    yield from self._wait()
                yield from self._heed()
        except GeneratorExit:  # which comes between two steps
            list(self._keep())
            raise
        except BaseException:  # which may come within one, half of it taken
            self._torn = True
            raise

    def _wait(self) -> Generator[Event]:
        """Keep the step and wait for as long as the folder says."""
        yield from self._keep()
        yield Note(f"paused; 'impasto job {self.folder} continue' goes on")
        self.paused, began = True, time.perf_counter()
        try:
            while is_paused(self.folder):
                time.sleep(GLANCE)
        finally:
            self.paused = False
            self._began += time.perf_counter() - began
        yield Note("going on")

    def set(self, **values: Any) -> None:
        """Change settings, and with `styles` the weights of the styles, from the next step on; raises SettingsError and JobError."""
        wish(self.folder, values)

    def _heed(self) -> Generator[Event]:
        """Take what the folder asks for: once the record says from which step on it counts, a kill changes nothing any more."""
        asked, run = pending(self.folder, tuple(self._heeded)), self.stylization
        if not asked.files:
            return
        try:
            changes = run.changed(asked.settings, asked.styles)
            taken = tuple(
                name for name in sorted(self._heeded.union(asked.files)) if is_there(self.folder / name)
            )
            record = replace(self.record, changes=changes, taken=taken)
            record.write(self.folder)
            said = self._answer(asked, changes)
            self.record, run.changes = record, changes
        except SettingsError as error:
            said = f"not changed: {error}"
        except JobError as error:
            if not self._unheard:
                yield Note(f"nothing is changed yet: {error}")
            self._unheard = True
            return
        self._heeded |= set(asked.files)
        self._unheard = False
        drop(self.folder, asked.files)
        yield Note(said)

    def _answer(self, asked: Wish, changes: tuple[Change, ...]) -> str:
        index, step = self.stylization.place
        if index == len(self.stylization.scales):
            return f"{asked} comes too late, all is painted; 'impasto job {self.folder} branch NEW' goes on from one of its scales"
        return (
            f"{asked} from scale {index + 1}, step {step + 1} on"
            if changes != self.stylization.changes
            else f"{asked} already"
        )

    def pastiche(self) -> Pastiche:
        """Return the best picture so far."""
        return self.stylization.pastiche()

    def files(self) -> dict[str, str]:
        """Return the names and SHA-256 of the files that the newest checkpoint consists of, the record among them; none before the first."""
        return self._checkpoints.consists_of(RECORD)

    @property
    def keeps(self) -> bool:
        """Whether there is a checkpoint."""
        return bool(self._checkpoints.files)

    def close(self) -> None:
        """Keep the step and let the folder go."""
        self.stop()
        super().close()

    def _take_up(self) -> None:
        """Take up the state of the newest good checkpoint, and note what was found; whoever takes a job up wants it to go on."""
        go_on(self.folder)
        run = self.stylization
        state, more, damaged = self._checkpoints.read([scale.size for scale in run.scales], run.device)
        if damaged:
            start = "the one before is used" if state else "painting begins anew"
            self.notes.append(
                f"{', '.join(damaged)} in '{self.folder}' {'is' if len(damaged) == 1 else 'are'} damaged; {start}"
            )
        if state is not None or self._torn:
            run.state = state
        self._kept = (-1, -1)
        if state is not None:
            self._kept = (state.index, state.step)
            run.tuner.choices.update(more["choices"])
            run.tuner.used.update(more["used"])
            done = sum(scale.steps for scale in state.scales[: state.index]) + state.step
            self.notes.append(f"going on with job '{self.folder}' after step {done}")

    def _is_due(self) -> bool:
        """Whether a checkpoint now would keep all that is spent on them within its part of the time."""
        assert self.stylization.state is not None
        painted = time.perf_counter() - self._began - self._spent
        return (
            self._spent + self._checkpoints.bytes(self.stylization.state) / self._rate
            <= self.part_of_time * painted
        )

    def _keep(self) -> Generator[Event]:
        """Write a checkpoint unless there is one of this step; where that fails the last one stays, and once that is said."""
        state, tuner = self.stylization.state, self.stylization.tuner
        if state is None or (state.index, state.step) == self._kept:
            return
        started, amount = time.perf_counter(), self._checkpoints.bytes(state)
        try:
            self._checkpoints.write(state, {"choices": tuner.choices, "used": sorted(tuner.used)})
            self._kept, self._failed = (state.index, state.step), False
        except OSError as error:
            if not self._failed:
                why = error.strerror or error
                yield Note(
                    f"no checkpoint can be written into '{self.folder}': {why}; painting goes on, and the last one stays. Free some space"
                )
            self._failed = True
        seconds = time.perf_counter() - started
        self._spent += seconds
        if amount >= TELLING and not self._failed:
            self._rate = amount / max(seconds, 1e-3)
