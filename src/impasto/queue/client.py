"""The queue of jobs, on DBOS Transact: SQLite for one machine, PostgreSQL for many."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from impasto.errors import QueueError, SettingsError
from impasto.queue.address import answers, checked, dbos_package, reaching, serializer, there
from impasto.queue.order import Order
from impasto.queue.tables import Tables

QUEUE, PAINT, APPLICATION = "impasto", "paint", "impasto"

PROTOCOL = "1"
"""Version of the orders on the queue; workers of another version skip them."""

POLL = 0.5
"""Seconds between two polls of a worker for a job."""

LEVELS = 1000
"""Priorities range from minus this to plus this."""

STATES = {
    "ENQUEUED": "waiting",
    "DELAYED": "waiting",
    "PENDING": "painting",
    "SUCCESS": "done",
    "ERROR": "failed",
    "CANCELLED": "cancelled",
}
"""States of a job by those of the engine; a cancelled one may be `paused`.

What is written of that counts only while it is cancelled. It stays when a job is resumed: without it the job
would be cancelled, and so at its end, for whoever looks before the engine lets it wait.
"""

HELD = 10 * 365 * 86400.0
"""Seconds that a held job would wait."""

_CHUNK = 500
"""Most jobs in one query."""


@dataclass(frozen=True)
class QueuedJob:
    """A job on the queue.

    `state` is waiting, painting, paused, done, failed or cancelled; `worker` is the name of the last worker.
    `progress` is the last Step, or the last FrameBegun of a film, as plain data; `result` has the hash and
    facts of the result. `starts` counts how often workers started it since it was last paused, resumed or
    given back in good order. `code` and `error` say why it failed; `facts` are all attributes that workers
    wrote.
    """

    identity: str
    name: str
    state: str
    worker: str
    starts: int
    priority: int
    progress: dict[str, Any]
    result: dict[str, Any]
    error: str
    code: str = ""
    facts: dict[str, Any] = field(default_factory=dict, repr=False)


class Queue:
    """The queue at a URL: `sqlite:///queue.db` or `postgresql://user:password@host/database`.

    With `create`, a missing queue is created. Raises SettingsError if the URL is invalid or the engine is not
    installed, and QueueError if the queue does not exist or cannot be reached.
    """

    def __init__(self, url: str, *, create: bool = True) -> None:
        self.url, self.shown = checked(url)
        dbos = dbos_package()
        if not create:
            there(self.url, self.shown)
        with reaching(self.shown):
            answers(self.url)
            dbos.DBOS.migrate(self.url)
            self.client = dbos.DBOSClient(
                system_database_url=self.url,
                serializer=serializer(),
                application_name=APPLICATION,
                retry_connection_errors=False,
                system_database_pool_size=3,
            )
            self.client.register_queue(
                QUEUE, worker_concurrency=1, polling_interval_sec=POLL, on_conflict="never_update"
            )
        self.tables = Tables(self.url, self.shown)

    def add(self, order: Order, *, identity: str, priority: int = 0) -> str:
        """Put an order on the queue as the job of an identity, and return the identity.

        An existing job is kept, unless it failed or was cancelled: then it restarts. Waiting jobs with a
        higher priority, from -1000 to 1000, are taken first, and among equals the oldest. Raises QueueError,
        and SettingsError for a priority out of range.
        """
        if not -LEVELS <= priority <= LEVELS:
            raise SettingsError(f"priority must be from {-LEVELS} to {LEVELS}, got {priority}")
        found = self.jobs([identity])
        if found and found[0].state in ("failed", "cancelled"):
            self.remove(identity)
        with reaching(self.shown):
            self.client.enqueue(_options(order, identity, LEVELS + 1 - priority), order.to_text())
        return identity

    def enqueue(self, connection: Any, order: Order, *, identity: str, rank: int, held: bool = False) -> None:
        """Put an order on the queue within a transaction of the same database, by SQLAlchemy.

        Those of the lowest `rank`, 1 to 2³¹ - 1, are taken first; those of `add` have 1 to 2001. A job that
        is `held` waits until it is released.
        """
        options = _options(order, identity, rank)
        if held:
            options["delay_seconds"] = HELD
        self.client.enqueue_in_transaction(connection, options, order.to_text())

    def release(self, identity: str) -> None:
        """Let a job that was held wait for a worker; raises QueueError."""
        with reaching(self.shown):
            self.client.set_workflow_delay(identity, delay_until_epoch_ms=0)

    def ask_to_yield(self, identity: str) -> None:
        """Ask the worker of a job to give it back after its step, and to take another; raises QueueError."""
        self.tell(identity, {"yield": True})

    def yielded(self, identity: str) -> None:
        """Let a job that its worker has kept and let go wait for a worker again; raises QueueError."""
        with reaching(self.shown):
            self.client.update_workflow_attributes(identity, {"yield": False, "starts": 0}, merge=True)
            self.client.resume_workflow(identity, queue_name=QUEUE)

    def order(self, identity: str) -> Order:
        """Return the order of a job; raises QueueError if there is none."""
        with reaching(self.shown):
            rows = self.client.list_workflows(workflow_ids=[identity], load_output=False)
        if not rows or not rows[0].input:
            raise QueueError(f"there is no job '{identity}' on the queue")
        return Order.parse(str(rows[0].input["args"][0]))

    def remove(self, identity: str) -> None:
        """Delete a job with its events, previews and requests; raises QueueError."""
        with reaching(self.shown):
            self.client.delete_workflow(identity)
        self.tables.forget(identity)

    def forget(self, identity: str) -> None:
        """Delete a job from the queue, but keep its events and its previews; raises QueueError."""
        with reaching(self.shown):
            self.client.delete_workflow(identity)

    def jobs(
        self, identities: Sequence[str] | None = None, *, prefix: str = "", states: Sequence[str] = ()
    ) -> list[QueuedJob]:
        """Return jobs, oldest first: all, or those of some identities, a prefix of them, or some states.

        Raises QueueError if the queue cannot be reached.
        """
        only: dict[str, Any] = {"workflow_id_prefix": prefix} if prefix else {}
        if states:
            only["status"] = [theirs for theirs, ours in STATES.items() if ours in states]
        asked: Iterator[dict[str, Any]] = iter([only])
        if identities is not None:
            asked = (
                only | {"workflow_ids": list(identities[i : i + _CHUNK])}
                for i in range(0, len(identities), _CHUNK)
            )
        with reaching(self.shown):
            return [
                _job(row)
                for which in asked
                for row in self.client.list_workflows(name=PAINT, load_input=False, **which)
            ]

    def the(self, identity: str) -> QueuedJob:
        """Return the job of an identity or a prefix of it; raises QueueError unless there is exactly one."""
        found = self.jobs(prefix=identity)
        if len(found) != 1:
            count = f"{len(found)} jobs of the queue begin" if found else "no job of the queue begins"
            raise QueueError(f"{count} with '{identity}'", "list the jobs that there are")
        return found[0]

    def tell(self, identity: str, facts: Mapping[str, Any]) -> None:
        """Merge facts, plain data, into the attributes of a job; raises QueueError."""
        with reaching(self.shown):
            self.client.update_workflow_attributes(identity, _finite(dict(facts)), merge=True)

    def cancel(self, identity: str) -> None:
        """Cancel a job; its worker stops within a step. Raises QueueError, also if the job has ended."""
        self._stop(identity, paused=False)

    def pause(self, identity: str) -> None:
        """Pause a job: its worker keeps its step and takes another job.

        Raises QueueError, also if the job has ended.
        """
        self._stop(identity, paused=True)

    def go_on(self, identity: str) -> None:
        """Let a paused, cancelled or failed job wait for a worker, which resumes from what is kept.

        Raises QueueError, also if the job is in another state.
        """
        job = self.the(identity)
        if job.state not in ("paused", "cancelled", "failed"):
            raise QueueError(f"job {job.identity} ('{job.name}') is {job.state} and cannot be resumed")
        with reaching(self.shown):
            self.client.update_workflow_attributes(job.identity, {"starts": 0}, merge=True)
            if job.state == "failed":
                self.client.rewind_workflow(job.identity, queue_name=QUEUE)
            else:
                self.client.resume_workflow(job.identity, queue_name=QUEUE)

    def give_back(self, worker: str) -> list[str]:
        """Give the jobs of a worker that has ended back to the queue, and return their identities.

        Raises QueueError.
        """
        with reaching(self.shown):
            rows = self.client.list_workflows(
                name=PAINT, status="PENDING", executor_id=worker, load_input=False, load_output=False
            )
            given = [row.workflow_id for row in rows]
            if given:
                self.client.resume_workflows(given, queue_name=QUEUE)
            return given

    def close(self) -> None:
        """Close the connections."""
        self.client.destroy()
        self.tables.close()

    def _stop(self, identity: str, *, paused: bool) -> None:
        job = self.the(identity)
        if job.state not in ("waiting", "painting", *(() if paused else ("paused",))):
            raise QueueError(f"job {job.identity} ('{job.name}') is {job.state} already")
        with reaching(self.shown):
            self.client.update_workflow_attributes(job.identity, {"paused": paused}, merge=True)
            self.client.cancel_workflow(job.identity)


def _options(order: Order, identity: str, rank: int) -> Any:
    """Return the engine's options for an order."""
    return dict(
        workflow_name=PAINT,
        queue_name=QUEUE,
        workflow_id=identity,
        app_version=PROTOCOL,
        priority=rank,
        attributes={"name": order.name, "kind": order.recipe.command},
    )


def _finite(value: Any) -> Any:
    """Return plain data with None for infinite numbers and NaN, which PostgreSQL refuses as JSON."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _job(row: Any) -> QueuedJob:
    said = row.attributes or {}
    state = STATES.get(row.status, row.status.lower())
    failed = row.error if row.status == "ERROR" else None
    return QueuedJob(
        identity=row.workflow_id,
        name=str(said.get("name", "")),
        state="paused" if state == "cancelled" and said.get("paused") else state,
        worker=row.executor_id or "",
        starts=int(said.get("starts") or 0),
        priority=LEVELS + 1 - (row.priority or 0),
        progress=said.get("progress") or {},
        result=row.output if isinstance(row.output, dict) else {},
        error=str(getattr(failed, "message", failed)) if failed else "",
        code=str(getattr(failed, "code", None) or "job_error") if failed else "",
        facts=said,
    )
