"""The context of one frame of a film: its shot and the frames before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from impasto.losses.hold import Hold

SEEN = 0.5
"""Weight of the previous frames at a pixel below which it is fresh."""

LEAST = 0.001
"""Minimum fraction of a frame for fresh pixels to get losses of their own."""


@dataclass(frozen=True)
class Moment:
    """The context that a frame takes from its film instead of treating it as a single photo.

    `shot` `(N, 3, H', W')` holds the shot's frames, whose colours are used as the photo's. `slopes` are the
    content weights of the shot's held errors. `before` are earlier pictures to stay close to, `(1, 3, H, W)`,
    each with weights `(1, 1, H, W)` in 0 to 1 that add up to at most 1. `start` `(1, 3, H, W)`, with weights,
    initialises the frame; None for the first frame of a shot, which starts as a photo does.
    """

    shot: Tensor | None = None
    slopes: Mapping[Hold, float] = field(default_factory=dict)
    before: tuple[tuple[Tensor, Tensor], ...] = ()
    start: tuple[Tensor, Tensor] | None = None

    @property
    def fresh(self) -> Tensor | None:
        """Pixels not covered by earlier frames, `(1, 1, H, W)` of 0 and 1; None if there are almost none."""
        if self.start is None:
            return None
        fresh = (self.start[1] < SEEN).float()
        return fresh if float(fresh.mean()) > LEAST else None

    def on(self, device: torch.device) -> Moment:
        """Move what the objective needs to a device; the shot stays where pictures are recoloured."""
        before = tuple((picture.to(device), weights.to(device)) for picture, weights in self.before)
        start = None if self.start is None else (self.start[0].to(device), self.start[1].to(device))
        return replace(self, before=before, start=start)

    def started(self, target: Tensor) -> Tensor:
        """Return the initial picture: the start by its weights, and the content `target` elsewhere."""
        if self.start is None:
            return target
        picture, weights = (one.to(target.device) for one in self.start)
        return torch.lerp(target, picture, weights)
