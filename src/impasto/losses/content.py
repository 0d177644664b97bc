"""Content: the distance of a feature map to the content picture's (Gatys et al. 2015, equation 1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from impasto.losses import Loss, combined, wide
from impasto.losses.regions import at_layer
from impasto.losses.scene import Scene

NEIGHBOURS = 9
"""Positions a side of the place whose energy a local error is relative to."""

FLOOR = 0.5
"""The part of the mean energy that every place is granted on top of its own: an error on nothing at all would be boundless."""


@dataclass(frozen=True)
class Content(Loss):
    """The squared error of a feature map F against the content's P, summed over filters and positions, in one of three forms.

    `relative`: ‖F−P‖²/‖P‖² (ours: the same number for every size, layer and set of weights); `gatys`: ½Σ(F−P)²
    (equation 1); `mean`: the mean of (F−P)² (neural-style by Johnson, and by Athalye).

    With `weights` `(1, 1, H, W)` each position's error counts so much; `energy` and `weights_sum` say against what.
    """

    layer: str
    weight: float
    target: Tensor
    energy: float
    form: str = "relative"
    name: str = "content"
    weights: Tensor | None = None
    weights_sum: float = 0.0

    @classmethod
    def of(
        cls,
        feature_map: Tensor,
        layer: str,
        weight: float,
        form: str = "relative",
        mask: Tensor | None = None,
        emphasis: Tensor | None = None,
    ) -> Content:
        """Return the loss whose target is this feature map `(1, C, H, W)` of the content picture.

        A `mask` m in 0 to 1 takes weight away where it is below 1, and changes nothing elsewhere; an `emphasis` e of 1
        and more shifts weight to where it is high, and leaves the sum: Σ m·e·(F−P)² / Σ e·P², both `(1, 1, H, W)`.
        """
        energy = wide(feature_map).square()
        energy_sum, emphasis_sum = (
            ((energy * emphasis).sum(), float(emphasis.sum()))
            if emphasis is not None
            else (energy.sum(), 0.0)
        )
        return cls(
            layer,
            weight,
            feature_map,
            float(energy_sum),
            form,
            weights=combined(mask, emphasis),
            weights_sum=emphasis_sum,
        )

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ(F−P)², a scalar."""
        error = (wide(feature_map) - wide(self.target)).square()
        weights = combined(self.weights, weights)
        return (error if weights is None else error * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in this loss's form."""
        counted = self.weights_sum or positions
        if self.form == "gatys":
            return statistic / 2 * (positions / counted)
        return statistic / (
            self.target.shape[1] * counted if self.form == "mean" else max(self.energy, 1e-12)
        )

    def part(self, rows: slice, columns: slice) -> Content:
        """Return the loss against that part of the target."""
        weights = None if self.weights is None else self.weights[:, :, rows, columns]
        return dataclasses.replace(self, target=self.target[:, :, rows, columns], weights=weights)


def evenly(feature_map: Tensor) -> Tensor:
    """Return the emphasis `(1, 1, H, W)` with which every place of a content map `(1, C, H, W)` counts alike, however faint it is.

    1/(E + f·Ē) for the energy E of the place, a mean over NEIGHBOURS², and Ē of the whole: the error becomes a mean of
    local relative errors. In the plain one a sky, where the map is faint, could be covered with houses at little cost.
    """
    around = NEIGHBOURS // 2
    energy = wide(feature_map).square().mean(1, keepdim=True)
    local = F.avg_pool2d(F.pad(energy, (around,) * 4, mode="replicate"), NEIGHBOURS, 1)
    return 1 / (local + FLOOR * energy.mean()).clamp_min(1e-12)


def content(scene: Scene) -> Iterator[Content]:
    """Yield the content losses of a scene whose settings give a weight for them; `strength.held` is for those that give a strength."""
    settings = scene.settings
    if (
        scene.content is None
        or settings.excited
        or settings.strength is not None
        or not settings.content_weight
    ):
        return
    maps = scene.maps([layer.name for layer in settings.content_layers])
    for layer, weight in settings.content_layers:
        mask, emphasis, visible = (
            at_layer(one, layer) for one in (scene.masks.content, scene.masks.emphasis, scene.masks.visible)
        )
        every = combined(emphasis, visible)
        yield Content.of(maps[layer], layer, settings.content_weight * weight, settings.losses, mask, every)
