"""Files that are written atomically and survive a loss of power."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""Ending of the name of a file while it is written."""


def write_durably(path: Path, chunks: Iterable[bytes | memoryview]) -> str:
    """Write a file under a temporary name, sync and rename it, and return its SHA-256; raises OSError.

    The new name survives a loss of power only after `sync_folder`.
    """
    temporary, digest = path.with_name(path.name + PART), hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk; raises OSError."""
    if os.name == "nt":
        return  # Windows cannot open folders, and syncs names itself
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
