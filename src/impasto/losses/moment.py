"""A moment of a film: what the shot and the frames before ask of one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from impasto.losses.hold import Hold

SEEN = 0.5
"""The part of a pixel that a frame starts with from those before, under which it is fresh."""

LEAST = 0.001
"""The part of a frame from which on what is fresh is painted for itself."""


@dataclass(frozen=True)
class Moment:
    """What a frame has from its film, in place of what it would have as a photo of its own.

    `shot` `(N, 3, H', W')` has the pixels of the shot's frames, whose colours count as the photo's. `slopes` are the content
    weights that the shot's held errors came to, by name and layer. `before` are pictures that the frame is to be near to,
    `(1, 3, H, W)`, each with the weights `(1, 1, H, W)` in 0 to 1 with which it is trusted, that add up to 1 at most.
    `start` `(1, 3, H, W)` is what the frame is painted from; the first of a shot starts as a photo does.
    """

    shot: Tensor | None = None
    slopes: Mapping[Hold, float] = field(default_factory=dict)
    before: tuple[tuple[Tensor, Tensor], ...] = ()
    start: tuple[Tensor, Tensor] | None = None

    @property
    def fresh(self) -> Tensor | None:
        """What of the frame no frame before shows, `(1, 1, H, W)` of 0 and 1; None where that is next to nothing."""
        if self.start is None:
            return None
        fresh = (self.start[1] < SEEN).float()
        return fresh if float(fresh.mean()) > LEAST else None

    def on(self, device: torch.device) -> Moment:
        """Return what the objective asks, on a device; the shot stays where pictures are recoloured."""
        before = tuple((picture.to(device), weights.to(device)) for picture, weights in self.before)
        start = None if self.start is None else (self.start[0].to(device), self.start[1].to(device))
        return replace(self, before=before, start=start)

    def started(self, target: Tensor) -> Tensor:
        """Return what the frame is painted from: the start by its weights, and the content `target` where those leave room."""
        if self.start is None:
            return target
        picture, weights = (one.to(target.device) for one in self.start)
        return torch.lerp(target, picture, weights)
