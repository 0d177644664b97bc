"""`impasto batch`: every photo with every style, what became of each, and a summary."""

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
from impasto.jobs.painting import Outcome, amiss, check
from impasto.jobs.tasks import Task, left_out, tasks_of
from impasto.jobs.workers import Progress
from impasto.media.paths import remove_empty
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.stock import Stock


@dataclass(frozen=True)
class Batch:
    """What the command was given beside settings and run."""

    photos: Sequence[str]
    styles: Sequence[str]
    folder: str
    suffix: str
    jobs: int
    repaint: bool
    dry_run: bool
    queue: str
    store: str
    priority: int
    wait: bool

    def tasks(self, settings: Settings, run: RunOptions) -> list[Task]:
        """Return the tasks; raises PictureError and OutputError."""
        of_task = dict(device=run.device, strip=run.strip, private=run.private, repaint=self.repaint)
        return tasks_of(self.photos, self.styles, self.folder, settings, suffix=f".{self.suffix}", **of_task)

    def left_out(self, tasks: Sequence[Task]) -> str:
        """Return in words what is in the folders, no picture, and in none of the tasks; empty where there is nothing else."""
        named = {path for task in tasks for path in (task.content, *(style for style, _ in task.styles))}
        files = [file for file in left_out([*self.photos, *self.styles]) if str(file) not in named]
        if len(files) == 1:
            return f"left out 1 file that is no picture, '{files[0].name}'"
        return f"left out {len(files)} files that are no pictures, such as '{files[0].name}'" if files else ""


def paint(given: Batch, settings: Settings, run: RunOptions) -> int:
    """Paint what is not done, report, and return the exit code; raises BatchError where some could not be painted."""
    tasks, memory = given.tasks(settings, run), memory_of(run)
    made = prepare(tasks)
    report, outcomes, started = (
        reporter(quiet=run.quiet, as_json=run.json, total=len(tasks)),
        list[Outcome](),
        time.monotonic(),
    )
    try:
        with handled(_interrupter(report, queued=bool(given.queue)), signal.SIGINT, *TERMINATIONS):
            report.note(_counted(tasks))
            if others := given.left_out(tasks):
                report.note(others)
            with closing(_painted(given, tasks, memory, report)) as events:
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
            f"{failed} of {len(tasks)} pictures could not be painted, for the reasons above; the same command tries those again"
        )
    return 0


def _painted(
    given: Batch, tasks: Sequence[Task], memory: int | None, report: Reporter
) -> Generator[Progress | Outcome]:
    """Return what yields the events and outcomes of tasks, painted here or by a queue's workers."""
    if not given.queue:
        return carry_out(tasks, jobs=given.jobs, memory=memory)
    from impasto.cli.queue import painted

    return painted(given.queue, given.store, tasks, priority=given.priority, wait=given.wait, say=report.note)


def foresee(given: Batch, settings: Settings, run: RunOptions) -> int:
    """Print what would become of each picture, and return the exit code: that of a batch of which some would fail, or 0."""
    tasks, queued, stock, bad = given.tasks(settings, run), bool(given.queue), Stock(), False
    check_folder(tasks)
    share = share_of(min(given.jobs, len(tasks)), memory_of(run), run.device)
    if (others := given.left_out(tasks)) and not run.quiet:
        click.echo(safe(others), err=True)
    photos = {task.content: number for number, task in reversed([*enumerate(tasks)])}
    for task in sorted(
        tasks, key=lambda task: photos[task.content]
    ):  # photo by photo, so that each is opened once
        what = _fate(task, stock, share.memory, queued=queued)
        bad |= what.startswith(("fail", "leave"))
        click.echo(safe(f"{task.name}  {what}"))
    return BatchError.exit_code if bad else 0


def _fate(task: Task, stock: Stock, memory: int | None, *, queued: bool) -> str:
    """Return in words what would become of a picture."""
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
    return f"{photos} photo{'s' if photos > 1 else ''} with {styles} style{'s' if styles > 1 else ''}: {len(tasks)} picture{'s' if len(tasks) > 1 else ''}"


def _interrupter(report: Reporter, *, queued: bool) -> Callable[[int, FrameType | None], object]:
    """Return what interrupts the batch by Ctrl-C or a polite kill, and says once how it ends."""
    asked = Counter[str]()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not asked["interrupts"]:
            here = "stopping after the steps that are being taken; once more ends at once, with the last checkpoints"
            report.note(
                "the pictures stay on the queue; the same command waits for them again" if queued else here
            )
        asked["interrupts"] += 1
        raise KeyboardInterrupt

    return interrupt
