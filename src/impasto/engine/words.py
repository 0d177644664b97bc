"""Descriptions of events in English."""

from __future__ import annotations

from impasto.engine.events import CellBegun, FrameBegun, ShotBegun


def cell_words(event: CellBegun) -> str:
    """Describe the cell that is painted next, and its settings."""
    return f"cell {event.name}, {event.number} of {event.cells}: {event.text}"


def of_shot(event: ShotBegun) -> str:
    """Describe the number of a shot."""
    return f"shot {event.shot}/{event.shots}"


def of_frame(event: FrameBegun) -> str:
    """Describe the number of a frame, and its pass if there are several."""
    return f"frame {event.frame}/{event.frames}" + (
        f", pass {event.turn}/{event.turns}" if event.turns > 1 else ""
    )


def duration(seconds: float) -> str:
    """Format seconds, such as `45 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )
