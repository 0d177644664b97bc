"""Where a path leads: what is written there, whether another leads to the same place, and folders that are made on the way.

What pathlib asks of a path raises an error where a folder may not be entered or a name is too long; `os.path` says no.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote, urlsplit

from impasto.errors import OutputError, PictureError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/{1,3}(?=[^/])", re.IGNORECASE)


def check_address(text: str) -> None:
    """Raise PictureError for an address such as `https://…` where a file is to be named."""
    if found := _ADDRESS.match(text):
        if found[1].lower() == "file":
            raise PictureError(
                f"'{text}' is an address; give the path alone, '{unquote(urlsplit(text).path)}'"
            )
        raise PictureError(f"'{text}' is an address; download it first and name the file")


def missing(path: Path) -> str:
    """Return what to say of a file that is not there, with the name in its folder that is nearest."""
    try:
        names = os.listdir(path.parent)  # noqa: PTH208
    except (OSError, ValueError):
        names = []
    near = get_close_matches(path.name, names, 1, 0.8)
    return f"no file '{path}'; " + (f"did you mean '{path.parent / near[0]}'?" if near else "check the path")


def landing(path: Path) -> Path:
    """Return where a file or folder written at `path` lands: where its link leads, whether anything is there or not.

    Raises OutputError where links lead in a circle, or where a pipe or a device is.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise OutputError(
                f"'{path}' is a link that leads in a circle; remove it or choose another name"
            ) from None
    else:
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OutputError(
                f"'{path}' is a pipe or a device, which no file can replace; choose another name"
            )
    return _end(path) if is_link(path) else path


def is_link(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a link; what cannot be looked at is none."""
    return os.path.islink(path)  # noqa: PTH114


def is_there(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads to something; what cannot be looked at is not there, and `trouble` says why."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads to a plain file; what cannot be looked at is none."""
    return os.path.isfile(path)  # noqa: PTH113


def trouble(path: str | os.PathLike[str]) -> str:
    """Return why a path cannot be looked at, in the system's words; empty where it can be, or where nothing is there."""
    try:
        os.stat(path)  # noqa: PTH116
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:
        return "a name cannot contain that character"
    return ""


def unreadable(path: str | os.PathLike[str]) -> str:
    """Return what to say of a path that cannot be looked at; empty where it can be, or where nothing is there."""
    why = trouble(path)
    return f"cannot read '{os.fspath(path)}': {why}; check the path" if why else ""


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads to a folder; what cannot be looked at is none."""
    return os.path.isdir(path)  # noqa: PTH112


def same_place(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Tell whether two paths lead to one file or folder, whether it is there yet or not."""
    try:
        return os.path.samefile(one, other)  # noqa: PTH121
    except (OSError, ValueError):
        return _end(one) == _end(other)


def lies_in(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads into a folder, however deep."""
    return any(same_place(above, folder) for above in _end(path).parents)


def make_folders(path: Path) -> list[Path]:
    """Make a folder, where a link leads to one that is missing that, and those above it; return those made, the innermost first.

    Raises OSError, and OutputError as `landing`; nothing that was made stays then.
    """
    folder = _end(landing(path))
    made = [one for one in (folder, *folder.parents) if not is_folder(one)]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:  # another run removed an empty one above it in between
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        remove_empty(made)
        raise
    return made


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove those of the folders, the innermost first, that have nothing in them."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _end(path: str | os.PathLike[str]) -> Path:
    """Return a path without links, as far as there are any files."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # no name of a file: it has a null byte
        return Path(path)
