"""Carry a job out to its result, for the command line, workers and services."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from impasto.engine.events import Done, Event
from impasto.jobs.job import Job
from impasto.jobs.kinds import Result
from impasto.settings.run import RunOptions


def carry_out(
    job: Job,
    output: Path,
    options: RunOptions | None = None,
    deliver: Callable[[Done], Done] = lambda done: done,
) -> Generator[Event, None, Done | None]:
    """Paint a job, write its result and yield the events, the last of which is Done.

    `deliver` may move the file, and returns the Done event to log. Returns that event, or None if the job
    stopped before its end, as `job.let_go` says. Raises what the run does, and OutputError.
    """
    yield from job
    if job.let_go:
        return None
    done = deliver(write(job.result(), output, options or RunOptions()))
    job.log.add(done)
    yield done
    return done


def write(result: Result, output: Path, options: RunOptions, *, replace: bool = False) -> Done:
    """Write a result as its options say; `replace` allows replacing frames. Raises OutputError."""
    kept = dict(strip=options.strip, private=options.private)
    result.save(output, recipe=not options.no_recipe, replace=replace, **kept)
    return Done(str(output), result.facts)
