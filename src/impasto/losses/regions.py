"""Regions: where each style paints, which part of it counts, and where the content is held, as weights of pixels."""

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

    `styles` (in 0 to 1, at the content's size) say where each style paints, `parts` (in 0 to 1, at each style picture's
    size) what of it counts. `content` (in 0 to 1) lessens the content's error, `emphasis` (1 and more) raises it.
    `visible` (in 0 to 1) is the opacity of the content: what cannot be seen of it counts for nothing.
    """

    styles: Masks
    parts: Masks
    content: Tensor | None = None
    emphasis: Tensor | None = None
    visible: Tensor | None = None

    @classmethod
    def everywhere(cls, styles: int) -> Regions:
        """Return the regions of so many styles without any mask."""
        return cls((None,) * styles, (None,) * styles)

    def on(self, device: torch.device) -> Regions:
        """Return the same weights on a device."""

        def moved(mask: Tensor | None) -> Tensor | None:
            return None if mask is None else mask.to(device)

        contents = map(moved, (self.content, self.emphasis, self.visible))
        return Regions(tuple(map(moved, self.styles)), tuple(map(moved, self.parts)), *contents)

    @property
    def masked(self) -> bool:
        """Whether some style does not paint everywhere."""
        return any(mask is not None for mask in self.styles)

    @property
    def areas(self) -> Masks:
        """What can be seen of where each style paints."""
        return tuple(combined(mask, self.visible) for mask in self.styles)

    def parts_of_visible(self, owned: Tensor) -> list[float]:
        """Return which part of all that can be seen belongs to each style, by how much of each pixel does, `(R, 1, H, W)`."""
        if self.visible is None:
            return owned.mean((1, 2, 3)).tolist()
        return ((owned * self.visible).sum((1, 2, 3)) / self.visible.sum()).tolist()


def at_layer(mask: Tensor | None, layer: str) -> Tensor | None:
    """Return the weights `(1, 1, H // stride, W // stride)` of a layer's positions: the mean over the pixels that each stands for."""
    return None if mask is None else F.avg_pool2d(mask, stride(layer))


def territory(masks: Masks, shares: Sequence[float]) -> Tensor:
    """Return how much of each pixel belongs to each style, `(R, 1, H, W)`; one mask at least is given.

    Styles that overlap divide a pixel by mask times share; all together hold as much of it as the masks cover, at most
    all. So soft edges of neighbours blend, and what no mask covers belongs to none.
    """
    given = next(mask for mask in masks if mask is not None)
    covers = torch.cat([torch.ones_like(given) if mask is None else mask for mask in masks])
    claims = covers * covers.new_tensor(list(shares)).view(-1, 1, 1, 1)
    return claims / claims.sum(0).clamp_min(torch.finfo(claims.dtype).tiny) * covers.sum(0).clamp_max(1)
