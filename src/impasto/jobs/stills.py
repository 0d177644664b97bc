"""Single pictures in job folders: kept by checkpoints, branched at the end of a scale."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from impasto.engine.events import Event, Note, Resumed, ScaleDone, Step, note
from impasto.engine.memory import bytes_at_most
from impasto.errors import NoBranch
from impasto.jobs import curve
from impasto.jobs.checkpoints import Checkpoints
from impasto.jobs.record import RECORD, Record
from impasto.jobs.standing import Standing
from impasto.media import image
from impasto.settings import Settings
from impasto.settings.layers import ENCODER
from impasto.stills.again import prepare
from impasto.stills.stylize import Stylization

PART_OF_TIME = 0.012
"""Share of a run's time that writing checkpoints may take, apart from the last one, written at a stop."""

SLOWEST = 50e6
"""Assumed write speed of a disk, in bytes per second, until one write was long enough to measure it."""

MEASURABLE = 4_000_000
"""Fewest bytes of a write that measures the speed of the disk."""

UNIT, PART, SUFFIX, RESULT, FOLDERED = "step", "scale", ".png", "picture", False
PROGRESS, UNIT_DONE = Step, Step


class Keeper:
    """Keeps a run in checkpoints, written as time allows, at each scale's end, and when it is stopped."""

    def __init__(self, folder: Path, run: Stylization) -> None:
        self.folder, self.run, self.part_of_time = folder, run, PART_OF_TIME
        self._checkpoints = Checkpoints(folder)
        self._spent, self._rate, self._kept, self._failed = 0.0, SLOWEST, (-1, -1), False
        self._began = time.perf_counter()

    def restore(self, *, torn: bool = False) -> list[Event]:
        """Give the run the state of the newest good checkpoint, and return events that say what was found.

        Without a good one, the run keeps its state, or restarts if that is incomplete (`torn`).
        """
        run, events = self.run, list[Event]()
        state, more, damaged = self._checkpoints.read([scale.size for scale in run.scales], run.device)
        if damaged:
            names = f"{', '.join(damaged)} {'is' if len(damaged) == 1 else 'are'}"
            way = "the one before is used" if state else "painting restarts"
            events.append(note("checkpoint_damaged", names=names, folder=str(self.folder), way=way))
        if state is not None or torn:
            run.state = state
        self._kept = (-1, -1)
        if state is not None:
            self._kept = (state.index, state.step)
            run.tuner.choices.update(more["choices"])
            run.tuner.used.update(more["used"])
            events.append(Resumed(run.units))
        return events

    def begin(self) -> None:
        """Start to measure the time of painting."""
        self._spent, self._began = 0.0, time.perf_counter()

    def after(self, event: Event) -> Iterator[Note]:
        """Keep what an event says, and a checkpoint if one is due; yield a note if none can be written."""
        if isinstance(event, Step):
            curve.add(self.folder, event, bytes_at_most(self.run.device))
        if isinstance(event, ScaleDone) or (isinstance(event, Step) and self._is_due()):
            yield from self.keep()

    def keep(self) -> Iterator[Note]:
        """Write a checkpoint of this step unless there is one; if that fails, a note says so once."""
        state, tuner = self.run.state, self.run.tuner
        if state is None or (state.index, state.step) == self._kept:
            return
        started, amount = time.perf_counter(), self._checkpoints.bytes(state)
        try:
            self._checkpoints.write(state, {"choices": tuner.choices, "used": sorted(tuner.used)})
            self._kept, self._failed = (state.index, state.step), False
        except OSError as error:
            if not self._failed:
                yield note("checkpoint_failed", folder=str(self.folder), why=str(error.strerror or error))
            self._failed = True
        seconds = time.perf_counter() - started
        self._spent += seconds
        if amount >= MEASURABLE and not self._failed:
            self._rate = amount / max(seconds, 1e-3)

    def waited(self, seconds: float) -> None:
        """Take seconds of waiting out of the time of painting."""
        self._began += seconds

    def files(self) -> dict[str, str]:
        """Return names and SHA-256 of the files to resume from on another machine; empty if none."""
        return self._checkpoints.consists_of(RECORD)

    @property
    def exists(self) -> bool:
        """Whether there is a checkpoint."""
        return bool(self._checkpoints.files)

    @property
    def saves_time(self) -> bool:
        """Whether there is a checkpoint to resume from."""
        return self.exists

    def _is_due(self) -> bool:
        """Whether a checkpoint now would keep all that is spent on them within its share of the time."""
        assert self.run.state is not None
        painted = time.perf_counter() - self._began - self._spent
        needed = self._spent + self._checkpoints.bytes(self.run.state) / self._rate
        return needed <= self.part_of_time * painted


