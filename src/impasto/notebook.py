"""A bar in a notebook, for who calls us there and does not listen; anywhere else nothing is shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from importlib import import_module
from typing import Any

from impasto.engine.events import CellBegun, Event, FrameBegun, Note, ScaleDone, ShotBegun, Step
from impasto.engine.words import duration, in_words, of_frame, of_shot

EVERY = 0.25
"""Seconds between two updates."""

_MOST_NOTES = 20


def follow(run: Iterable[Event], on_event: Callable[[Event], object] | None) -> None:
    """Carry a run out, to its end or until `on_event` returns False; without it a notebook shows a bar meanwhile."""
    bar = Bar() if on_event is None and in_kernel() else None
    tell = bar.event if bar else on_event
    if bar:
        bar.show()
    try:
        for event in run:
            if tell is not None and tell(event) is False:
                break
    except BaseException:
        if bar:
            bar.end("stopped")
        raise
    if bar:
        bar.end("done")


def in_kernel() -> bool:
    """Tell whether this is the process of a notebook: one in which IPython runs as a kernel, not in a terminal."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class Bar:
    """Where a run stands, as a page shows it and, where there is no page, a line of text; updated a few times a second.

    Nothing that goes wrong with it stops the run.
    """

    def __init__(self) -> None:
        self._began, self._updated = time.monotonic(), 0.0
        self._handle: Any = None
        self._place, self._state = "", "starting"
        self._part: float | None = 0.0  # of the whole; None as long as nobody knows
        self._film: FrameBegun | ShotBegun | None = None
        self._notes: list[str] = []

    def show(self) -> None:
        """Show it for the first time."""
        with suppress(Exception):
            self._handle = import_module("IPython.display").display(self, display_id=True)

    def event(self, event: Event) -> None:
        """Take an event in, and show it if the last one was shown long enough ago."""
        if isinstance(event, Note):
            self._notes.append(event.text)
        elif isinstance(event, CellBegun):
            self._place = in_words(event)
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
        took = duration(time.monotonic() - self._began)
        self._part, self._state = (
            (1.0, f"{how} in {took}") if how == "done" else (self._part, f"{how} after {took}: {self._state}")
        )
        self._place = ""
        self._update()

    def __repr__(self) -> str:
        percent = [] if self._part is None else [f"{100 * self._part:.0f}%"]
        return "\n".join([", ".join([*percent, *self._words]), *self._told])

    def _repr_html_(self) -> str:
        amount = "" if self._part is None else f' value="{self._part:.4f}" max="1"'
        bar = f'<progress{amount} style="width:100%;max-width:40em"></progress>'
        lines = [escape(", ".join(self._words)), *map(escape, self._told)]
        return f"<div>{bar}" + "".join(f"<div>{line}</div>" for line in lines) + "</div>"

    @property
    def _words(self) -> list[str]:
        return [words for words in (self._place, self._state) if words]

    @property
    def _told(self) -> list[str]:
        more = len(self._notes) - _MOST_NOTES
        return [*self._notes[:_MOST_NOTES], *([f"and {more} more notes"] if more > 0 else [])]

    def _begin(self, event: ShotBegun | FrameBegun) -> None:
        """Begin a part of a film, of which the steps say nothing of the whole: that is told by the time which is left."""
        self._film = event
        if isinstance(event, ShotBegun):
            self._place, left = of_shot(event), None
        else:
            self._place, left = of_frame(event), event.seconds_left
        elapsed = time.monotonic() - self._began
        known = 0.0 if left is None else elapsed / max(elapsed + left, 1e-9)
        self._part = max(self._part or 0.0, known) or None

    def _step(self, event: Step) -> None:
        left: float | None = event.seconds_left
        if self._film is None:
            self._part = event.step / event.steps
        else:
            left = self._film.seconds_left if isinstance(self._film, FrameBegun) else None
        place = f"scale {event.scale}/{event.scales} at {event.width}x{event.height}, step {event.step}/{event.steps}, loss {event.loss:.4g}"
        self._state = place + ("" if left is None else f", {duration(left)} left")

    def _update(self) -> None:
        self._updated = time.monotonic()
        if self._handle is not None:
            with suppress(Exception):
                self._handle.update(self)
