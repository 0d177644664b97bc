"""One job folder, one run: a lock of the operating system's, which a dead process does not hold."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from impasto.errors import JobError

LOCK = "lock"

if sys.platform == "win32":
    import msvcrt

    def _hold(file: IO[str]) -> None:
        # Far behind the number of the process, which others are to read.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _hold(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def holder(folder: Path) -> str | None:
    """Return the number of the process that holds a job folder, empty where it is not told; None where none does."""
    try:
        with (folder / LOCK).open("r+", encoding="utf-8") as file:
            try:
                _hold(file)
            except (BlockingIOError, PermissionError):
                file.seek(0)
                return file.read(20).strip()
    except OSError:
        pass  # no lock was ever made, or none that may be looked at
    return None


class Lock:
    """The hold on a job folder, from its making until `release` or the end of the process; raises JobError where another has it."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = (folder / LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise JobError(f"cannot write into job folder '{folder}': {error.strerror or error}; choose another --job") from None
        try:
            _hold(self._file)
        except OSError as error:
            holder = self._holder()
            self._file.close()
            if not isinstance(error, BlockingIOError | PermissionError):
                raise JobError(f"cannot lock job folder '{folder}': {error.strerror or error}; choose a --job on a disk of this machine") from None
            raise JobError(f"job '{folder}' is being painted by another process{holder}; wait for it, stop it, or choose another --job") from None
        with suppress(OSError):  # the number is a kindness; the lock holds without
            self._file.truncate(0)
            self._file.write(str(os.getpid()))
            self._file.flush()

    def _holder(self) -> str:
        with suppress(OSError, ValueError):
            self._file.seek(0)
            return f", number {int(self._file.read(20))}"
        return ""

    def release(self) -> None:
        """Let the folder go; once more is no harm."""
        self._file.close()
