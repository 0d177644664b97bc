"""Losses on the pixels: total variation, and exceeding the range of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.losses import PIXELS, Loss
from impasto.losses.scene import Scene


@dataclass(frozen=True)
class Variation(Loss):
    """Total variation: the squared differences of neighbouring pixels.

    `mean`: mean dx² + mean dy² (neural-style by Athalye). `gradient`: ½Σ(dx² + dy²) over the pixels that have
    both a right and a lower neighbour (neural-style by Johnson, which adds its gradient but does not report
    the loss). If the picture `repeats`, the last pixel is a neighbour of the first.

    >>> import torch
    >>> loss = Variation(weight=1.0)
    >>> loss.compare(loss.statistic(torch.arange(4.0).expand(1, 3, 4, 4)), positions=16)
    tensor(1.)
    """

    weight: float
    form: str = "mean"
    name: str = "variation"
    layer: str = PIXELS
    repeats: bool = False

    @property
    def counted(self) -> bool:
        """Whether it is reported: Johnson's program leaves it out."""
        return self.form == "mean"

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the sum of the chosen form over the picture `(1, 3, H, W)`, a scalar."""
        if self.repeats:
            dx, dy = (torch.roll(feature_map, -1, dim) - feature_map for dim in (3, 2))
            change = dx.square() + dy.square()
            scale = 2 if self.form == "gradient" else 1
            return (change if weights is None else change * weights).sum() / scale
        height, width = feature_map.shape[2:]
        dx = (feature_map[..., :, 1:] - feature_map[..., :, :-1]).square()
        dy = (feature_map[..., 1:, :] - feature_map[..., :-1, :]).square()
        if weights is not None:
            dx, dy = dx * weights[..., :, :-1], dy * weights[..., :-1, :]
        if self.form == "gradient":
            return (dx[..., :-1, :].sum() + dy[..., :, :-1].sum()) / 2
        # Scaled so that dividing by 3·H·W below gives each sum's mean over its own number of differences.
        return dx.sum() * (width / max(width - 1, 1)) + dy.sum() * (height / max(height - 1, 1))

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in the chosen form."""
        return statistic if self.form == "gradient" else statistic / (3 * positions)


@dataclass(frozen=True)
class Range(Loss):
    """The mean of ((x − clip(x))/255)² for pixels outside 0 to 255, which a file would clip.

    Ours: without it the optimiser hides half of its work in values that are lost on saving.

    >>> import torch
    >>> loss = Range(weight=1.0)
    >>> loss.compare(loss.statistic(torch.full((1, 3, 4, 4), 306.0)), positions=16)
    tensor(0.0400)
    """

    weight: float
    name: str = "range"
    layer: str = PIXELS

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the sum of squared excesses over the picture `(1, 3, H, W)`, a scalar."""
        excess = ((feature_map - feature_map.detach().clamp(0, 255)) / 255).square()
        return (excess if weights is None else excess * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the mean squared excess."""
        return statistic / (3 * positions)


def pixels(scene: Scene) -> Iterator[Loss]:
    """Yield the losses on the pixels."""
    settings = scene.settings
    if settings.tv_weight:
        yield Variation(settings.tv_weight, settings.variation, repeats=settings.tileable)
    if settings.range_weight:
        yield Range(settings.range_weight)
