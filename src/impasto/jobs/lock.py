"""The lock of a job folder: one of the operating system, which is released when its process ends."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from impasto.errors import DiskFull, JobBusy, option
from impasto.media.paths import is_there

LOCK, HOLDER = "lock", "holder"
"""The file that is locked, and the one that names the process which holds it."""


PATIENCE = 0.2
"""Seconds to try for a lock; a check by `holder` takes it for less than a millisecond."""


def holder(folder: Path) -> str | None:
    """Return the ID of the process that holds the job in a folder, empty if unknown; None if none does."""
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
        return None  # the lock cannot be checked
    lock.release()
    return None


class Lock:
    """The lock of a job folder, held until `release` or the end of the process.

    Raises JobBusy, and DiskFull if the folder cannot be locked.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = FileLock(folder / LOCK)
        try:
            self._lock.acquire(timeout=PATIENCE, poll_interval=PATIENCE / 5)
        except Timeout:
            number = holder(folder)
            who = f", number {number}" if number else ""
            raise JobBusy(
                f"job '{folder}' is being painted by another process{who}",
                f"wait for it, stop it, or choose another {option('job')}",
                folder=str(folder),
                pid=int(number) if number else None,
            ) from None
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise DiskFull(
                f"cannot lock job folder '{folder}': {why}",
                f"choose a {option('job')} on a local disk that can be written to",
                path=str(folder),
            ) from None
        with suppress(OSError):  # the number is only for messages
            (folder / HOLDER).write_text(str(os.getpid()), encoding="ascii")

    def release(self) -> None:
        """Release the folder. Idempotent."""
        self._lock.release()
