"""A job folder that a run has taken: what a picture's job and a film's have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from impasto.errors import JobError
from impasto.jobs.folder import clear_folder, make_folder
from impasto.jobs.lock import Lock
from impasto.jobs.record import RECORD, Record
from impasto.media.paths import is_there, remove_empty
from impasto.recipe.recipe import Recipe
from impasto.settings.run import RunOptions


@contextmanager
def taking(folder: Path) -> Iterator[Lock]:
    """Yield the lock of a job folder, which is let go again where what is done with it fails; raises JobError."""
    lock = Lock(folder)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


@contextmanager
def beginning(folder: Path) -> Iterator[tuple[Lock, list[Path]]]:
    """Yield the lock of a job folder and the folders that were made for it; where what is done with it fails, nothing new stays. Raises JobError."""
    made = make_folder(folder)
    try:
        with taking(folder) as lock:
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


def begun(folder: Path, wanted: Recipe, what: str) -> Record | None:
    """Return the record of what was begun in a folder, None where nothing was; raises JobError where that is another run or film, as `what` says."""
    if not is_there(folder / RECORD):
        return None
    record = Record.read(folder)
    if difference := record.difference(wanted):
        raise JobError(
            f"job '{folder}' is of another {what}: {difference}; give what it began with, or choose another --job"
        )
    return record


class Taken:
    """A run in its folder, with its record; close it, or use it with `with`, to let the folder go.

    `made` are the folders that were made for it where it was begun here, None where it was taken up.
    """

    made: list[Path] | None = None

    def __init__(self, folder: Path, lock: Lock, record: Record) -> None:
        self.folder, self.record, self._lock = folder, record, lock

    def goes_to(self, run: RunOptions, *, reserved: bool = False) -> None:
        """Keep where the result is to go, and whether that is a name only `reserved` for it; raises JobError."""
        record = replace(self.record.with_run(run), reserved=reserved)
        if record != self.record:
            record.write(self.folder)
            self.record = record

    def close(self) -> None:
        """Let the folder go."""
        self._lock.release()

    @property
    def keeps(self) -> bool:
        """Whether there is anything in the folder from which to go on."""
        raise NotImplementedError

    def clear(self) -> None:
        """Remove what is the job's from its folder; raises JobError where that fails."""
        clear_folder(self.folder)

    def withdraw(self) -> None:
        """Let the folder go and, where the run was begun here and keeps nothing yet, leave nothing of it."""
        self.close()
        if self.made is not None and not self.keeps:
            with suppress(JobError):
                self.clear()
            remove_empty(self.made)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.withdraw()
        else:
            self.close()
