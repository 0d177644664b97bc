"""`--studio`: a batch in a studio, and control of the jobs there."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from impasto.cli.progress import duration
from impasto.cli.queue import served
from impasto.client.service import StudioService
from impasto.errors import ImpastoError, JobNotFound, QueueError
from impasto.jobs.batch_task import Outcome, is_done
from impasto.jobs.tasks import Task
from impasto.jobs.workers import Progress
from impasto.recipe.input import printable
from impasto.service.service import ENDED

LOOK = 1.0
"""Seconds between two looks at the jobs."""


def painted(
    url: str, tasks: Sequence[Task], *, wait: bool, say: Callable[[str], object]
) -> Generator[Progress | Outcome]:
    """Create jobs in a studio for tasks that are not done, and return a generator of events and outcomes.

    Raises ImpastoError at once if the studio cannot be reached.
    """
    service = StudioService(url)
    service.http.get("/me")

    def events() -> Generator[Progress | Outcome]:
        waiting: dict[str, Task] = {}
        try:
            for task in tasks:
                outcome = _given(service, task, waiting)
                if outcome is not None:
                    yield outcome
            say(f"{len(waiting)} in the studio '{service.http.url}'")
            while wait and waiting:
                yield from _looked(service, waiting, say)
                time.sleep(LOOK if waiting else 0)
        finally:
            service.close()

    return events()


def _given(service: StudioService, task: Task, waiting: dict[str, Task]) -> Outcome | None:
    """Create the job of a task unless it is done; return its outcome if there is one already."""
    stripped = replace(task, strip=True)  # as all results of a studio are
    try:
        if is_done(stripped, anywhere=True):
            return Outcome(task, "skipped")
        waiting[service.create(task, key=f"batch {task.output}", name=Path(task.output).stem)] = task
    except QueueError:
        raise
    except ImpastoError as error:
        return Outcome(task, "failed", error.text)
    return None


def _looked(
    service: StudioService, waiting: dict[str, Task], say: Callable[[str], object]
) -> Iterator[Progress | Outcome]:
    """Look at all jobs once, and yield what is new."""
    try:
        found = {job: service.state(job) for job in list(waiting)}
    except QueueError as error:
        say(f"{error}; waiting for it, and nothing is lost")
        time.sleep(5)
        return
    for job, state in found.items():
        task = waiting[job]
        if state.state not in ENDED:
            if state.state == "running" and state.progress is not None:
                yield Progress(task, state.progress, 0)
            continue
        del waiting[job]
        if state.state != "done":
            yield Outcome(task, "failed", state.error or "it was cancelled; run the command again")
            continue
        try:
            service.result(job, Path(task.output))
            facts = service.shown(job)["result"] or {}
            yield Outcome(task, "painted", seconds=float(facts.get("seconds") or 0.0))
        except ImpastoError as error:
            yield Outcome(task, "failed", error.text)


def steer(
    url: str,
    action: str,
    *,
    words: Sequence[str],
    at: int | None,
    output: str,
    everything: bool,
    as_json: bool,
) -> Iterator[str]:
    """Do what an action says with the jobs in a studio, and yield lines; raises ImpastoError."""
    with StudioService(url) as service:
        named = [word for word in words if "=" not in word]
        jobs = list(service.listed())
        if action == "list":
            chosen = [_the(jobs, word) for word in named] or jobs
            yield from _lines(chosen, everything=everything or bool(named), as_json=as_json)
            return
        if not named:
            raise click.UsageError(f"{action} needs the ID of a job, or its first characters")
        act = {"cancel": service.cancel, "pause": service.pause, "continue": service.resume}
        for word in named:
            job = str(_the(jobs, word)["id"])
            if action in act:
                act[action](job)
            else:
                yield served(service, action, job, words, at, output)


def _the(jobs: Sequence[Mapping[str, Any]], word: str) -> Mapping[str, Any]:
    """Return the job whose id begins with a word; raises JobNotFound unless there is exactly one."""
    found = [job for job in jobs if job["id"].startswith(word)]
    if len(found) != 1:
        count = f"{len(found)} jobs of the studio begin" if found else "no job of the studio begins"
        raise JobNotFound(f"{count} with '{word}'", "list the jobs that there are")
    return found[0]


def _lines(jobs: Sequence[Mapping[str, Any]], *, everything: bool, as_json: bool) -> Iterator[str]:
    if as_json:
        yield from map(json.dumps, jobs)
        return
    for job in jobs:
        if everything or job["state"] not in ("done", "cancelled"):
            what = printable(job["name"] or job["kind"])
            yield f"{job['id'][:8]}  {job['state']:9}  {_progress(job):24}  {what}"
    counts = Counter(job["state"] for job in jobs)
    yield ", ".join(f"{count} {state}" for state, count in counts.items()) or "no jobs"


def _progress(job: Mapping[str, Any]) -> str:
    """Return a description of a job's progress, or why it failed."""
    if job["state"] == "failed":
        return printable(job["error"], 200)
    if job["state"] == "waiting" and job["place"]:
        return f"place {job['place']}"
    found = job["progress"]
    if not found:
        return ""
    left = found["seconds_left"] if job["state"] == "running" else None
    time_left = "" if left is None else f", {duration(left)} left"
    return f"{found['unit']} {found['done']}/{found['of']}{time_left}"
