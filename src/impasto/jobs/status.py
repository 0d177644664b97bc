"""The status of a job, from its folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from impasto.jobs.control import is_paused
from impasto.jobs.kinds import KINDS
from impasto.jobs.lock import holder
from impasto.jobs.record import Record
from impasto.jobs.requests import pending
from impasto.jobs.standing import Standing
from impasto.recipe.change import Change


@dataclass(frozen=True, kw_only=True)
class Status(Standing):
    """The status of a job: what is kept of it, and whether a process is running it.

    `changes` are those made so far, `asked` those requested and not yet taken, in words.
    """

    kind: str
    running: bool
    paused: bool
    changes: tuple[Change, ...]
    asked: str
    output: str


def status(folder: str | os.PathLike[str]) -> Status:
    """Return the status of the job in a folder; raises JobError if there is none."""
    folder = Path(folder)
    record = Record.read(folder)
    found = KINDS[record.recipe.command].standing(folder, record)
    return Status(
        **vars(found),
        kind=record.recipe.command,
        running=holder(folder) is not None,
        paused=is_paused(folder),
        changes=record.changes,
        asked=str(pending(folder, record.applied)),
        output=record.run.output,
    )
