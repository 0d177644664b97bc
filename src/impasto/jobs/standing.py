"""How far a job is kept, in the units of its kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`kept` of `units` steps or frames, in `part` of `parts` scales or passes (0 before the first is kept).

    `branches` are the scales, or the frames in the order of painting, from which a branch can start.
    """

    part: int
    parts: int
    kept: int
    units: int
    done: bool
    branches: tuple[int, ...]
