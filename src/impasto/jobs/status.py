"""Where a job stands, as its folder tells whoever asks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from impasto.jobs.branch import branchable
from impasto.jobs.checkpoints import Checkpoints
from impasto.jobs.lock import holder
from impasto.jobs.pause import is_paused
from impasto.jobs.record import Record
from impasto.jobs.wishes import pending
from impasto.recipe.change import Change


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is kept of a job: `steps_kept` of `steps`, in `scale` of `scales` (0 before the first checkpoint).

    `branches` are the scales to branch from, `changes` those made so far, `asked` what is asked for and not yet taken.
    """

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
    """Return where the job in a folder stands; raises JobError where there is none."""
    folder = Path(folder)
    record, checkpoints = Record.read(folder), Checkpoints(folder)
    table = checkpoints.newest() or {"scales": [], "index": -1, "step": 0}
    steps, index = [scale[2] for scale in table["scales"]], table["index"]
    return Status(
        running=holder(folder) is not None,
        paused=is_paused(folder),
        scale=index + 1,
        scales=len(steps),
        steps_kept=sum(steps[: max(index, 0)]) + table["step"],
        steps=sum(steps),
        done=0 <= index == len(steps) - 1 and table["step"] >= steps[-1],
        branches=tuple(branchable(checkpoints)),
        changes=record.changes,
        asked=str(pending(folder, record.taken)),
        output=record.run.output,
    )
