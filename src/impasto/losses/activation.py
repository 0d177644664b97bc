"""Activation: how much a picture excites one filter of a layer (Erhan et al. 2009)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from impasto.losses import Loss, combined, wide
from impasto.losses.regions import at_layer
from impasto.losses.scene import Scene


@dataclass(frozen=True)
class Activation(Loss):
    """The part b/(a + b) for the mean activation a of one filter, and b that of the picture to be outdone.

    It is ½ for a picture that excites the filter as much, and falls towards 0 (Erhan, Bengio, Courville, Vincent: Visualizing
    Higher-Layer Features of a Deep Network, 2009, section 3 maximises a itself, which has no end and no scale).
    """

    layer: str
    weight: float
    channel: int
    reference: float
    name: str = "activation"
    mask: Tensor | None = None
    mask_sum: float = 0.0

    @classmethod
    def of(
        cls, layer: str, weight: float, channel: int, reference: float, mask: Tensor | None = None
    ) -> Activation:
        """Return the loss over what a mask `(1, 1, H, W)` of the layer's own size shows, or over the whole."""
        return cls(
            layer, weight, channel, reference, mask=mask, mask_sum=0.0 if mask is None else float(mask.sum())
        )

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the sum of the filter's activations over positions, a scalar."""
        activations, weights = (
            wide(feature_map[:, self.channel : self.channel + 1]),
            combined(self.mask, weights),
        )
        return (activations if weights is None else activations * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the part that is left."""
        return self.reference / (statistic / (self.mask_sum or positions) + self.reference)

    def part(self, rows: slice, columns: slice) -> Activation:
        """Return the loss over that part of the mask."""
        return self if self.mask is None else dataclasses.replace(self, mask=self.mask[:, :, rows, columns])


def activation(scene: Scene) -> Iterator[Activation]:
    """Yield the loss of a picture that is to excite a filter more than the content does; more than the layer's mean if it is silent there."""
    if scene.content is None or not scene.settings.excited:
        return
    layer, channel = scene.settings.excited
    feature_map, mask = scene.maps([layer.name])[layer.name], at_layer(scene.masks.visible, layer.name)
    if mask is not None:
        feature_map = wide(feature_map) * (mask / mask.mean())
    reference = float(feature_map[:, channel].mean()) or float(feature_map.mean())
    yield Activation.of(layer.name, layer.weight, channel, max(reference, 1e-6), mask)