def make(
    kind: str, content: str, styles: list[tuple[str, float]], settings: Settings, **options: Any
) -> Stylization:
    """Return the run of a task."""
    return Stylization(content or None, list(styles), settings, command=kind, **options)


def network(settings: Settings) -> str:
    """Return the SHA-256 of the bundled encoder."""
    return ENCODER


def asked(content: str, settings: Settings) -> Settings:
    """Return the settings as they are."""
    return settings


def check_format(path: Path, settings: Settings) -> None:
    """Raise OutputError if the format of a name can hold no picture of this depth."""
    image.check_format(path, size=(1, 1), alpha=False, depth=settings.depth)


again = prepare


def standing(folder: Path, record: Record) -> Standing:
    """Return what is kept of the picture in a folder."""
    checkpoints = Checkpoints(folder)
    table = checkpoints.newest() or {"scales": [], "index": -1, "step": 0}
    steps, index = [scale[2] for scale in table["scales"]], table["index"]
    return Standing(
        scale=index + 1,
        scales=len(steps),
        steps_kept=sum(steps[: max(index, 0)]) + table["step"],
        steps=sum(steps),
        done=0 <= index == len(steps) - 1 and table["step"] >= steps[-1],
        branches=tuple(_branchable(checkpoints)),
    )


def branch(folder: Path, new: Path, record: Record, at: int) -> tuple[int, tuple[int, int]]:
    """Copy what was painted up to the end of scale `at`, or of the last one kept, into a new folder.

    Returns that scale, and the place up to which changes belong to it. Raises JobError, and OSError.
    """
    checkpoints = Checkpoints(folder)
    kept = _branchable(checkpoints)
    if not kept:
        what = f"job '{folder}' keeps no scale yet from which others follow"
        raise NoBranch(what, "wait until its first one is painted", folder=str(folder), keeps=[])
    scale = at or max(kept)
    if scale not in kept:
        what, way_out = f"job '{folder}' has no scale {at} to branch from", f"take {_either(kept)}"
        raise NoBranch(what, way_out, folder=str(folder), keeps=list(kept))
    try:
        state, more = checkpoints.read_end(kept[scale])
    except ValueError as error:
        what = f"scale {scale} of job '{folder}' is damaged or was painted again meanwhile: {error}"
        others = [one for one in kept if one != scale]
        raise NoBranch(what, "take another scale", folder=str(folder), keeps=others) from None
    Checkpoints(new).write(state, more)
    return scale, (scale, state.step)


def _either(scales: Iterable[int]) -> str:
    return " or ".join(map(str, scales))


def _branchable(checkpoints: Checkpoints) -> dict[int, int]:
    """Return the numbers of the checkpoints at the ends of scales that can be branched, coarsest first.

    Scales count from 1; the last one cannot be branched, since none follows it.
    """
    ends = checkpoints.tables_of_ends()
    last = {index: len(table["scales"]) for index, (_, table) in ends.items()}
    return {index + 1: number for index, (number, _) in sorted(ends.items()) if index + 1 < last[index]}
