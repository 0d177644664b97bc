"""Style: the distance between Gram matrices (Gatys et al. 2015, equations 3 to 5)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.encoder.tiles import Maps
from impasto.losses import Loss, combined
from impasto.losses.moments import gram
from impasto.losses.regions import at_layer, territory
from impasto.losses.scene import Scene

FEW = 64
"""Positions at which a fresh area's statistics count by half; those of fewer positions are mostly noise."""


@dataclass(frozen=True)
class Gram(Loss):
    """The squared distance of a feature map's Gram matrix G = FFᵀ/M to the style's A, in one of three forms.

    With N filters and M positions. `relative`: ‖G−A‖²/‖A‖² (ours); `gatys`: Σ(G−A)²/(4N²), equation 4 with
    each Gram matrix divided by its own M, so that style and content may differ in size; `mean`: the mean of
    ((G−A)/N)² (the Gram matrix divided by C·H·W, as in neural-style by Johnson, and by Athalye).

    With a `mask` `(1, 1, H, W)` of t_i the Gram matrix is the guided one, G = Σ t_i F_i F_iᵀ / Σ t_i (Gatys
    et al. 2017: Controlling Perceptual Factors in Neural Style Transfer, section 4.1); `mask_sum` is Σ t_i
    over the whole layer.

    >>> import torch
    >>> loss = Gram("conv1_1", weight=1.0, target=torch.eye(2))
    >>> loss.compare(loss.statistic(torch.ones(1, 2, 4, 4)), positions=16)
    tensor(1.)
    """

    layer: str
    weight: float
    target: Tensor
    form: str = "relative"
    name: str = "style"
    mask: Tensor | None = None
    mask_sum: float = 0.0

    @classmethod
    def guided(cls, layer: str, weight: float, target: Tensor, form: str, mask: Tensor | None) -> Gram:
        """Return the loss over a mask `(1, 1, H, W)` at the layer's size, or over the whole map."""
        mask_sum = 0.0 if mask is None else float(mask.sum())
        return cls(layer, weight, target, form, mask=mask, mask_sum=mask_sum)

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the unnormalised Gram matrix FFᵀ `(C, C)`, a sum over positions."""
        return gram(feature_map, combined(self.mask, weights))

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in the chosen form."""
        error = (statistic / (positions if self.mask is None else self.mask_sum) - self.target).square().sum()
        filters = self.target.shape[0]
        if self.form == "gatys":
            return error / (4 * filters**2)
        return error / (filters**4 if self.form == "mean" else self.target.square().sum().clamp_min(1e-12))

    def part(self, rows: slice, columns: slice) -> Gram:
        """Return the loss over a part of the mask; the target does not depend on position."""
        return self if self.mask is None else dataclasses.replace(self, mask=self.mask[:, :, rows, columns])


def style(scene: Scene) -> Iterator[Gram]:
    """Yield the style losses over the whole picture or each over its region, and over fresh areas.

    The rest of a film's frame already has the style's statistics, which would hide a fresh area's in the sum.
    """
    settings, masks = scene.settings, scene.masks
    if not (scene.styles and settings.style_weight and settings.onset):
        return
    names, shares = [layer.name for layer in settings.painted_layers], list(scene.shares)
    targets = scene.style_moments(names)
    if masks.masked:
        yield from _guided(scene, targets)
        return
    if settings.blend == "statistics":
        mixed: Maps = {}
        for name in names:
            weighted = [share * one[name] for share, one in zip(shares, targets, strict=True)]
            mixed[name] = torch.stack(weighted).sum(0)
        targets, shares = [mixed], [1.0]
    fresh = scene.moment.fresh if scene.moment and settings.fresh_weight else None
    for target, share in zip(targets, shares, strict=True):
        for name, weight in settings.painted_layers:
            force = settings.style_weight * settings.onset * weight * share
            yield Gram.guided(name, force, target[name], settings.losses, at_layer(masks.visible, name))
            if fresh is not None and (mask := at_layer(fresh, name)) is not None and mask.any():
                strength = settings.fresh_weight * force * float(fresh.mean())
                alone = Gram.guided(name, strength, target[name], settings.losses, mask)
                damped = alone.weight * alone.mask_sum / (alone.mask_sum + FEW)
                yield dataclasses.replace(alone, name="fresh", weight=damped)


def _guided(scene: Scene, targets: Sequence[Maps]) -> Iterator[Gram]:
    """Yield each style's losses over its own region.

    Differs from the paper: a region's loss is weighted by its share of the picture. The error is relative, so
    a small region would otherwise be painted with the force of the whole picture, at the expense of its
    content.
    """
    settings, masks = scene.settings, scene.masks
    parts = masks.parts_of_visible(territory(masks.styles, scene.shares))
    for target, area, part in zip(targets, masks.areas, parts, strict=True):
        for name, weight in settings.painted_layers:
            force = settings.style_weight * settings.onset * weight * part
            yield Gram.guided(name, force, target[name], settings.losses, at_layer(area, name))
