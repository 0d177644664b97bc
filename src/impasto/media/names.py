"""Names for results that nobody named: unused ones, each given to one run at a time."""

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
"""What the folder has after the result's name in which a run is kept that is not finished."""


ROOM = 32
"""Bytes of a name that are left for what goes on or around it: a number, `.job`, `.recipe.json`, `.lock` or `.part`."""

_JOINER = "\u200d"


def fitting(folder: Path, stem: str, suffix: str = "") -> str:
    """Return a stem cut to what the file system takes in a folder, with room for the suffix and ROOM, in whole characters.

    Length counts in bytes, and an accent, or a sign that joins two others, goes with what it belongs to.
    """
    return _cut(stem, longest_name(folder) - ROOM - len(os.fsencode(suffix)))


def fitting_pair(folder: Path, one: str, other: str, suffix: str) -> str:
    """Return `one+other` with the suffix; where that is too long for a folder each is cut, and a hash tells it from other pairs."""
    whole = f"{one}+{other}"
    if fitting(folder, whole, suffix) == whole:
        return whole + suffix
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
    room = longest_name(folder) - ROOM - len(os.fsencode(f"+-{digest}{suffix}"))
    halves = (_cut(part, room // 2) for part in (one, other))
    return f"{'+'.join(halves)}-{digest}{suffix}"


def longest_name(folder: Path) -> int:
    """Return how many bytes a name in a folder may have."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError, AttributeError):
        return 255


@dataclass(frozen=True)
class Reservation:
    """A path under which nothing exists yet, and that no other run is given until `release` or the end of this process."""

    path: Path
    _lock: FileLock | None = None

    def release(self) -> None:
        """Give the name back; once something is written there it stays taken by itself."""
        if self._lock is not None:
            with suppress(OSError):
                Path(self._lock.lock_file).unlink(
                    missing_ok=True
                )  # first: nobody else holds it, and who waits looks again
            self._lock.release()


def reserve(folder: Path, stem: str, suffix: str = ".png") -> Reservation:
    """Return the first of `stem`, `stem-2`, `stem-3` … in `folder` that is not in use, nor reserved by another run.

    The reservation is a lock on a hidden file, which ends with the process. Where none can be made, as in a folder that
    cannot be written to, the name alone is returned.
    """
    for path in _candidates(folder, stem, suffix):
        if not _in_use(path) and (found := claim(path)) is not None:
            if not _in_use(path):
                return found
            found.release()  # another run wrote there and gave the name back in between
    raise AssertionError("unreachable: the names never end")


def claim(path: Path) -> Reservation | None:
    """Return a reservation of this very name, or None where another run has it."""
    if not is_folder(path.parent):
        return Reservation(path)  # a lock would make the folder
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return None
    except (OSError, NotImplementedError):
        return Reservation(path)
    return Reservation(path, lock)


def unused(folder: Path, stem: str, suffix: str = ".png") -> Path:
    """Return the name that `reserve` would give, without reserving it."""
    return next(path for path in _candidates(folder, stem, suffix) if not _in_use(path))


def _candidates(folder: Path, stem: str, suffix: str) -> Iterator[Path]:
    stem = fitting(folder, stem, suffix)
    return (folder / f"{stem}{'' if i == 1 else f'-{i}'}{suffix}" for i in count(1))


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text in at most so many bytes, in whole characters."""
    kept = text
    while kept and (len(os.fsencode(kept)) > most or _continues(kept, text)):
        kept = kept[:-1]
    return kept


def _continues(kept: str, stem: str) -> bool:
    """Tell whether what follows a cut belongs to the character before it."""
    after = stem[len(kept) : len(kept) + 1]
    return bool(after) and (
        kept.endswith(_JOINER) or after == _JOINER or unicodedata.category(after).startswith("M")
    )


def _in_use(path: Path) -> bool:
    """Tell whether something has this name, a link that leads nowhere included, or an unfinished run is to write it."""
    return os.path.lexists(path) or os.path.lexists(path.with_name(path.name + JOB))
