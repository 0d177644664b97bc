"""The looks that a user has: those of the package, and their own in the data folder."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import platformdirs

from impasto.errors import LookError
from impasto.looks.look import SUFFIX, Look, read_look
from impasto.media.part import unwritten
from impasto.media.paths import make_folders

SHIPPED = Path(__file__).parent / "shipped"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


def folder() -> Path:
    """Return the folder of the user's own looks, which may not exist yet."""
    return platformdirs.user_data_path("impasto", appauthor=False) / "looks"


def looks() -> dict[str, Path]:
    """Return the files of all looks by name, those of the package first, each group in alphabetical order."""
    found = [path for place in (SHIPPED, folder()) for path in sorted(place.glob(f"*{SUFFIX}"))]
    return {path.stem: path for path in found}


def look_named(name: str) -> Look:
    """Return the look of a name, or of a file whose name ends in SUFFIX; raises LookError."""
    if name.endswith(SUFFIX):
        return read_look(Path(name))
    known = looks()
    if name not in known:
        raise LookError(f"there is no look '{name}'; there are {', '.join(known) or 'none'}")
    return read_look(known[name])


def add(path: Path, name: str = "") -> Look:
    """Check a file and copy it among the user's looks, under its own name or another; raises LookError."""
    look = read_look(path)
    return keep(look, name or look.name)


def keep(look: Look, name: str, *, replace: bool = False) -> Look:
    """Write a look among the user's under a name; raises LookError, and OutputError."""
    target = check_name(name, replace=replace)
    named = dataclasses.replace(look, name=name)
    try:
        make_folders(target.parent)
    except OSError as error:
        raise unwritten(target, error) from error
    named.write(target)
    return named


def check_name(name: str, *, replace: bool = False) -> Path:
    """Return where a look of a name would be kept; raises LookError if it is taken, or no name."""
    if not _NAME.fullmatch(name):
        raise LookError(
            f"'{name}' is no name for a look",
            "take up to 64 of a to z, 0 to 9, _ and -, a letter or digit first",
        )
    taken = looks().get(name)
    if taken is not None and (taken.parent == SHIPPED or not replace):
        raise LookError(f"there is a look '{name}' already", "choose another name")
    return folder() / f"{name}{SUFFIX}"


def remove(name: str) -> None:
    """Delete one of the user's looks; raises LookError."""
    path = looks().get(name)
    if path is None:
        raise LookError(f"there is no look '{name}'")
    if path.parent == SHIPPED:
        raise LookError(f"look '{name}' is part of impasto and cannot be removed")
    try:
        path.unlink()
    except OSError as error:
        raise LookError(f"cannot remove look '{name}': {error.strerror or error}") from None
