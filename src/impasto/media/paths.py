"""Paths: link targets, comparison of places, and creating folders.

Unlike pathlib's methods, functions of `os.path` return False for inaccessible folders and overlong names.
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
    """Raise PictureError if a URL such as `https://…` is given for a file."""
    if found := _ADDRESS.match(text):
        if found[1].lower() == "file":
            raise PictureError(
                f"'{text}' is an address; give the path alone, '{unquote(urlsplit(text).path)}'"
            )
        raise PictureError(f"'{text}' is an address; download it first and name the file")


def missing(path: Path) -> str:
    """Return the message for a missing file, with the closest name in its folder as a suggestion."""
    try:
        names = os.listdir(path.parent)  # noqa: PTH208
    except (OSError, ValueError):
        names = []
    near = get_close_matches(path.name, names, 1, 0.8)
    return f"no file '{path}'; " + (f"did you mean '{path.parent / near[0]}'?" if near else "check the path")


def landing(path: Path) -> Path:
    """Return where a file or folder written at `path` ends up: the target of its link, existing or not.

    Raises OutputError for a circular link, a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise OutputError(f"'{path}' is a circular link; remove it or choose another name") from None
    else:
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise OutputError(
                f"'{path}' is a pipe or a device, which no file can replace; choose another name"
            )
    return _end(path) if is_link(path) else path


def is_link(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a link; False if it is inaccessible."""
    return os.path.islink(path)  # noqa: PTH114


def is_there(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path exists; False if it is inaccessible, and `trouble` says why."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a regular file; False if it is inaccessible."""
    return os.path.isfile(path)  # noqa: PTH113


def trouble(path: str | os.PathLike[str]) -> str:
    """Return why a path is inaccessible, in the system's words; empty if it is accessible or missing."""
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
    """Return the message for an inaccessible path; empty if it is accessible or missing."""
    why = trouble(path)
    return f"cannot read '{os.fspath(path)}': {why}; check the path" if why else ""


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a folder; False if it is inaccessible."""
    return os.path.isdir(path)  # noqa: PTH112


def same_place(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Tell whether two paths lead to the same file or folder, existing or not."""
    try:
        return os.path.samefile(one, other)  # noqa: PTH121
    except (OSError, ValueError):
        return _end(one) == _end(other)


def lies_in(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> bool:
    """Tell whether a path leads into a folder, at any depth."""
    return any(same_place(above, folder) for above in _end(path).parents)


def make_folders(path: Path) -> list[Path]:
    """Create a folder, or the target of its link, with its parents; return those created, innermost first.

    Raises OSError, or OutputError as `landing` does, and removes what it created.
    """
    folder = _end(landing(path))
    made = [one for one in (folder, *folder.parents) if not is_folder(one)]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:  # another run removed an empty parent meanwhile
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        remove_empty(made)
        raise
    return made


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove the folders that are empty; the innermost comes first."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _end(path: str | os.PathLike[str]) -> Path:
    """Return a path with all links resolved, as far as it exists."""
    try:
        return Path(os.path.realpath(path))
    except ValueError:  # a null byte
        return Path(path)
