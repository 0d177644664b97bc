"""One job folder, one run: a lock of the operating system, which ends with its process."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from impasto.errors import JobError
from impasto.media.paths import is_there

LOCK, HOLDER = "lock", "holder"
"""The file that is locked, and the one that names the process which holds it."""


def holder(folder: Path) -> str | None:
    """Return the number of the process that runs the job in a folder, empty if unknown; None if none does."""
    if not is_there(folder / LOCK):
        return None
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        with suppress(OSError, ValueError):
            return str(int((folder / HOLDER).read_text(encoding="ascii")))
        return ""
    except (OSError, NotImplementedError):
        return None  # no lock that may be looked at
    lock.release()
    return None


class Lock:
    """The hold on a job folder, from its creation until `release` or the end of the process; raises JobError if another process has it."""

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / LOCK)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            number = holder(folder)
            who = f", number {number}" if number else ""
            raise JobError(
                f"job '{folder}' is being painted by another process{who}; wait for it, stop it, or choose another --job"
            ) from None
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise JobError(
                f"cannot lock job folder '{folder}': {why}; choose a --job on a disk of this machine that can be written to"
            ) from None
        with suppress(OSError):  # others can do without the number
            (folder / HOLDER).write_text(str(os.getpid()), encoding="ascii")

    def release(self) -> None:
        """Release the folder. Idempotent."""
        self._lock.release()
