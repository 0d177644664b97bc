"""A progress bar for runs in a notebook without `on_event`; nothing is shown elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from importlib import import_module
from typing import Any

from impasto.engine.events import CellBegun, Event, FrameBegun, Note, ScaleDone, ShotBegun, Step
from impasto.engine.words import cell_words, duration, of_frame, of_shot

EVERY = 0.25
"""Seconds between two updates."""

_MOST_NOTES = 20


def follow(run: Iterable[Event], on_event: Callable[[Event], object] | None) -> None:
    """Iterate a run until its end or until `on_event` returns False; without it, a notebook shows a bar."""
    bar = Bar() if on_event is None and in_kernel() else None
    handle = bar.event if bar else on_event
    if bar:
        bar.show()
    try:
        for event in run:
            if handle is not None and handle(event) is False:
                break
    except BaseException:
        if bar:
            bar.end("stopped")
        raise
    if bar:
        bar.end("done")


def in_kernel() -> bool:
    """Return whether this process is the kernel of a notebook, as opposed to IPython in a terminal."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class Bar:
    """A progress bar as HTML, and as text for front ends without HTML; updated a few times a second.

    Its errors never interrupt the run.
    """

    def __init__(self) -> None:
        self._started, self._updated = time.monotonic(), 0.0
        self._handle: Any = None
        self._place, self._state = "", "starting"
        self._fraction: float | None = 0.0  # None if unknown
        self._film: FrameBegun | ShotBegun | None = None
        self._notes: list[str] = []

    def show(self) -> None:
        """Display the bar."""
        with suppress(Exception):
            self._handle = import_module("IPython.display").display(self, display_id=True)

    def event(self, event: Event) -> None:
        """Process an event, and update the display if the last update is at least EVERY seconds ago."""
        if isinstance(event, Note):
            self._notes.append(event.text)
        elif isinstance(event, CellBegun):
            self._place = cell_words(event)
        elif isinstance(event, ShotBegun | FrameBegun):
            self._begin(event)
        elif isinstance(event, Step):
            self._step(event)
        elif isinstance(event, ScaleDone) and event.scale < event.scales:
            self._state = "enlarging"
        if time.monotonic() - self._updated >= EVERY:
            self._update()

    def end(self, how: str) -> None:
        """Show how the run ended."""
        elapsed = duration(time.monotonic() - self._started)
        if how == "done":
            self._fraction, self._state = 1.0, f"{how} in {elapsed}"
        else:
            self._state = f"{how} after {elapsed}: {self._state}"
        self._place = ""
        self._update()

    def __repr__(self) -> str:
        percent = [] if self._fraction is None else [f"{100 * self._fraction:.0f}%"]
        return "\n".join([", ".join([*percent, *self._status]), *self._note_lines])

    def _repr_html_(self) -> str:
        value = "" if self._fraction is None else f' value="{self._fraction:.4f}" max="1"'
        bar = f'<progress{value} style="width:100%;max-width:40em"></progress>'
        lines = [escape(", ".join(self._status)), *map(escape, self._note_lines)]
        return f"<div>{bar}" + "".join(f"<div>{line}</div>" for line in lines) + "</div>"

    @property
    def _status(self) -> list[str]:
        return [text for text in (self._place, self._state) if text]

    @property
    def _note_lines(self) -> list[str]:
        more = len(self._notes) - _MOST_NOTES
        return [*self._notes[:_MOST_NOTES], *([f"and {more} more notes"] if more > 0 else [])]

    def _begin(self, event: ShotBegun | FrameBegun) -> None:
        """Start a shot or frame; progress is based on the time left, since steps count only this frame."""
        self._film = event
        if isinstance(event, ShotBegun):
            self._place, left = of_shot(event), None
        else:
            self._place, left = of_frame(event), event.seconds_left
        elapsed = time.monotonic() - self._started
        estimate = 0.0 if left is None else elapsed / max(elapsed + left, 1e-9)
        self._fraction = max(self._fraction or 0.0, estimate) or None

    def _step(self, event: Step) -> None:
        left: float | None = event.seconds_left
        if self._film is None:
            self._fraction = event.step / event.steps
        else:
            left = self._film.seconds_left if isinstance(self._film, FrameBegun) else None
        scale = f"scale {event.scale}/{event.scales} at {event.width}x{event.height}"
        remaining = "" if left is None else f", {duration(left)} left"
        self._state = f"{scale}, step {event.step}/{event.steps}, loss {event.loss:.4g}{remaining}"

    def _update(self) -> None:
        self._updated = time.monotonic()
        if self._handle is not None:
            with suppress(Exception):
                self._handle.update(self)
