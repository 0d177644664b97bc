"""Locking a job folder that exists, or that is made for a new job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from impasto.errors import JobError, JobMismatch, option
from impasto.jobs.folder import clear_folder, make_folder
from impasto.jobs.lock import Lock
from impasto.jobs.record import RECORD, Record
from impasto.media.paths import is_there, remove_empty
from impasto.recipe.recipe import Recipe


@contextmanager
def locked(folder: Path) -> Iterator[Lock]:
    """Yield the lock of a job folder, which is released if the block fails; raises JobError."""
    lock = Lock(folder)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


@contextmanager
def made_and_locked(folder: Path) -> Iterator[tuple[Lock, list[Path]]]:
    """Yield the lock of a job folder, and the folders that were made for it.

    If the block fails, whatever is new is removed. Raises JobError.
    """
    made = make_folder(folder)
    try:
        with locked(folder) as lock:
            fresh = not is_there(folder / RECORD)
            try:
                yield lock, made
            except BaseException:
                if fresh:
                    with suppress(JobError):
                        clear_folder(folder)
                raise
    except BaseException:
        remove_empty(made)
        raise


def record_of(folder: Path, wanted: Recipe) -> Record | None:
    """Return the record of the job in a folder, or None; raises JobError if it is another run."""
    if not is_there(folder / RECORD):
        return None
    record = Record.read(folder)
    if difference := record.difference(wanted):
        raise JobMismatch(
            f"job '{folder}' is of another {'film' if wanted.command == 'video' else 'run'}: {difference}",
            f"give what it began with, or choose another {option('job')}",
            folder=str(folder),
            difference=difference,
        )
    return record
