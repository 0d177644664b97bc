"""A job's folder on a worker's machine, mirrored in the queue's database for other processes."""

from __future__ import annotations

import threading
from pathlib import Path

from impasto.errors import QueueError
from impasto.jobs.log import read, write
from impasto.jobs.preview import place_of, preview
from impasto.jobs.requests import file_of
from impasto.media.paths import is_there
from impasto.queue.tables import Tables


class Mirror:
    """Copies a job's events and preview from its `folder` to the `tables`, and requests the other way.

    `preview` is the number of the newest one, 0 before the first. Methods raise QueueError if the database
    cannot be reached, and can then be called again.
    """

    def __init__(self, tables: Tables, job: str, folder: Path) -> None:
        self._tables, self._job, self._folder = tables, job, folder
        self._pushed, self._shown, self.preview = 0, b"", 0
        self._brought: set[int] = set()
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Write the events so far, including those of other workers, into the log of a new folder."""
        events = self._tables.events(self._job)
        self._folder.mkdir(parents=True, exist_ok=True)
        write(self._folder, events)
        self._pushed = events[-1].number if events else 0

    def sync(self) -> None:
        """Write new events and a new preview to the tables, and new requests to the folder."""
        with self._lock:
            if events := read(self._folder, self._pushed):
                self._tables.add_events(self._job, events)
                self._pushed = events[-1].number
            found = preview(self._folder) or b""
            if found != self._shown:
                self.preview = self._tables.add_preview(self._job, found, *place_of(found))
                self._shown = found
            for number, record in self._tables.requests(self._job).items():
                if number not in self._brought:
                    file_of(self._folder, number).write_text(record, encoding="utf-8")
                    self._brought.add(number)

    def kept(self) -> None:
        """Delete requests that the run has taken; call it once a checkpoint with them is in the store."""
        taken = {number for number in self._brought if not is_there(file_of(self._folder, number))}
        if taken:
            self._tables.drop_requests(taken)
            self._brought -= taken

    def try_sync(self) -> None:
        """Sync now if the database can be reached."""
        try:
            self.sync()
        except (QueueError, OSError):
            return
