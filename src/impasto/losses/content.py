"""Content: the distance between feature maps of pastiche and content (Gatys et al. 2015, equation 1)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.losses import Loss, combined, local_mean, wide
from impasto.losses.regions import at_layer
from impasto.losses.scene import Scene

NEIGHBOURS = 9
"""Side in positions of the neighbourhood whose energy normalises a local error."""

FLOOR = 0.5
"""Fraction of the mean energy added to each local energy, which bounds the error of faint places."""


@dataclass(frozen=True)
class Content(Loss):
    """The squared error of a feature map F against the content's P, in one of three forms.

    `relative`: ‖F−P‖²/‖P‖² (ours; comparable across sizes, layers and weights); `gatys`: ½Σ(F−P)² (equation
    1); `mean`: the mean of (F−P)² (neural-style by Johnson, and by Athalye).

    With `weights` `(1, 1, H, W)` each position's error is weighted; `energy` and `weights_sum` normalise it.

    >>> import torch
    >>> loss = Content.of(torch.ones(1, 2, 4, 4), "conv4_2", weight=1.0)
    >>> loss.compare(loss.statistic(torch.full((1, 2, 4, 4), 1.5)), positions=16)
    tensor(0.2500)
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
        """Return the loss whose target is this feature map `(1, C, H, W)` of the content.

        A `mask` m in 0 to 1 reduces the weight of positions; an `emphasis` e of 1 and more redistributes
        weight and preserves the sum: Σ m·e·(F−P)² / Σ e·P². Both are `(1, 1, H, W)`.
        """
        energy = wide(feature_map).square()
        emphasis_sum = 0.0
        if emphasis is not None:
            energy, emphasis_sum = energy * emphasis, float(emphasis.sum())
        return cls(
            layer,
            weight,
            feature_map,
            float(energy.sum()),
            form,
            weights=combined(mask, emphasis),
            weights_sum=emphasis_sum,
        )

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ(F−P)², a scalar."""
        weights = combined(self.weights, weights)
        return _SquaredError.apply(feature_map, self.target, weights)  # type: ignore[no-any-return, no-untyped-call]

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in the chosen form."""
        counted = self.weights_sum or positions
        if self.form == "gatys":
            return statistic / 2 * (positions / counted)
        scale = self.target.shape[1] * counted if self.form == "mean" else max(self.energy, 1e-12)
        return statistic / scale

    def part(self, rows: slice, columns: slice) -> Content:
        """Return the loss against a part of the target."""
        weights = None if self.weights is None else self.weights[:, :, rows, columns]
        return dataclasses.replace(self, target=self.target[:, :, rows, columns], weights=weights)


class _SquaredError(torch.autograd.Function):
    """Σ w(F−P)², in float32 or wider: one pass forward and one backward, in the map's own layout."""

    @staticmethod
    def forward(context, feature_map, target, weights):  # type: ignore[no-untyped-def]
        context.save_for_backward(feature_map, target, weights)
        error = wide(feature_map).sub(target).square_().sum(1, keepdim=True)
        return (error if weights is None else error * weights).sum()

    @staticmethod
    def backward(context, gradient):  # type: ignore[no-untyped-def]
        feature_map, target, weights = context.saved_tensors
        change = wide(feature_map).sub(target)
        change.mul_(2 * gradient if weights is None else 2 * gradient * weights)
        return change.to(feature_map.dtype), None, None


def evenly(feature_map: Tensor) -> Tensor:
    """Return the emphasis `(1, 1, H, W)` that makes every place of a map `(1, C, H, W)` count equally.

    1/(E + f·Ē) for the local energy E, a mean over NEIGHBOURS², and the mean energy Ē: the error becomes a
    mean of local relative errors. Otherwise a sky, where the map is faint, could be covered with houses at
    little cost.
    """
    energy = wide(feature_map).square().mean(1, keepdim=True)
    local = local_mean(energy, NEIGHBOURS)
    return 1 / (local + FLOOR * energy.mean()).clamp_min(1e-12)


def content(scene: Scene) -> Iterator[Content]:
    """Yield the content losses if a content weight is set; for a strength see `strength.held`."""
    settings = scene.settings
    if scene.content is None or settings.excited:
        return
    if settings.strength is not None or not settings.content_weight:
        return
    maps = scene.maps([layer.name for layer in settings.content_layers])
    for layer, weight in settings.content_layers:
        masks = scene.masks.content, scene.masks.emphasis, scene.masks.visible
        mask, emphasis, visible = (at_layer(one, layer) for one in masks)
        force, counted = settings.content_weight * weight, combined(emphasis, visible)
        yield Content.of(maps[layer], layer, force, settings.losses, mask, counted)
