"""Progress of a run: a bar on a terminal, otherwise plain lines, JSON for programs, or nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Protocol

import click

from impasto.cli.terminal import progress_bars, safe
from impasto.cli.words import in_words
from impasto.engine.events import (
    CellBegun,
    Event,
    FrameBegun,
    Preview,
    ScaleDone,
    ShotBegun,
    Step,
    as_record,
)
from impasto.engine.words import cell_words, duration, of_frame, of_shot


class Reporter(Protocol):
    """Shows events of a run; `done` is called once, after the result is written."""

    def note(self, text: str) -> None:
        """Show a message."""

    def event(self, event: Event) -> None:
        """Show one event."""

    def done(self, record: dict[str, Any]) -> None:
        """Show the output path, its losses and the elapsed time."""

    def close(self) -> None:
        """Restore the terminal."""


def reporter(*, quiet: bool, as_json: bool, preview: str) -> Reporter:
    """Return the reporter for a run."""
    if as_json:
        return Json(preview)
    if quiet:
        return Silent()
    return Bar() if sys.stderr.isatty() else Lines()


class Silent:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def event(self, event: Event) -> None:
        """Ignore it."""

    def done(self, record: dict[str, Any]) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing to close."""


class Json(Silent):
    """One JSON object per event on stdout, and nothing else."""

    def __init__(self, preview: str) -> None:
        self.preview = preview

    def note(self, text: str) -> None:
        """Print it as a record."""
        self.done({"kind": "note", "text": text})

    def event(self, event: Event) -> None:
        """Print an event as a record; that of a preview has the path of its file."""
        self.done(as_record(event) | ({"path": self.preview} if isinstance(event, Preview) else {}))

    def done(self, record: dict[str, Any]) -> None:
        """Print a record."""
        click.echo(json.dumps(record))


class Lines(Silent):
    """Prints a line on stderr for every tenth of the work; used if stderr is not a terminal."""

    def __init__(self) -> None:
        self.tenth, self.film = 0, False

    def note(self, text: str) -> None:
        """Print it."""
        click.echo(safe(text), err=True)

    def event(self, event: Event) -> None:
        """Print every tenth of the steps and each cell of a sheet, or each frame of a film but no steps."""
        if isinstance(event, CellBegun):
            self.note(cell_words(event))
        if isinstance(event, ShotBegun):
            self.film = True
            self.note(
                f"{of_shot(event)}: frames {event.first} to {event.last}; estimating their content weight"
            )
        if isinstance(event, FrameBegun):
            self.film = True
            self.note(
                of_frame(event)
                + (f", {duration(event.seconds_left)} left" if event.seconds_left is not None else "")
            )
        if (
            isinstance(event, Step)
            and not self.film
            and (event.step == 1 or event.step * 10 // event.steps > self.tenth)
        ):
            self.tenth = event.step * 10 // event.steps
            scale = f"scale {event.scale}/{event.scales} at {event.width}x{event.height}"
            left = f"{duration(event.seconds_left)} left"
            self.note(f"step {event.step}/{event.steps}, {scale}, loss {event.loss:.4g}, {left}")

    def done(self, record: dict[str, Any]) -> None:
        """Print the summary."""
        self.note(summary(record))


class Bar(Silent):
    """A bar on the terminal with scale, step, loss and the total time left."""

    def __init__(self) -> None:
        self.cell = ""
        self.frame: FrameBegun | None = None
        self.progress = progress_bars()
        self.task = self.progress.add_task("opening the pictures", total=None, state="")
        self.progress.start()

    def note(self, text: str) -> None:
        """Print it above the bar."""
        self.progress.console.print(safe(text))

    def event(self, event: Event) -> None:
        """Update the bar."""
        if isinstance(event, CellBegun):
            self.cell = safe(f"cell {event.name}, {event.number} of {event.cells}, ")
        elif isinstance(event, ShotBegun):
            self.cell = f"{of_shot(event)}, "
        elif isinstance(event, FrameBegun):
            self.cell, self.frame = f"{of_frame(event)}, ", event
        elif isinstance(event, Step):
            left = _left(self.frame.seconds_left if self.frame else event.seconds_left)
            state = f"step {event.step}/{event.steps}  loss {event.loss:.4g}{left}"
            self._show(event, completed=event.step, total=event.steps, state=state)
        elif isinstance(event, ScaleDone) and event.scale < event.scales:
            self._show(event, state="enlarging")

    def done(self, record: dict[str, Any]) -> None:
        """Replace the bar with the summary."""
        self.close()
        click.echo(safe(summary(record)), err=True)

    def close(self) -> None:
        """Stop drawing."""
        self.progress.stop()

    def _show(self, event: Step | ScaleDone, **fields: Any) -> None:
        self.progress.update(
            self.task,
            description=f"{self.cell}scale {event.scale}/{event.scales} {event.width}x{event.height}",
            **fields,
        )


def tell(report: Reporter, event: Event, job: str = "") -> None:
    """Pass an event to a reporter, as a message if it has one and the reporter does not print JSON."""
    words = "" if isinstance(report, Json) else in_words(event, job)
    if words:
        report.note(words)
    else:
        report.event(event)


def summary(record: dict[str, Any]) -> str:
    """Return the final lines: the file, the time, and the losses as saved and while optimised."""
    if "look" in record:
        return _of_look(record)
    size = f"{record['width']}x{record['height']}"
    if "seconds" not in record:
        return f"drew {Path(record['output'])} ({size})"
    start = (
        f"stopped early; the {'film' if 'frames' in record else 'picture'} so far is"
        if record["interrupted"]
        else "painted"
    )
    if "frames" in record:
        frames = f"{record['frames']} frame{'' if record['frames'] == 1 else 's'}"
        return f"{start} {Path(record['output'])} ({size}, {frames}) in {duration(record['seconds'])}"
    head = f"{start} {Path(record['output'])} ({size}) in {duration(record['seconds'])}"
    if "cells" in record:
        cell = next(iter(record["cells"]), "A1")
        command = f"impasto again {Path(record['output'])} --cell {cell}"
        return f"{head}\n'{command}' starts the full run from a cell"
    saved, before = record["losses"], record["losses_before_saving"]
    if not saved:
        return head
    width = max(map(len, saved))
    rows = [f"  {name:{width}}  {saved[name]:<12.4g} {before.get(name, float('nan')):.4g}" for name in saved]
    return "\n".join([head, f"  {'loss':{width}}  {'as saved':<12} while optimised", *rows])


def _of_look(record: dict[str, Any]) -> str:
    """Return the final lines: what was reached, and whether that is good."""
    reached = f"style error {record['style']:.2f} at content {record['content']:.2f}"
    good = f"good looks have {record['good']:.2f} or less"
    head = f"made look '{record['look']}' in {duration(record['seconds'])}: {reached}; {good}"
    if record["style"] <= record["good"]:
        return head
    way = "more photos may help" if record["early"] else "more minutes or more photos may help"
    return f"{head}\nso it is not one yet: {way}"


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f"  {duration(seconds)} left"
