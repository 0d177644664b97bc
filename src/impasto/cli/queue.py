"""`impasto queue`: list and control the jobs on a queue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import click

from impasto.cli.job import values_in
from impasto.cli.progress import duration
from impasto.jobs.batch_task import Outcome
from impasto.jobs.tasks import Task
from impasto.jobs.workers import Progress
from impasto.queue.batch import QueuedBatch
from impasto.queue.client import Queue, QueuedJob
from impasto.queue.service import QueueService
from impasto.recipe.input import printable
from impasto.service.service import Service


def steer(
    url: str,
    action: str,
    *,
    store: str,
    words: Sequence[str],
    at: int | None,
    output: str,
    everything: bool,
    as_json: bool,
) -> Iterator[str]:
    """Do what an action says with the jobs on a queue, and yield lines; raises ImpastoError."""
    queue = Queue(url, create=False)
    try:
        identities = [word for word in words if "=" not in word]
        if action == "list":
            found = [queue.the(identity) for identity in identities] or queue.jobs()
            yield from _lines(found, everything=everything or bool(identities), as_json=as_json)
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
        if action in act:  # these need no store
            for identity in identities:
                act[action](identity)
            return
        with QueueService(url, store) as service:
            for identity in identities:
                yield served(service, action, queue.the(identity).identity, words, at, output)
    finally:
        queue.close()


def served(service: Service, action: str, job: str, words: Sequence[str], at: int | None, output: str) -> str:
    """Change, branch or fetch a job, and return what to say of it; raises ImpastoError and UsageError."""
    if action == "set":
        values = values_in(word for word in words if "=" in word)
        return f"{service.change(job, values)} from the next step on"
    if action == "branch":
        return service.branch(job, at or 0)
    if not output:
        raise click.UsageError("fetch needs the file to write: -o FILE")
    return f"written to {service.result(job, Path(output))}"


def painted(
    url: str, store: str, tasks: Sequence[Task], *, priority: int, wait: bool, say: Callable[[str], object]
) -> Generator[Progress | Outcome]:
    """Put tasks on a queue, and return a generator of their events and outcomes.

    Raises ImpastoError at once if the queue or the store cannot be used.
    """
    service = QueueService(url, store)

    def events() -> Generator[Progress | Outcome]:
        batch = QueuedBatch(service, say)
        try:
            yield from batch.paint(tasks, priority=priority, wait=wait)
            if not wait:
                say(
                    f"{len(batch.waiting)} on the queue; "
                    "run the same command without --no-wait to wait for them and fetch them"
                )
        finally:
            service.close()

    return events()


def _lines(jobs: Sequence[QueuedJob], *, everything: bool, as_json: bool) -> Iterator[str]:
    if as_json:
        for job in jobs:
            yield json.dumps({name: value for name, value in vars(job).items() if name != "facts"})
        return
    for job in jobs:
        if everything or job.state not in ("done", "cancelled"):
            yield f"{job.identity}  {job.state:9}  {_progress(job):24}  {printable(job.name)}"
    counts = Counter(job.state for job in jobs)
    yield ", ".join(f"{count} {state}" for state, count in counts.items()) or "no jobs"


def _progress(job: QueuedJob) -> str:
    """Return a description of a job's progress, or why it failed."""
    if job.state == "failed":
        return printable(job.error, 200)
    step = job.progress
    if not step or job.state in ("done", "cancelled"):
        return ""
    seconds = step.get("seconds_left") if job.state == "painting" else None
    left = "" if seconds is None else f", {duration(float(seconds))} left"
    unit = "frame" if "frame" in step else "step"
    return f"{unit} {step[unit]}/{step[f'{unit}s']}{left}"
