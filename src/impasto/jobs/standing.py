"""How much of a job is kept, in the units of its kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is kept of a run: `steps_kept` of `steps`, in `scale` of `scales` (0 before anything is kept).

    Of a film these are frames and passes, over all passes, and 0 of 0 before its clip is read. `branches` are
    the scales or frames, in the order of painting, to branch from.
    """

    scale: int
    scales: int
    steps_kept: int
    steps: int
    done: bool
    branches: tuple[int, ...]
