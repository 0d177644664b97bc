"""A running job paused from another process: a file in its folder that it looks for between steps."""

from __future__ import annotations

import os
from pathlib import Path

from impasto.errors import JobError
from impasto.jobs.record import Record
from impasto.media.paths import is_there

PAUSE = "pause"


def pause(folder: str | os.PathLike[str]) -> None:
    """Let the job in a folder wait after the step that it is in, with that step kept; raises JobError where there is no job."""
    folder = Path(folder)
    Record.read(folder)
    try:
        (folder / PAUSE).touch()
    except OSError as error:
        raise JobError(
            f"cannot pause job '{folder}': {error.strerror or error}; stop it by Ctrl-C, it can be gone on with"
        ) from None


def unpause(folder: str | os.PathLike[str]) -> None:
    """Let the job in a folder go on; raises JobError where there is no job."""
    folder = Path(folder)
    Record.read(folder)
    try:
        (folder / PAUSE).unlink(missing_ok=True)
    except OSError as error:
        raise JobError(
            f"cannot let job '{folder}' go on: {error.strerror or error}; delete the file '{folder / PAUSE}'"
        ) from None


def is_paused(folder: Path) -> bool:
    """Whether the job in a folder is to wait."""
    return is_there(folder / PAUSE)
