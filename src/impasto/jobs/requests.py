"""Requests for changes of a job: files in its folder, which its run takes between two steps."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from impasto.errors import DiskFull, JobEnded, SettingsError
from impasto.jobs.files import sync_folder, write_durably
from impasto.jobs.kinds import KINDS
from impasto.jobs.record import RECORD, Record
from impasto.jobs.tasks import TASK, Task
from impasto.media.paths import is_there
from impasto.recipe.change import STYLES, Change, check_names, check_weights, in_effect, with_change, worded
from impasto.settings import Settings

FILES = r"set-\d{20}-\d+\.json"
"""The names of the files with requests, as a pattern."""

_NAME = re.compile(FILES, re.ASCII)
_LAST = sys.maxsize


class Request(NamedTuple):
    """Settings and weights of styles that are asked for, and the files that ask for them."""

    settings: dict[str, float]
    styles: tuple[float, ...]
    files: tuple[str, ...]

    def __str__(self) -> str:
        return worded(self.settings, self.styles)


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


def checked(
    start: Settings,
    weights: Sequence[float],
    changes: Sequence[Change],
    before: Request,
    values: Mapping[str, Any],
) -> Request:
    """Return what is asked for as numbers, after all that was asked for before.

    `start` and `weights` are the settings and styles' weights at the start, `changes` those made since.
    Raises SettingsError.
    """
    if not values:
        raise SettingsError("nothing to set was given; give what is to change, such as strength=70")
    check_names(values, start, len(weights))
    styles = values.get(STYLES, ())
    styles = (
        check_weights(styles.split(",") if isinstance(styles, str) else styles, len(weights))
        if STYLES in values
        else ()
    )
    last = Change(scale=_LAST, step=0, settings=before.settings, styles=before.styles)
    changes = with_change(start, weights, changes, last)
    now = in_effect(start, weights, changes, (_LAST, 0)).settings
    settings = {name: value for name, value in values.items() if name != STYLES}
    after = now.with_changes(**settings)
    return Request({name: getattr(after, name) for name in settings}, styles, ())


def file_of(folder: Path, number: int, process: int = 0) -> Path:
    """Return the file of a request; those of higher numbers come later."""
    return folder / f"set-{number:020}-{process}.json"


def as_text(asked: Request) -> str:
    """Return a request as JSON."""
    styles = {STYLES: list(asked.styles)} if asked.styles else {}
    return json.dumps({"settings": asked.settings} | styles)


def pending(folder: Path, applied: tuple[str, ...] = ()) -> Request:
    """Return all requests in a folder as one, without files that were taken; damaged ones are ignored."""
    files: list[str] = []
    with suppress(OSError):  # a run continues without its folder
        files = sorted(
            path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.name not in applied
        )
    return together(map(_read, (folder / name for name in files)))._replace(files=tuple(files))


def together(texts: Iterable[str]) -> Request:
    """Return several requests as one; later ones override earlier ones, and damaged ones are ignored."""
    settings: dict[str, float] = {}
    styles: tuple[float, ...] = ()
    for text in texts:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            table = json.loads(text)
            found = {str(key): float(value) for key, value in table["settings"].items()}
            styles = tuple(map(float, table.get(STYLES, styles)))
            settings |= found
    return Request(settings, styles, ())


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
