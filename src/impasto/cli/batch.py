"""`impasto batch`: paint every photo with every style, report each outcome, and print a summary."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import FrameType

import click

from impasto.cli.batch_progress import Reporter, reporter
from impasto.cli.carry_out import INTERRUPTED, memory_of
from impasto.cli.said import said
from impasto.cli.signals import TERMINATIONS, handled
from impasto.cli.terminal import safe
from impasto.errors import BatchError, ImpastoError
from impasto.jobs.batch import carry_out, check_folder, prepare, share_of
from impasto.jobs.batch_task import Outcome, amiss, check
from impasto.jobs.tasks import Task, left_out, tasks_of
from impasto.jobs.workers import Progress
from impasto.media.paths import remove_empty
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.stock import Stock


@dataclass(frozen=True)
class Batch:
    """Arguments of the command other than settings and run options."""

    photos: Sequence[str]
    styles: Sequence[str]
    folder: str
    suffix: str
    jobs: int
    repaint: bool
    dry_run: bool
    queue: str
    store: str
    studio: str
    priority: int
    wait: bool

    def tasks(self, settings: Settings, run: RunOptions) -> list[Task]:
        """Return the tasks; raises PictureError and OutputError."""
        of_task = dict(device=run.device, strip=run.strip, private=run.private, repaint=self.repaint)
        return tasks_of(self.photos, self.styles, self.folder, settings, suffix=f".{self.suffix}", **of_task)


def left_out_of(words: Sequence[str], tasks: Sequence[Task]) -> str:
    """Return a message about files in the folders that are not pictures, or an empty string."""
    named = {path for task in tasks for path in (task.content, *(style for style, _ in task.styles))}
    files = [file for file in left_out(words) if str(file) not in named]
    if len(files) == 1:
        return f"left out 1 file that is no picture, '{files[0].name}'"
    return f"left out {len(files)} files that are no pictures, such as '{files[0].name}'" if files else ""


def paint(given: Batch, settings: Settings, run: RunOptions) -> int:
    """Paint the pictures that are missing, report, and return the exit code.

    Raises BatchError if some could not be painted.
    """
    tasks, memory = given.tasks(settings, run), memory_of(run)
    return paint_tasks(
        tasks,
        lambda report: _painted(given, tasks, memory, report),
        run,
        counted=_counted(tasks),
        left_out=left_out_of([*given.photos, *given.styles], tasks),
        queued=bool(given.queue or given.studio),
    )


def paint_tasks(
    tasks: Sequence[Task],
    events_of: Callable[[Reporter], Generator[Progress | Outcome]],
    run: RunOptions,
    *,
    counted: str,
    left_out: str = "",
    queued: bool = False,
) -> int:
    """Iterate the events of tasks, report, and return the exit code.

    `counted` describes the tasks and `left_out` what is none of them. Raises BatchError if some could not be
    painted.
    """
    made = prepare(tasks)
    report, outcomes, started = (
        reporter(quiet=run.quiet, as_json=run.json, total=len(tasks)),
        list[Outcome](),
        time.monotonic(),
    )
    try:
        with handled(_interrupter(report, queued=queued), signal.SIGINT, *TERMINATIONS):
            report.note(counted)
            if left_out:
                report.note(left_out)
            with closing(events_of(report)) as events:
                for event in events:
                    if isinstance(event, Outcome):
                        outcomes.append(event)
                        report.outcome(event)
                    else:
                        report.progress(event)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    finally:
        report.close()
        remove_empty(made)
    report.summary(outcomes, time.monotonic() - started, interrupted=interrupted)
    if interrupted:
        return INTERRUPTED
    failed = sum(outcome.kind == "failed" for outcome in outcomes)
    if failed:
        raise BatchError(
            f"{failed} of {len(tasks)} pictures could not be painted, for the reasons above",
            "the same command tries those again",
        )
    return 0


def _painted(
    given: Batch, tasks: Sequence[Task], memory: int | None, report: Reporter
) -> Generator[Progress | Outcome]:
    """Return a generator of events and outcomes; tasks are painted here or by the workers of a queue."""
    if given.studio:
        from impasto.cli import studio

        return studio.painted(given.studio, tasks, wait=given.wait, say=report.note)
    if not given.queue:
        return carry_out(tasks, jobs=given.jobs, memory=memory)
    from impasto.cli.queue import painted

    return painted(given.queue, given.store, tasks, priority=given.priority, wait=given.wait, say=report.note)


def foresee(given: Batch, settings: Settings, run: RunOptions) -> int:
    """Print what would be done for each picture; return a failure code if any picture would fail."""
    tasks, queued, stock, bad = given.tasks(settings, run), bool(given.queue or given.studio), Stock(), False
    check_folder(tasks)
    share = share_of(min(given.jobs, len(tasks)), memory_of(run), run.device)
    if (others := left_out_of([*given.photos, *given.styles], tasks)) and not run.quiet:
        click.echo(safe(others), err=True)
    photos = {task.content: number for number, task in reversed([*enumerate(tasks)])}
    # Photo by photo, so that each is opened once.
    for task in sorted(tasks, key=lambda task: photos[task.content]):
        what = _fate(task, stock, share.memory, queued=queued)
        bad |= what.startswith(("fail", "leave"))
        click.echo(safe(f"{task.name}  {what}"))
    return BatchError.exit_code if bad else 0


def _fate(task: Task, stock: Stock, memory: int | None, *, queued: bool) -> str:
    """Return a description of what would be done for a picture."""
    try:
        why = amiss(task, anywhere=queued)
        if why and not task.repaint:
            return f"leave, {why}"
        if why == "":
            return "skip"
        check(task, stock=stock, memory=memory, anywhere=queued)
    except ImpastoError as error:
        return f"fail: {said(error)}"
    return f"repaint, {why}" if why else "paint"


def _counted(tasks: Sequence[Task]) -> str:
    photos, styles = len({task.content for task in tasks}), len({task.styles for task in tasks})
    counts = ((photos, "photo"), (styles, "style"), (len(tasks), "picture"))
    of_photos, of_styles, of_pictures = (f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts)
    return f"{of_photos} with {of_styles}: {of_pictures}"


def _interrupter(report: Reporter, *, queued: bool) -> Callable[[int, FrameType | None], object]:
    """Return a signal handler that interrupts the batch and, the first time, reports how it ends."""
    asked = Counter[str]()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not asked["interrupts"]:
            report.note(
                "the pictures stay on the queue; the same command waits for them again"
                if queued
                else "stopping after the current steps; "
                "interrupt again to stop now and keep the last checkpoints"
            )
        asked["interrupts"] += 1
        raise KeyboardInterrupt

    return interrupt
