"""Events in words, for whoever shows them."""

from __future__ import annotations

from impasto.engine.events import CellBegun, FrameBegun, ShotBegun


def cell_words(event: CellBegun) -> str:
    """Return which cell is painted, and in what it differs."""
    return f"cell {event.name}, {event.number} of {event.cells}: {event.text}"


def of_shot(event: ShotBegun) -> str:
    """Return which shot of a film it is."""
    return f"shot {event.shot}/{event.shots}"


def of_frame(event: FrameBegun) -> str:
    """Return which frame is painted."""
    return f"frame {event.frame}/{event.frames}" + (
        f", pass {event.turn}/{event.turns}" if event.turns > 1 else ""
    )


def duration(seconds: float) -> str:
    """Return seconds in words, such as `45 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )
