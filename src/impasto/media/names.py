"""Default names for results: unused, and reserved for one run at a time."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from impasto.media.paths import is_folder

JOB = ".job"
"""Suffix of the folder of an unfinished job, after the result's name."""


ROOM = 32
"""Bytes of a name kept free for additions: a number, `.job`, `.recipe.json`, `.lock` or `.part`."""

_JOINER = "\u200d"


def fitting(folder: Path, stem: str, suffix: str = "") -> str:
    """Truncate a stem to what the file system allows in a folder, with room for the suffix and ROOM.

    Length counts in bytes; combining marks and joined characters are not split.
    """
    return _cut(stem, longest_name(folder) - ROOM - len(os.fsencode(suffix)))


def fitting_pair(folder: Path, one: str, other: str, suffix: str) -> str:
    """Return `one+other` with the suffix; if it is too long, each is truncated and a hash keeps it unique."""
    whole = f"{one}+{other}"
    if fitting(folder, whole, suffix) == whole:
        return whole + suffix
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
    room = longest_name(folder) - ROOM - len(os.fsencode(f"+-{digest}{suffix}"))
    halves = (_cut(part, room // 2) for part in (one, other))
    return f"{'+'.join(halves)}-{digest}{suffix}"


def longest_name(folder: Path) -> int:
    """Return the maximum length in bytes of a name in a folder."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError, AttributeError):
        return 255


@dataclass(frozen=True)
class Reservation:
    """A path at which nothing exists, reserved until `release` or the end of the process."""

    path: Path
    _lock: FileLock | None = None

    def release(self) -> None:
        """Release the name; a file written there keeps it in use."""
        if self._lock is not None:
            with suppress(OSError):
                # Unlinked while still locked: nobody else holds it, and a waiting run checks again.
                Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()


def reserve(folder: Path, stem: str, suffix: str = ".png") -> Reservation:
    """Reserve the first of `stem`, `stem-2`, `stem-3` … in `folder` that is neither in use nor reserved.

    The reservation is a lock on a hidden file, which ends with the process. If no lock can be made, as in a
    read-only folder, the name is returned without one.
    """
    for path in _candidates(folder, stem, suffix):
        if not _in_use(path) and (found := claim(path)) is not None:
            if not _in_use(path):
                return found
            found.release()  # another run wrote there and released the name in between
    raise AssertionError("unreachable: the names never end")


def claim(path: Path) -> Reservation | None:
    """Reserve exactly this path, or return None if another run holds it."""
    if not is_folder(path.parent):
        return Reservation(path)  # a lock would create the folder
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except (OSError, NotImplementedError):
        return Reservation(path)
    return Reservation(path, lock)


def unused(folder: Path, stem: str, suffix: str = ".png") -> Path:
    """Return the name that `reserve` would choose, without reserving it."""
    return next(path for path in _candidates(folder, stem, suffix) if not _in_use(path))


def _candidates(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    stem = fitting(folder, stem, suffix)
    return (folder / f"{stem}{'' if i == 1 else f'-{i}'}{suffix}" for i in count(1))


def _cut(text: str, most: int) -> str:
    """Truncate a text to at most `most` bytes without splitting a character."""
    kept = text
    while kept and (len(os.fsencode(kept)) > most or _continues(kept, text)):
        kept = kept[:-1]
    return kept


def _continues(kept: str, stem: str) -> bool:
    """Tell whether the character after a cut combines with the one before it."""
    after = stem[len(kept) : len(kept) + 1]
    return bool(after) and (
        kept.endswith(_JOINER) or after == _JOINER or unicodedata.category(after).startswith("M")
    )


def _in_use(path: Path) -> bool:
    """Tell whether a path exists, even as a broken link, or belongs to an unfinished job."""

    return os.path.lexists(path) or os.path.lexists(path.with_name(path.name + JOB))
