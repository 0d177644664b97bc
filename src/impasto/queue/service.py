"""The service of the jobs on a queue, which workers on any machine carry out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.engine.events import Cancelled, Event, from_record
from impasto.errors import JobBusy, JobEnded, JobNotFound, NoBranch, NotDone
from impasto.jobs.log import Numbered
from impasto.jobs.tasks import Task
from impasto.queue.address import store_beside
from impasto.queue.client import Queue, QueuedJob
from impasto.queue.relay import Relay
from impasto.queue.store import Store
from impasto.recipe.request import as_text, checked, together
from impasto.service.service import ENDED, JobState, State, identity_of

if TYPE_CHECKING:
    from impasto.queue.order import Order
    from impasto.service.local import LocalService
    from impasto.service.service import Service


class QueueService:
    """The service of the jobs on the queue at `url`, whose files are in `store`; implements `Service`.

    Raises SettingsError if an address is invalid. Constructor and methods raise QueueError if the queue
    cannot be reached.
    """

    def __init__(self, url: str, store: str = "") -> None:
        self.store = Store(store_beside(url, store))
        self.queue = Queue(url)
        self.tables = self.queue.tables
        self._put: set[str] = set()

    def create(self, task: Task, *, key: str = "", priority: int = 0) -> str:
        """Put the inputs into the store and the order on the queue; return the id of the job."""
        from impasto.queue.ordering import order_of  # which reads pictures; other methods do without

        order, files = order_of(task)
        for sha256, path in files.items():
            if sha256 not in self._put:
                self.store.put(path)
                self._put.add(sha256)
        return self.queue.add(order, identity=identity_of(key, order.to_text()), priority=priority)

    def jobs(self) -> list[JobState]:
        """Return all jobs, oldest first."""
        return [_state(job) for job in self.queue.jobs()]

    def state(self, job: str) -> JobState:
        """Return the state of a job."""
        return _state(self._job(job))

    def events(self, job: str, after: int = 0) -> list[Numbered]:
        """Return the events of a job with numbers greater than `after`."""
        self._job(job)
        return self.tables.events(job, after)

    def preview(self, job: str) -> bytes | None:
        """Return the newest preview of a job."""
        self._job(job)
        return self.tables.preview(job)

    def change(self, job: str, values: Mapping[str, Any]) -> str:
        """Request a change of settings, and return it in words."""
        self._open(job)
        recipe = self.queue.order(job).recipe
        before = together(self.tables.requests(job).values())
        asked = checked(recipe.settings, recipe.style_weights, recipe.changes, before, values)
        self.tables.request(job, as_text(asked))
        return str(asked)

    def pause(self, job: str) -> None:
        """Pause a job; its worker keeps its step and takes another."""
        if self._open(job).state != "paused":
            self.queue.pause(job)

    def resume(self, job: str) -> None:
        """Let a job wait for a worker again."""
        found = self._job(job)
        if found.state == "done":
            raise JobEnded(f"job '{job}' is done", "branch it to paint another from it", job=job)
        if found.state in ("paused", "failed", "cancelled"):
            self.queue.go_on(job)

    def cancel(self, job: str) -> None:
        """Stop a job and discard what it has painted."""
        painting = self._open(job).state == "painting"
        self.queue.cancel(job)
        if not painting:  # a running job's worker does both
            self.tables.append(job, Cancelled())
            self.forget(job)

    def branch(self, job: str, at: int = 0) -> str:
        """Create a job from a copy of another's checkpoint; the worker that takes it makes the branch."""
        new = identity_of("", "")
        return self.queue.add(self.branch_of(job, at, new), identity=new)

    def branch_of(self, job: str, at: int, new: str) -> Order:
        """Return the order of a branch, and copy the checkpoint for the identity that it will have."""
        found = self._job(job)
        last = int(found.facts.get("branches") or 0)
        if not last or not 0 <= at <= last:
            kept = f"1 to {last}" if last else "nothing"
            what = f"job '{job}' keeps {kept} to branch from, got {at or 'the last'}"
            raise NoBranch(what, "take another, or wait", job=job, keeps=list(range(1, last + 1)))
        listed = self._copied(job, new, str(found.facts["checkpoint"]))
        return replace(self.queue.order(job), source=job, at=at, checkpoint=listed)

    def result(self, job: str, target: Path) -> Path:
        """Copy the result of a job from the store to a file, and return its path."""
        found = self._job(job)
        if found.state != "done":
            raise NotDone(f"job '{job}' is {_state(found).state}", "wait until it is done", job=job)
        self.store.get(str(found.result["sha256"]), target)
        return target

    def remove(self, job: str) -> None:
        """Remove a job with its checkpoints; its result and inputs stay in the store."""
        if self._job(job).state == "painting":
            raise JobBusy(f"job '{job}' is running", "cancel it first", job=job)
        self.queue.remove(job)
        self.forget(job)

    def forget(self, job: str) -> None:
        """Delete the checkpoints of a job, which then has nothing to branch from."""
        self._kept(job).forget()

    def close(self) -> None:
        """Close the connections."""
        self.queue.close()

    def __enter__(self) -> QueueService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _job(self, job: str) -> QueuedJob:
        """Return a job; raises JobNotFound."""
        found = self.queue.jobs([job])
        if not found:
            raise JobNotFound(f"there is no job '{job}'", "list the jobs that there are", job=job)
        return found[0]

    def _open(self, job: str) -> QueuedJob:
        """Return a job that has not ended; raises JobEnded."""
        found = self._job(job)
        if found.state in ENDED:
            raise JobEnded(f"job '{job}' is {found.state}", "create another, or branch it", job=job)
        return found

    def _kept(self, job: str) -> Store:
        return self.store.within(f"jobs/{job}")

    def _copied(self, job: str, new: str, listed: str) -> str:
        """Copy a checkpoint to the part of the store of another job, since the first job will delete it."""
        with tempfile.TemporaryDirectory(prefix="impasto-") as folder:
            files = Relay(self._kept(job)).get(listed, Path(folder))
            kept = self._kept(new)
            for name in files:
                kept.put(Path(folder) / name)
            return kept.put(json.dumps(files).encode())


if TYPE_CHECKING:  # both are what the protocol asks for
    _SERVICES: tuple[Service, ...] = (LocalService(""), QueueService(""))


def _state(job: QueuedJob) -> JobState:
    state: State = "running" if job.state == "painting" else job.state  # type: ignore[assignment]
    return JobState(
        id=job.identity,
        kind=str(job.facts.get("kind", "")),
        name=job.name,
        state=state,
        progress=_event(job.progress),
        code=job.code,
        error=job.error,
    )


def _event(record: Mapping[str, Any]) -> Event | None:
    try:
        return from_record(record)
    except ValueError:
        return None
