"""A job folder that a run has taken: what a picture's job and a film's have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from impasto.errors import JobError
from impasto.jobs.lock import Lock
from impasto.jobs.record import RECORD, Record
from impasto.recipe.recipe import Recipe
from impasto.run import Run


@contextmanager
def taking(folder: Path) -> Iterator[Lock]:
    """Yield the lock of a job folder, which is let go again where what is done with it fails; raises JobError."""
    lock = Lock(folder)
    try:
        yield lock
    except BaseException:
        lock.release()
        raise


def begun(folder: Path, wanted: Recipe, what: str) -> Record | None:
    """Return the record of what was begun in a folder, None where nothing was; raises JobError where that is another run or film, as `what` says."""
    if not (folder / RECORD).exists():
        return None
    record = Record.read(folder)
    if difference := record.difference(wanted):
        raise JobError(f"job '{folder}' is of another {what}: {difference}; give what it began with, or choose another --job")
    return record


class Taken:
    """A run in its folder, with its record; close it, or use it with `with`, to let the folder go."""

    def __init__(self, folder: Path, lock: Lock, record: Record) -> None:
        self.folder, self.record, self._lock = folder, record, lock

    def goes_to(self, run: Run, *, reserved: bool = False) -> None:
        """Keep where the result is to go, and whether that is a name only `reserved` for it; raises JobError."""
        record = replace(self.record.with_run(run), reserved=reserved)
        if record != self.record:
            record.write(self.folder)
            self.record = record

    def close(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
