"""A job's checkpoints, handed on by way of the store, so that another worker goes on where one was stopped or died."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from impasto.errors import StoreError
from impasto.jobs import films
from impasto.jobs.checkpoints import FILES
from impasto.jobs.job import Job
from impasto.jobs.record import RECORD
from impasto.queue.store import Store

PART_OF_TIME = 0.03
"""The part of a job's time that handing on may take; what a stop or a scale's end asks for comes on top."""

SLOWEST = 20e6
"""Bytes a second that a store is taken to write until one write was long enough to tell."""

TELLING = 1_000_000
"""Bytes from which on a write tells how fast the store is."""

KEPT = 2
"""Checkpoints that stay in the store: a worker that reads the one before is not to find its files gone."""


OURS = re.compile(rf"{re.escape(RECORD)}|{FILES}|{films.FILES}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Relay:
    """What hands the checkpoints of one job on: `put` and `get` give the name of a list of files, itself in the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.part_of_time = PART_OF_TIME
        self._began, self._spent, self._rate = time.perf_counter(), 0.0, SLOWEST
        self._lists: dict[str, dict[str, str]] = {}
        self._known: dict[str, str] = {}

    def is_due(self, job: Job) -> bool:
        """Whether handing the newest checkpoint on would keep all that is spent on that within its part of the time."""
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
        """Put the newest checkpoint, and return the name of its list; empty where there is none or it is there. Raises QueueError."""
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
        """Delete all but the newest checkpoint, with what other workers handed on."""
        if self._lists:
            listed, files = next(reversed(self._lists.items()))
            self._lists = {listed: files}
            self.store.keep_only({listed, *files.values()})

    def prune(self) -> None:
        """Delete what only checkpoints before the last two consist of."""
        while len(self._lists) > KEPT:
            listed = next(iter(self._lists))
            files = self._lists.pop(listed)
            needed = {sha256 for others in self._lists.values() for sha256 in others.values()}
            self.store.drop([listed, *(set(files.values()) - needed)])

    def get(self, listed: str, folder: Path) -> dict[str, str]:
        """Get a checkpoint into a job's folder, and return its files with their hashes.

        Raises StoreError if it is damaged or gone, and QueueError.
        """
        try:
            files = json.loads(self.store.read(listed))
        except (ValueError, RecursionError):
            files = {}
        # A list may be a stranger's: it names files of a job folder, and objects, and nothing else.
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
