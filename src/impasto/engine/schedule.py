"""The coarse-to-fine schedule: the scales of a run, and the number of steps of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from impasto.settings import Settings

RATIO = math.sqrt(2)
"""Approximate ratio of the sides of consecutive scales."""

GRID = 16
"""Stride of the deepest layers in pixels; in a tileable picture, no position may lie across an edge."""

Size = tuple[int, int]
"""Height and width in pixels."""


class Scale(NamedTuple):
    """One resolution of the schedule and its number of steps."""

    size: Size
    steps: int


def fit_long(size: Size, long_side: float) -> Size:
    """Return a height and width of the same aspect with the given long side, each at least 1."""
    factor = long_side / max(size)
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def schedule(
    size: Size,
    settings: Settings,
    shortest: int = 1,
    start: float | None = None,
    fits: Callable[[Size, Size], bool] | None = None,
) -> tuple[Scale, ...]:
    """Return the scales of a picture of this height and width, coarse to fine, with all the steps.

    The first scale has a long side of `start`, by default that of the settings. Scales are omitted if their
    short side is below `shortest`, if `fits(scale, last)` is false for their sizes, or if there are fewer
    steps than scales. The sides of a tileable picture are multiples of GRID at every scale.
    """
    long_sides = _long_sides(settings.size, settings.start_size if start is None else start)
    sizes = [fit_long(size, side) for side in long_sides]
    if settings.tileable:
        sizes = list(dict.fromkeys((_on_grid(height), _on_grid(width)) for height, width in sizes))
    last = sizes[-1]
    coarser = [size for size in sizes[:-1] if min(size) >= shortest and (fits is None or fits(size, last))]
    sizes = [*coarser, last][-settings.total_steps :]
    # Finer scales get fewer steps: coarse scales lay out the strokes, and fine steps cost the most.
    shares = [settings.decay**i for i in range(len(sizes))]
    ends = [round(settings.total_steps * sum(shares[: i + 1]) / sum(shares)) for i in range(len(sizes))]
    # Each scale gets at least one step and leaves at least one for each of those after it.
    for i in range(len(ends)):
        ends[i] = min(max(ends[i], (ends[i - 1] if i else 0) + 1), settings.total_steps - (len(ends) - 1 - i))
    return tuple(Scale(size, end - begin) for size, begin, end in zip(sizes, [0, *ends], ends, strict=False))


def _on_grid(side: int) -> int:
    return max(1, round(side / GRID)) * GRID


def _long_sides(size: int, start: float) -> list[float]:
    if not 0 < start < size:
        return [size]
    count = max(1, round(math.log(size / start, RATIO)))
    return [start * (size / start) ** (i / count) for i in range(count + 1)]
