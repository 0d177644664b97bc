"""Style over many crops: the distance of their mean Gram matrix to the painting's, in place of each one's.

A crop of a painting does not have the statistics of all of it: at 256 px its conv5_1 is off by half. So each
crop is counted with those before it, as many as have the area of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from impasto.looks.manner import WORKING
from impasto.losses import Loss
from impasto.losses.gram import Gram

AREA = WORKING * WORKING * 3 // 4
"""Pixels of a picture, over which statistics are taken."""


@dataclass
class Mean:
    """A moving average of the Gram matrices `(C, C)` of crops over their positions; None at first."""

    value: Tensor | None = None
    count: int = 0


@dataclass(frozen=True)
class Expected(Loss):
    """The relative error of the mean Gram matrix of crops up to this one, ‖ρḠ + (1−ρ)G − A‖²/‖A‖².

    `crop` is the number of pixels of a crop, by which ρ is chosen. The gradient is that of the error divided
    by 1−ρ, so that crops of all sizes weigh alike. The average is updated when a crop is compared.
    """

    gram: Gram
    mean: Mean
    crop: int
    layer: str = field(init=False)
    weight: float = field(init=False)
    name: str = "style"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer", self.gram.layer)
        object.__setattr__(self, "weight", self.gram.weight)

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the unnormalised Gram matrix FFᵀ `(C, C)`, a sum over positions."""
        return self.gram.statistic(feature_map, weights)

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error of the mean, and keep that mean for the next crop."""
        share, found = self._share, statistic / positions
        before = found.detach() if self.mean.value is None else self.mean.value
        # Only the crop has a gradient, here already divided by its share.
        now = before + share * (found.detach() - before) + (found - found.detach())
        self.mean.value, self.mean.count = now.detach(), self.mean.count + 1
        error: Tensor = (now - self.gram.target).square().sum() / self.gram.target.square().sum()
        return error

    @property
    def _share(self) -> float:
        """The part 1−ρ of this crop in the mean: at first that of all crops so far."""
        return max(min(1.0, self.crop / AREA), 1 / (self.mean.count + 1))
