"""The coarse-to-fine schedule: which scales a picture passes through, and how the steps are shared out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from impasto.settings import Settings

RATIO = math.sqrt(2)
"""How much longer each scale's side is than the last one's, about."""

GRID = 16
"""Pixels that one position of the deepest layers stands for: where a picture repeats, no position may lie across its end."""

Size = tuple[int, int]
"""Height and width in pixels."""


class Scale(NamedTuple):
    """One resolution of the schedule and its number of steps."""

    size: Size
    steps: int


def fit_long(size: Size, long_side: float) -> Size:
    """Return a height and width of the same aspect whose longer side is `long_side`, each at least 1."""
    factor = long_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def schedule(
    size: Size,
    settings: Settings,
    shortest: int = 1,
    start: float | None = None,
    fits: Callable[[Size, Size], bool] | None = None,
) -> tuple[Scale, ...]:
    """Return the scales for a picture of this height and width, coarse to fine, their steps adding up to `settings.total_steps`.

    The first has a long side of `start`, that of the settings unless given.

    Scales whose shorter side would fall under `shortest`, those of a size that does not fit one of the last, and those that
    would get no step, are left out. What repeats has
    sides of multiples of GRID at every scale.
    """
    sides = [
        fit_long(size, side)
        for side in _sides(settings.size, settings.start_size if start is None else start)
    ]
    if settings.tileable:
        sides = list(dict.fromkeys((_on_grid(height), _on_grid(width)) for height, width in sides))
    sides = [s for s in sides[:-1] if min(s) >= shortest and (fits is None or fits(s, sides[-1]))] + sides[
        -1:
    ]
    sides = sides[-settings.total_steps :]
    # Fewer for finer ones: strokes are laid on coarse, and fine steps cost the most.
    shares = [settings.decay**i for i in range(len(sides))]
    ends = [round(settings.total_steps * sum(shares[: i + 1]) / sum(shares)) for i in range(len(sides))]
    # Every scale has at least one step: an end lies behind the one before and leaves room for those that follow.
    for i in range(len(ends)):
        ends[i] = min(max(ends[i], (ends[i - 1] if i else 0) + 1), settings.total_steps - (len(ends) - 1 - i))
    return tuple(Scale(s, end - start) for s, start, end in zip(sides, [0, *ends], ends, strict=False))


def _on_grid(side: int) -> int:
    return max(1, round(side / GRID)) * GRID


def _sides(size: int, start: float) -> list[float]:
    if not 0 < start < size:
        return [size]
    count = max(1, round(math.log(size / start, RATIO)))
    return [start * (size / start) ** (i / count) for i in range(count + 1)]
