"""A batch on a queue: put its tasks there, follow them, and fetch the results."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from impasto.engine.events import Event, Paused, from_record, note
from impasto.errors import ImpastoError, QueueError, StoreError
from impasto.jobs.batch_task import Outcome, is_done
from impasto.jobs.kinds import KINDS
from impasto.jobs.tasks import Task
from impasto.jobs.workers import Progress
from impasto.looks.card import SUFFIX
from impasto.looks.look import read_look
from impasto.media.image import load
from impasto.queue.client import QueuedJob
from impasto.queue.service import QueueService

LOOK = 0.5
"""Seconds between two queries of the jobs."""


class QueuedBatch:
    """A batch of tasks on a queue; `paint` yields the events and outcomes.

    `say` is called with messages about the batch as a whole, such as that the database cannot be reached.
    """

    def __init__(self, service: QueueService, say: Callable[[str], object]) -> None:
        self.service, self.say = service, say
        self.waiting: dict[str, Task] = {}
        self._opened: set[str] = set()
        self._seen: dict[str, object] = {}
        self._workers: dict[str, int] = {}
        self._anew: set[str] = set()

    def paint(
        self, tasks: Sequence[Task], *, priority: int = 0, wait: bool = True
    ) -> Generator[Progress | Outcome]:
        """Put tasks on the queue unless they are done, and yield their events and outcomes.

        Without `wait`, return once they are on the queue. The same tasks given again from this machine are
        the same jobs. Raises QueueError or StoreError if the queue or the store fails while tasks are put
        there.
        """
        for task in tasks:
            outcome = self._given(task, priority)
            if outcome is not None:
                yield outcome
        if wait and self.waiting:
            self.say(
                f"{len(self.waiting)} on the queue {self.service.queue.shown}, for workers on any machine"
            )
        while wait and self.waiting:
            yield from self._looked(priority)
            time.sleep(LOOK if self.waiting else 0)

    def _given(self, task: Task, priority: int) -> Outcome | None:
        """Put a task on the queue; return its outcome if it is done already or cannot be painted."""
        try:
            if is_done(task, anywhere=True):
                return Outcome(task, "skipped")
            self._open(task)
            job = self.service.create(task, key=f"{uuid.getnode():x} {task.output}", priority=priority)
            self.waiting[job] = task
        except (QueueError, StoreError):
            raise
        except ImpastoError as error:
            return Outcome(task, "failed", error.text)
        return None

    def _open(self, task: Task) -> None:
        """Open the pictures of a task, so that a damaged one is reported here, with its path."""
        photos = [] if KINDS[task.kind].foldered else [task.content]
        for path in {*photos, *(path for path, _ in task.styles)} - self._opened:
            (read_look if path.endswith(SUFFIX) else load)(Path(path))
            self._opened.add(path)

    def _looked(self, priority: int) -> Iterator[Progress | Outcome]:
        """Query the jobs once, and yield what is new."""
        try:
            jobs = self.service.queue.jobs(list(self.waiting))
        except QueueError as error:
            if "away" not in self._seen:
                self.say(f"{error}; waiting for it, and nothing is lost")
            self._seen["away"] = True
            return
        if self._seen.pop("away", False):
            self.say("the queue is back")
        gone = set(self.waiting) - {job.identity for job in jobs}
        yield from (
            Outcome(
                self.waiting.pop(identity),
                "failed",
                "its job was deleted from the queue; give the batch to the queue again",
            )
            for identity in gone
        )
        for job in jobs:
            task = self.waiting[job.identity]
            if job.state in ("done", "failed", "cancelled"):
                yield from self._ended(job, task, priority)
            elif (news := (job.state, job.worker, job.progress)) != self._seen.get(job.identity):
                self._seen[job.identity] = news
                yield from (Progress(task, event, self._number(job.worker)) for event in self._events(job))

    def _ended(self, job: QueuedJob, task: Task, priority: int) -> Iterator[Progress | Outcome]:
        """Fetch a result that is done; if its file is missing from the store, paint it once more."""
        del self.waiting[job.identity]
        if job.state == "cancelled":
            yield Outcome(task, "failed", "it was cancelled; give the batch to the queue again")
        elif job.state == "failed":
            yield Outcome(task, "failed", job.error)
        else:
            try:
                self.service.result(job.identity, Path(task.output))
                self.service.forget(job.identity)
                yield Outcome(task, "painted", seconds=float(job.result.get("seconds", 0.0)))
            except QueueError as error:
                self.waiting[job.identity] = task
                if self._seen.get("store") != str(error):
                    self.say(f"{error}. Nothing is lost: it is tried again")
                self._seen["store"] = str(error)
            except StoreError as error:
                if job.identity in self._anew:
                    yield Outcome(task, "failed", error.text)
                    return
                self._anew.add(job.identity)
                yield Progress(task, note("result_gone", why=str(error)), self._number(job.worker))
                self.service.remove(job.identity)
                outcome = self._given(task, priority)
                if outcome is not None:
                    yield outcome

    def _events(self, job: QueuedJob) -> Iterator[Event]:
        if job.state == "paused":
            yield Paused()
        elif job.state == "painting" and job.progress:
            with suppress(ValueError):  # written by a worker of another version
                yield from_record(job.progress)

    def _number(self, worker: str) -> int:
        return self._workers.setdefault(worker, len(self._workers))
