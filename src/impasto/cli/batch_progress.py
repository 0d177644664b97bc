"""Progress of a batch: bars on a terminal, otherwise plain lines, JSON for programs, or only errors."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from impasto.cli.progress import duration
from impasto.cli.said import in_options
from impasto.cli.terminal import progress_bars, safe
from impasto.cli.words import in_words
from impasto.engine.events import Step, as_record
from impasto.jobs.batch_task import Outcome, job_folder
from impasto.jobs.workers import Progress


def reporter(*, quiet: bool, as_json: bool, total: int) -> Reporter:
    """Return the reporter for a batch of `total` pictures."""
    if as_json:
        return Json()
    if quiet:
        return Reporter()
    return Bars(total) if sys.stderr.isatty() else Lines()


class Reporter:
    """Prints failures with their reasons, and nothing else."""

    def __init__(self) -> None:
        self.reasons: Counter[str] = Counter()

    def note(self, text: str) -> None:
        """Show a message about the whole batch."""

    def progress(self, progress: Progress) -> None:
        """Show an event of a picture."""

    def outcome(self, outcome: Outcome) -> None:
        """Show the outcome of a picture; each reason for a failure only once."""
        if outcome.kind == "failed":
            reason = in_options(outcome.text)
            self.reasons[reason] += 1
            if self.reasons[reason] == 1:
                self.say(f"failed {outcome.task.name}: {reason}")

    def summary(self, outcomes: Sequence[Outcome], seconds: float, *, interrupted: bool) -> None:
        """Show the totals of the batch."""

    def say(self, text: str) -> None:
        """Print a line."""
        click.echo(safe(text), err=True)

    def close(self) -> None:
        """Restore the terminal."""


class Json(Reporter):
    """One JSON object per event on stdout, and nothing else."""

    def note(self, text: str) -> None:
        """Print it as a record."""
        self._print({"kind": "note", "text": text})

    def progress(self, progress: Progress) -> None:
        """Print the event with the picture's name."""
        self._print({"picture": progress.task.name, "worker": progress.worker, **as_record(progress.event)})

    def outcome(self, outcome: Outcome) -> None:
        """Print it as a record."""
        task, what = outcome.task, (outcome.kind, in_options(outcome.text), outcome.seconds)
        self._print(
            {
                "picture": task.name,
                "content": task.content,
                "style": task.styles[0][0],
                "output": task.output,
                **dict(zip(("kind", "reason", "seconds"), what, strict=True)),
            }
        )

    def summary(self, outcomes: Sequence[Outcome], seconds: float, *, interrupted: bool) -> None:
        """Print the totals as a record."""
        self._print({"kind": "done", **_counts(outcomes), "seconds": seconds, "interrupted": interrupted})

    def _print(self, record: dict[str, Any]) -> None:
        click.echo(json.dumps(record))


class Lines(Reporter):
    """Prints a line on stderr for each picture, and a summary."""

    def note(self, text: str) -> None:
        """Print it."""
        self.say(text)

    def progress(self, progress: Progress) -> None:
        """Print notes about a picture, but not its steps."""
        if words := in_words(progress.event, str(job_folder(progress.task))):
            self.say(f"{progress.task.name}: {words}")

    def outcome(self, outcome: Outcome) -> None:
        """Print a picture that was painted or has failed."""
        super().outcome(outcome)
        if outcome.kind == "painted":
            self.say(f"painted {outcome.task.name} in {duration(outcome.seconds)}")

    def summary(self, outcomes: Sequence[Outcome], seconds: float, *, interrupted: bool) -> None:
        """Print how many pictures had each outcome, and each reason with its count."""
        counts = ", ".join(f"{kind} {number}" for kind, number in _counts(outcomes).items())
        self.say(
            f"{counts} in {duration(seconds)}"
            + ("; interrupted, and the same command resumes from here" if interrupted else "")
        )
        for reason, number in self.reasons.items():
            self.say(f"  failed {number}: {reason}")


class Bars(Lines):
    """A bar for the whole batch and one for each worker."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.bars = progress_bars()
        self.whole = self.bars.add_task("pictures", total=total, state=f"0/{total}")
        self.total, self.done = total, 0
        self.workers: dict[int, Any] = {}
        self.bars.start()

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self.bars.console.print(safe(text))

    def progress(self, progress: Progress) -> None:
        """Update the bar of a worker."""
        super().progress(progress)
        if isinstance(event := progress.event, Step):
            if progress.worker not in self.workers:
                self.workers[progress.worker] = self.bars.add_task("", total=None, state="")
            state = f"step {event.step}/{event.steps}  {duration(event.seconds_left)} left"
            bar = self.workers[progress.worker]
            self.bars.update(
                bar,
                description=safe(progress.task.name),
                completed=event.step,
                total=event.steps,
                state=state,
            )

    def outcome(self, outcome: Outcome) -> None:
        """Update the bar of the whole batch."""
        super().outcome(outcome)
        self.done += 1
        self.bars.update(self.whole, completed=self.done, state=f"{self.done}/{self.total}")

    def close(self) -> None:
        """Stop drawing."""
        self.bars.stop()


def _counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    return {
        kind: sum(outcome.kind == kind for outcome in outcomes) for kind in ("painted", "skipped", "failed")
    }
