"""Regions as pixel weights: where each style is painted, which part of it counts, and what of the content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.encoder.vgg19 import stride
from impasto.losses import combined

Masks = tuple[Tensor | None, ...]


@dataclass(frozen=True)
class Regions:
    """Weights `(1, 1, H, W)` at one scale; None stands for ones everywhere.

    `styles` (0 to 1, at the content's size) say where each style is painted, `parts` (0 to 1, at each style's
    size) which part of it counts. `content` (0 to 1) reduces the content's error, `emphasis` (1 and more)
    raises it. `visible` (0 to 1) is the content's opacity: invisible parts do not count.
    """

    styles: Masks
    parts: Masks
    content: Tensor | None = None
    emphasis: Tensor | None = None
    visible: Tensor | None = None

    @classmethod
    def everywhere(cls, styles: int) -> Regions:
        """Return the regions of `styles` styles without any masks."""
        return cls((None,) * styles, (None,) * styles)

    def on(self, device: torch.device) -> Regions:
        """Return the same weights on a device."""

        def moved(mask: Tensor | None) -> Tensor | None:
            return None if mask is None else mask.to(device)

        contents = map(moved, (self.content, self.emphasis, self.visible))
        return Regions(tuple(map(moved, self.styles)), tuple(map(moved, self.parts)), *contents)

    @property
    def masked(self) -> bool:
        """Whether any style is restricted to a region."""
        return any(mask is not None for mask in self.styles)

    @property
    def areas(self) -> Masks:
        """The visible part of each style's region."""
        return tuple(combined(mask, self.visible) for mask in self.styles)

    def parts_of_visible(self, owned: Tensor) -> list[float]:
        """Return each style's share of the visible picture, given its share of each pixel, `(R, 1, H, W)`."""
        if self.visible is None:
            return owned.mean((1, 2, 3)).tolist()
        return ((owned * self.visible).sum((1, 2, 3)) / self.visible.sum()).tolist()


def at_layer(mask: Tensor | None, layer: str) -> Tensor | None:
    """Return the weights `(1, 1, H // stride, W // stride)` at a layer: means over each position's pixels."""
    return None if mask is None else F.avg_pool2d(mask, stride(layer))


def territory(masks: Masks, shares: Sequence[float]) -> Tensor:
    """Return each style's share of each pixel, `(R, 1, H, W)`; at least one mask must be given.

    Overlapping styles divide a pixel in proportion to mask × share; their sum is the total coverage, at most
    one. Soft edges of neighbours thus blend, and pixels outside all masks belong to no style.
    """
    given = next(mask for mask in masks if mask is not None)
    covers = torch.cat([torch.ones_like(given) if mask is None else mask for mask in masks])
    claims = covers * covers.new_tensor(list(shares)).view(-1, 1, 1, 1)
    return claims / claims.sum(0).clamp_min(torch.finfo(claims.dtype).tiny) * covers.sum(0).clamp_max(1)
