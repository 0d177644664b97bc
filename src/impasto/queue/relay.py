"""A job's checkpoints in the store, from which another worker resumes if one stops or dies."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.errors import StoreError
from impasto.jobs.names import CHECKPOINT, FILM
from impasto.jobs.record import RECORD
from impasto.queue.store import Store

if TYPE_CHECKING:
    from impasto.jobs.job import Job

PART_OF_TIME = 0.03
"""Share of a job's time that storing checkpoints may take, apart from those of a stop or a scale's end."""

SLOWEST = 20e6
"""Assumed write speed of a store, in bytes per second, until one write was long enough to measure it."""

TELLING = 1_000_000
"""Fewest bytes of a write that measures the speed of the store."""

KEPT = 2
"""Newest checkpoints that stay in the store; a worker may still be reading the one before the last."""

OURS = re.compile(rf"{re.escape(RECORD)}|{CHECKPOINT}|{FILM}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Relay:
    """The checkpoints of one job in the store, each known by the name of its list of files, also stored."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.part_of_time = PART_OF_TIME
        self._began, self._spent, self._rate = time.perf_counter(), 0.0, SLOWEST
        self._lists: dict[str, dict[str, str]] = {}
        self._known: dict[str, str] = {}

    def is_due(self, job: Job) -> bool:
        """Whether storing the newest checkpoint now would keep the total time of that within its share."""
        files = job.keeper.files()
        if not files or files == self._newest:
            return False
        fresh = sum(
            (job.folder / name).stat().st_size
            for name, sha256 in files.items()
            if self._known.get(name) != sha256
        )
        return self._spent + fresh / self._rate <= self.part_of_time * (time.perf_counter() - self._began)

    def put(self, job: Job) -> str:
        """Store the newest checkpoint and return the name of its list of files.

        It is empty if there is no checkpoint, or none since the last call. Raises QueueError.
        """
        files, began = job.keeper.files(), time.perf_counter()
        if not files or files == self._newest:
            return ""
        amount = 0
        for name, sha256 in files.items():
            if self._known.get(name) != sha256:
                amount += (job.folder / name).stat().st_size
                self._known[name] = self.store.put(job.folder / name)
        listed = self.store.put(json.dumps(files).encode())
        self._lists[listed] = files
        seconds = time.perf_counter() - began
        self._spent += seconds
        if amount >= TELLING:
            self._rate = amount / max(seconds, 1e-3)
        return listed

    def keep_last(self) -> None:
        """Delete all but the newest checkpoint, including those that other workers stored."""
        if self._lists:
            listed, files = next(reversed(self._lists.items()))
            self._lists = {listed: files}
            self.store.keep_only({listed, *files.values()})

    def prune(self) -> None:
        """Delete files that only checkpoints before the last two use."""
        while len(self._lists) > KEPT:
            listed = next(iter(self._lists))
            files = self._lists.pop(listed)
            needed = {sha256 for others in self._lists.values() for sha256 in others.values()}
            self.store.drop([listed, *(set(files.values()) - needed)])

    def get(self, listed: str, folder: Path) -> dict[str, str]:
        """Copy a checkpoint into a job's folder, and return its files with their SHA-256.

        Raises StoreError if it is damaged or missing, and QueueError.
        """
        try:
            files = json.loads(self.store.read(listed))
        except (ValueError, RecursionError):
            files = {}
        # The list may come from anyone, so only names of a job folder's files and hashes are accepted.
        plain = (
            {
                name: sha256
                for name, sha256 in files.items()
                if OURS.fullmatch(name) and _SHA256.fullmatch(str(sha256))
            }
            if isinstance(files, dict)
            else {}
        )
        if not plain or len(plain) != len(files):
            what = f"the list {listed[:16]}… of a checkpoint in store '{self.store.url}' is damaged"
            raise StoreError(what, "the job restarts")
        folder.mkdir(parents=True, exist_ok=True)
        for name, sha256 in plain.items():
            (folder / name).parent.mkdir(exist_ok=True)
            self.store.get(sha256, folder / name)
        self._lists[listed], self._known = plain, dict(plain)
        return plain

    @property
    def _newest(self) -> dict[str, str]:
        return next(reversed(self._lists.values()), {})
