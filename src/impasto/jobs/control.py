"""Requests to pause or cancel a job: files in its folder, which its run checks between two steps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from impasto.errors import DiskFull
from impasto.jobs.record import Record
from impasto.media.paths import is_there

PAUSE, CANCEL = "pause", "cancel"

Asked = Literal["", "pause", "cancel", "lose", "stop", "yield"]
"""Why work on a job ends: it is paused or cancelled, another worker has it, this worker is to stop, or a job
that goes first is to be painted."""


def pause(folder: str | os.PathLike[str]) -> None:
    """Pause the job in a folder after its current step; raises JobError."""
    Record.read(Path(folder))
    ask(Path(folder), PAUSE)


def unpause(folder: str | os.PathLike[str]) -> None:
    """Let a paused job continue; raises JobError."""
    Record.read(Path(folder))
    withdraw(Path(folder), PAUSE)


def ask(folder: Path, what: str) -> None:
    """Ask the job in a folder to pause or to cancel; raises DiskFull."""
    try:
        (folder / what).touch()
    except OSError as error:
        why = error.strerror or str(error)
        raise DiskFull(
            f"cannot {what} job '{folder}': {why}",
            "interrupt it instead; it can be resumed",
            path=str(folder),
        ) from None


def withdraw(folder: Path, what: str) -> None:
    """Withdraw what was asked of a job; raises DiskFull."""
    try:
        (folder / what).unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise DiskFull(
            f"cannot resume job '{folder}': {why}", f"delete the file '{folder / what}'", path=str(folder)
        ) from None


def asked(folder: Path) -> Asked:
    """Return what is asked of the job in a folder."""
    return "cancel" if is_there(folder / CANCEL) else "pause" if is_there(folder / PAUSE) else ""


def is_paused(folder: Path) -> bool:
    """Whether the job in a folder is paused."""
    return is_there(folder / PAUSE)
