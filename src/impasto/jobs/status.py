"""Where a job stands, as its folder says."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from impasto.jobs.kinds import KINDS
from impasto.jobs.lock import holder
from impasto.jobs.pause import is_paused
from impasto.jobs.record import Record
from impasto.jobs.requests import pending
from impasto.recipe.change import Change


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is kept of a job of some `kind`: `steps_kept` of `steps`, in `scale` of `scales` (0 before anything is kept).

    Of a film these are frames and passes, over all passes, and 0 of 0 before its clip is read. `branches` are the scales or
    frames to branch from, `changes` those made so far, `asked` what is asked for and not yet taken.
    """

    kind: str
    running: bool
    paused: bool
    scale: int
    scales: int
    steps_kept: int
    steps: int
    done: bool
    branches: tuple[int, ...]
    changes: tuple[Change, ...]
    asked: str
    output: str


def status(folder: str | os.PathLike[str]) -> Status:
    """Return where the job in a folder stands; raises JobError if there is none."""
    folder = Path(folder)
    record = Record.read(folder)
    found = KINDS[record.recipe.command].standing(folder, record)
    return Status(
        kind=record.recipe.command,
        running=holder(folder) is not None,
        paused=is_paused(folder),
        scale=found.part,
        scales=found.parts,
        steps_kept=found.kept,
        steps=found.units,
        done=found.done,
        branches=found.branches,
        changes=record.changes,
        asked=str(pending(folder, record.taken)),
        output=record.run.output,
    )
