"""What all jobs are doing: one thread asks the queue, and tells whoever listens."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import sqlalchemy as sa

from impasto.errors import ImpastoError, QueueError
from impasto.queue.client import QueuedJob
from impasto.web import turns
from impasto.web.config import Limits
from impasto.web.database import Database
from impasto.web.jobs import ENDED, Jobs, Seen, seen_of
from impasto.web.pictures import Row
from impasto.web.shown import shown
from impasto.web.tables import jobs

LOOK = 0.5
"""Seconds between two looks at the queue, for each 500 jobs that have not ended."""

PATIENCE = 1.5
"""Seconds that a draft waits for a worker before a longer job is asked to yield."""

LOST = 60.0
"""Seconds after which a job that the queue does not know counts as lost."""

REMEMBERED = 3600.0
"""Seconds for which the end of a job is told to who was away."""


class Told(NamedTuple):
    """A snapshot of a job, its revision, and its user."""

    revision: int
    user: str
    job: Mapping[str, Any]
    at: float


class Board:
    """Snapshots of the jobs that have not ended, and of those that ended lately.

    `limits_of` returns the limits of a user's id; `on_end` is called with each job that ends, once, within
    the transaction that notes it.
    """

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        limits_of: Callable[[str], Limits],
        on_end: Callable[[sa.Connection, Seen], None],
    ) -> None:
        self.epoch = secrets.token_hex(4)
        self.reached = 0.0
        self._database, self._jobs, self._limits_of, self._on_end = database, jobs, limits_of, on_end
        self._told: dict[str, Told] = {}
        self._revision = 0
        self._drafts: dict[str, float] = {}
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()
        self._poked, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio-board", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to look, and tell listeners in an event loop."""
        self._loop = loop
        self._thread.start()

    def poke(self) -> None:
        """Look at once."""
        self._poked.set()

    def silence(self) -> None:
        """End all streams, since the server stops."""
        self._closing.set()
        self._poked.set()
        self._wake(list(self._listeners))

    def close(self) -> None:
        """Stop looking."""
        self.silence()
        if self._thread.is_alive():
            self._thread.join(10)

    @property
    def listeners(self) -> int:
        """How many streams are open."""
        return sum(map(len, list(self._listeners.values())))

    @property
    def is_alive(self) -> bool:
        """Whether the queue has been reached lately."""
        return time.monotonic() - self.reached < 10

    def tell(self, seen: Seen) -> None:
        """Tell listeners of a job that has changed."""
        with self._lock:
            self._publish(seen, self._place_of(str(seen.row["id"])))
        self._wake([str(seen.row["user"])])

    def place_of(self, which: str) -> int | None:
        """Return a job's place in the queue, from 1; None unless it waits."""
        with self._lock:
            return self._place_of(which)

    def counts(self) -> Mapping[str, int]:
        """Return how many jobs of each state have not ended."""
        with self._lock:
            told = [one.job for one in self._told.values()]
        return Counter(str(job["state"]) for job in told if job["state"] not in ENDED and not job["deleted"])

    async def stream(self, user: str, last: str) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
        """Yield the ids and snapshots of a user's jobs as they change, after the one of an id `last`."""
        news = asyncio.Event()
        self._listeners.setdefault(user, set()).add(news)
        epoch, _, number = last.partition("-")
        seen = int(number) if epoch == self.epoch and number.isdigit() else 0
        try:
            while not self._closing.is_set():
                news.clear()
                for told in self._since(user, seen):
                    seen = told.revision
                    yield f"{self.epoch}-{told.revision}", told.job
                await news.wait()
        finally:
            listeners = self._listeners.get(user, set())
            listeners.discard(news)
            if not listeners:
                self._listeners.pop(user, None)

    def _since(self, user: str, revision: int) -> list[Told]:
        with self._lock:
            found = [one for one in self._told.values() if one.user == user and one.revision > revision]
        return sorted(found)

    def _run(self) -> None:
        while not self._closing.is_set():
            pages = 1
            with suppress(ImpastoError, sa.exc.SQLAlchemyError, OSError):
                pages = self.look()
            self._poked.wait(LOOK * pages)
            self._poked.clear()

    def look(self) -> int:
        """Ask for all jobs once, note what has ended, tell what is new, and let the next ones begin.

        Returns for how many times the usual pause to wait. Raises QueueError.
        """
        with self._database.read() as connection:
            wanted = sa.select(jobs).where(turns.OPEN).order_by(jobs.c.created, jobs.c.id)
            rows = [dict(row) for row in connection.execute(wanted).mappings()]
        found = {job.identity: job for job in self._jobs.service.queue.jobs([row["id"] for row in rows])}
        self.reached = time.monotonic()
        places = _places(rows, found)
        changed, now = set[str](), time.time()
        for row in rows:
            job = found.get(row["id"])
            seen = self._noted(row, job, now)
            with self._lock:
                if self._publish(seen, places.get(row["id"])):
                    changed.add(row["user"])
        self._forget(now)
        self._wake(changed)
        self._release(rows, found)
        self._ask_to_yield(rows, found)
        return 1 + len(rows) // 500

    def _noted(self, row: Row, job: QueuedJob | None, now: float) -> Seen:
        """Write what has changed of a job into its row, and return the job as it is now."""
        which = str(row["id"])
        if job is None:
            if now - row["created"] > LOST:
                self._jobs.lost(which, now)
                return self._jobs.seen(row["user"], which)
            return seen_of(row, None)
        if job.state in ENDED and not row["held"]:
            return self._jobs.end(job, now, self._on_end) or self._jobs.seen(row["user"], which)
        state = seen_of(row, job).state
        values: dict[str, Any] = {} if row["state"] == state else {"state": state}
        if state == "running" and row["started"] is None:
            values["started"] = now
        if values:
            with self._database.write() as connection:
                mine = jobs.c.id == which, jobs.c.ended.is_(None)
                connection.execute(jobs.update().where(*mine).values(**values))
        return seen_of({**row, **values}, job)

    def _publish(self, seen: Seen, place: int | None) -> bool:
        """Remember a snapshot if it is new, and return whether it is."""
        which = str(seen.row["id"])
        job = shown(seen, place if seen.state == "waiting" else None).model_dump()
        before = self._told.get(which)
        if before is not None and before.job == job:
            return False
        self._revision += 1
        self._told[which] = Told(self._revision, str(seen.row["user"]), job, time.time())
        return True

    def _place_of(self, which: str) -> int | None:
        told = self._told.get(which)
        place: int | None = told.job["place"] if told else None
        return place

    def _forget(self, now: float) -> None:
        with self._lock:
            over = [
                which
                for which, told in self._told.items()
                if (told.job["state"] in ENDED or told.job["deleted"]) and now - told.at > REMEMBERED
            ]
            for which in over:
                del self._told[which]

    def _wake(self, users: Any) -> None:
        if self._loop is None or self._loop.is_closed():
            return

        def wake() -> None:
            for user in users:
                for news in self._listeners.get(user, ()):
                    news.set()

        with suppress(RuntimeError):  # the loop has just been closed
            self._loop.call_soon_threadsafe(wake)

    def _release(self, rows: Sequence[Row], found: Mapping[str, QueuedJob]) -> None:
        """Let held jobs of users wait for a worker who have fewer others now."""
        held = [row for row in rows if row["held"]]
        if not held:
            return
        ended = {which for which, job in found.items() if job.state in ENDED}
        active = Counter(
            row["user"]
            for row in rows
            if not row["held"] and row["id"] not in ended and row["state"] != "paused"
        )
        for row in held:
            most = self._limits_of(row["user"]).running
            job = found.get(row["id"])
            if job is None or (most and active[row["user"]] >= most):
                continue
            if job.state == "waiting":
                self._jobs.service.queue.release(row["id"])
            elif job.state in ("paused", "failed", "cancelled"):
                self._jobs.service.queue.go_on(row["id"])
            with self._database.write() as connection:
                connection.execute(jobs.update().where(jobs.c.id == row["id"]).values(held=False))
            active[row["user"]] += 1

    def _ask_to_yield(self, rows: Sequence[Row], found: Mapping[str, QueuedJob]) -> None:
        """Ask the longest-running pictures to let drafts go first that have waited for a worker."""
        now = time.monotonic()
        drafts = [
            row["id"]
            for row in rows
            if row["draft"] and not row["held"] and (job := found.get(row["id"])) and job.state == "waiting"
        ]
        self._drafts = {which: self._drafts.get(which, now) for which in drafts}
        late = sum(now - since > PATIENCE for since in self._drafts.values())
        painted = [found[row["id"]] for row in rows if not row["draft"] and row["id"] in found]
        painted = [job for job in painted if job.state == "painting"]
        asked = sum(bool(job.facts.get("yield")) for job in painted)
        for job in [job for job in painted if not job.facts.get("yield")][: max(0, late - asked)]:
            with suppress(QueueError):
                self._jobs.service.queue.ask_to_yield(job.identity)


def _places(rows: Sequence[Row], found: Mapping[str, QueuedJob]) -> dict[str, int]:
    """Return the places of the jobs that wait, from 1: by rank, among equals the oldest first."""
    waiting = [found[row["id"]] for row in rows if row["id"] in found]
    waiting = [job for job in waiting if job.state == "waiting"]
    ordered = sorted(waiting, key=lambda job: -job.priority)  # the sort is stable
    return {job.identity: place for place, job in enumerate(ordered, 1)}
