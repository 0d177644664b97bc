"""Requests for changes of a job: files in its folder, which its run takes between two steps."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from impasto.errors import DiskFull, JobEnded
from impasto.jobs.files import sync_folder, write_durably
from impasto.jobs.kinds import KINDS
from impasto.jobs.record import RECORD, Record
from impasto.jobs.tasks import TASK, Task
from impasto.media.paths import is_there
from impasto.recipe.request import Request, as_text, checked, together

FILES = r"set-\d{20}-\d+\.json"
"""The names of the files with requests, as a pattern."""

_NAME = re.compile(FILES, re.ASCII)


def request(folder: str | os.PathLike[str], values: Mapping[str, Any]) -> str:
    """Request other settings of the job in a folder from its next step on; return them in words.

    `values` are numbers or texts by the names of settings; `styles` has a weight for each style. Raises
    SettingsError for what cannot change or is out of its range, JobNotFound, and JobEnded if nothing is left
    to paint.
    """
    folder = Path(folder)
    if is_there(folder / TASK) and not is_there(folder / RECORD):  # a service's job that has not started
        task = Task.read(folder)
        weights = tuple(weight for _, weight in task.styles)
        asked = checked(task.settings, weights, (), pending(folder), values)
    else:
        record = Record.read(folder)
        start, weights = record.recipe.settings, record.recipe.style_weights
        asked = checked(start, weights, record.changes, pending(folder, record.applied), values)
        if KINDS[record.recipe.command].standing(folder, record).done:
            raise JobEnded(
                f"job '{folder}' is painted to its end, so nothing can change",
                "branch it to begin another from one of its scales",
                folder=str(folder),
            )
    try:
        write_durably(file_of(folder, time.time_ns(), os.getpid()), [as_text(asked).encode()])
        sync_folder(folder)
    except OSError as error:
        raise DiskFull(
            f"cannot write into job '{folder}': {error.strerror or error}",
            "free some space, or check who may write there",
            path=str(folder),
        ) from None
    return str(asked)


def file_of(folder: Path, number: int, process: int = 0) -> Path:
    """Return the file of a request; those of higher numbers come later."""
    return folder / f"set-{number:020}-{process}.json"


def pending(folder: Path, applied: tuple[str, ...] = ()) -> Request:
    """Return all requests in a folder as one, without files that were taken; damaged ones are ignored."""
    files: list[str] = []
    with suppress(OSError):  # a run continues without its folder
        files = sorted(
            path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.name not in applied
        )
    return together(map(_read, (folder / name for name in files)))._replace(files=tuple(files))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def drop(folder: Path, files: tuple[str, ...]) -> None:
    """Delete requests that were taken; errors are ignored, since the record has their names."""
    for name in files:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
