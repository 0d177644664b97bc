"""Activation: how strongly a picture excites one filter of a layer (Erhan et al. 2009)."""

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
    """The ratio b/(a + b), for the mean activation a of one filter and the reference activation b.

    It is ½ at the reference and falls towards 0 (Erhan, Bengio, Courville, Vincent: Visualizing Higher-Layer
    Features of a Deep Network, 2009, section 3, maximises a itself, which has no bound and no scale).

    >>> import torch
    >>> loss = Activation("conv1_1", weight=1.0, channel=0, reference=1.0)
    >>> loss.compare(loss.statistic(torch.full((1, 2, 4, 4), 3.0)), positions=16)
    tensor(0.2500)
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
        """Return the loss over a mask `(1, 1, H, W)` at the layer's size, or over the whole map."""
        mask_sum = 0.0 if mask is None else float(mask.sum())
        return cls(layer, weight, channel, reference, mask=mask, mask_sum=mask_sum)

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the sum of the filter's activations over positions, a scalar."""
        activations = wide(feature_map[:, self.channel : self.channel + 1])
        weights = combined(self.mask, weights)
        return (activations if weights is None else activations * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the ratio b/(a + b)."""
        return self.reference / (statistic / (self.mask_sum or positions) + self.reference)

    def part(self, rows: slice, columns: slice) -> Activation:
        """Return the loss over a part of the mask."""
        return self if self.mask is None else dataclasses.replace(self, mask=self.mask[:, :, rows, columns])


def activation(scene: Scene) -> Iterator[Activation]:
    """Yield the loss that excites a filter more than the content, or the layer's mean if silent, does."""
    if scene.content is None or not scene.settings.excited:
        return
    layer, channel = scene.settings.excited
    feature_map, mask = scene.maps([layer.name])[layer.name], at_layer(scene.masks.visible, layer.name)
    if mask is not None:
        feature_map = wide(feature_map) * (mask / mask.mean())
    reference = float(feature_map[:, channel].mean()) or float(feature_map.mean())
    yield Activation.of(layer.name, layer.weight, channel, max(reference, 1e-6), mask)
