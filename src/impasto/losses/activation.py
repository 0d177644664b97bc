"""Activation: how much a picture excites one filter of a layer (Erhan et al. 2009)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from impasto.losses import wide


@dataclass(frozen=True)
class Activation:
    """The part b/(a + b) for the mean activation a of one filter, and b that of the picture to be outdone.

    It is ½ for a picture that excites the filter as much, and falls towards 0 (Erhan, Bengio, Courville, Vincent: Visualizing
    Higher-Layer Features of a Deep Network, 2009, section 3 maximises a itself, which has no end and no scale).
    """

    layer: str
    weight: float
    channel: int
    reference: float
    name: str = "activation"
    counted: bool = True

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the sum of the filter's activations over positions, a scalar."""
        activations = wide(feature_map[:, self.channel : self.channel + 1])
        return (activations if weights is None else activations * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the part that is left."""
        return self.reference / (statistic / positions + self.reference)

    def part(self, rows: slice, columns: slice) -> Activation:
        """Return the loss itself: every position counts alike."""
        return self
