"""A job's folder, made where there is room for one, and removed with nothing in it that is not the job's."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from impasto.errors import JobError
from impasto.jobs import checkpoints, wishes
from impasto.jobs.curve import CURVE
from impasto.jobs.files import PART
from impasto.jobs.lock import LOCK
from impasto.jobs.pause import PAUSE
from impasto.jobs.record import RECORD

_PART = re.escape(PART)
_OURS = re.compile(rf"{PAUSE}|{re.escape(CURVE)}|({checkpoints.FILES}|{wishes.FILES})({_PART})?|{re.escape(RECORD)}{_PART}", re.ASCII)


def make_folder(folder: Path) -> None:
    """Make a job folder, or see that there is one or an empty folder; raises JobError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = [path.name for path in folder.iterdir() if path.name != LOCK and not path.name.endswith(PART)]
    except OSError as error:
        raise JobError(f"cannot make job folder '{folder}': {error.strerror or error}; choose another --job") from None
    if others and RECORD not in others:
        raise JobError(f"'{folder}' has other files in it, such as '{min(others)}', and no job; choose a new folder for --job")


def remove_folder(folder: Path) -> None:
    """Remove a job's files, and the folder where nothing else is in it; raises JobError where that fails."""
    try:
        for path in list(folder.iterdir()):
            if _OURS.fullmatch(path.name):
                path.unlink()
        # What makes it a job goes last, so that it is one for as long as there is anything of it.
        for name in (RECORD, LOCK):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise JobError(f"cannot remove job folder '{folder}': {error.strerror or error}; delete it yourself") from None
    with suppress(OSError):
        folder.rmdir()
