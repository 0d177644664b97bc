"""`impasto queue`: list and control the jobs on a queue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Sequence

import click

from impasto.cli.progress import duration
from impasto.jobs.batch_task import Outcome
from impasto.jobs.tasks import Task
from impasto.jobs.workers import Progress
from impasto.queue.address import store_beside
from impasto.queue.batch import QueuedBatch
from impasto.queue.client import Queue, QueuedJob
from impasto.queue.store import Store
from impasto.recipe.input import printable


def steer(url: str, action: str, identities: Sequence[str], *, everything: bool, as_json: bool) -> None:
    """List the jobs on a queue, or cancel, pause or continue some; raises ImpastoError."""
    queue = Queue(url, create=False)
    try:
        if action == "list":
            _show(
                [queue.the(identity) for identity in identities] or queue.jobs(),
                everything=everything or bool(identities),
                as_json=as_json,
            )
            return
        if not identities:
            raise click.UsageError(
                f"{action} needs the ID of a job, or its first characters; 'impasto queue' lists them"
            )
        act: dict[str, Callable[[str], None]] = {
            "cancel": queue.cancel,
            "pause": queue.pause,
            "continue": queue.go_on,
        }
        for identity in identities:
            act[action](identity)
    finally:
        queue.close()


def painted(
    url: str, store: str, tasks: Sequence[Task], *, priority: int, wait: bool, say: Callable[[str], object]
) -> Generator[Progress | Outcome]:
    """Put tasks on a queue, and return a generator of their events and outcomes.

    Raises ImpastoError at once if the queue or the store cannot be used.
    """
    where = Store(store_beside(url, store))
    queue = Queue(url)

    def events() -> Generator[Progress | Outcome]:
        batch = QueuedBatch(queue, where, say)
        try:
            yield from batch.paint(tasks, priority=priority, wait=wait)
            if not wait:
                say(
                    f"{len(batch.waiting)} on the queue; "
                    "run the same command without --no-wait to wait for them and fetch them"
                )
        finally:
            queue.close()

    return events()


def _show(jobs: Sequence[QueuedJob], *, everything: bool, as_json: bool) -> None:
    if as_json:
        for job in jobs:
            click.echo(json.dumps({name: value for name, value in vars(job).items() if name != "facts"}))
        return
    for job in jobs:
        if everything or job.state not in ("done", "cancelled"):
            click.echo(f"{job.identity}  {job.state:9}  {_progress(job):24}  {printable(job.name)}")
    counts = Counter(job.state for job in jobs)
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items()) or "no jobs")


def _progress(job: QueuedJob) -> str:
    """Return a description of a job's progress, or why it failed."""
    if job.state == "failed":
        return printable(job.error, 200)
    step = job.progress
    if not step or job.state in ("done", "cancelled"):
        return ""
    left = f", {duration(float(step['seconds_left']))} left" if job.state == "painting" else ""
    return f"step {step['step']}/{step['steps']}{left}"
