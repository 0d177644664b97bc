"""Temporal consistency: the distance of a frame to an earlier one, warped along the optical flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from impasto.losses import PIXELS, Loss, combined
from impasto.losses.scene import Scene


@dataclass(frozen=True)
class Temporal(Loss):
    """The squared difference of the pixels x to a warped earlier frame ω, weighted by its reliability c.

    `relative`: the mean over pixels and channels of c((x−ω)/255)² (ours, on the scale of relative losses);
    any other form is that of Ruder, Dosovitskiy and Brox (Artistic style transfer for videos, 2016, equation
    7): 1/D Σ c(x−ω)² with D = 3·H·W. The weight is their γ. Long-term consistency (equation 9) is one such
    loss per earlier frame.

    `target` is `(1, 3, H, W)` in 0 to 255; `weights` `(1, 1, H, W)` in 0 to 1, from `video.consistency`, None
    for ones.

    >>> import torch
    >>> loss = Temporal(weight=1.0, target=torch.zeros(1, 3, 4, 4))
    >>> loss.compare(loss.statistic(torch.full((1, 3, 4, 4), 51.0)), positions=16)
    tensor(0.0400)
    """

    weight: float
    target: Tensor
    weights: Tensor | None = None
    form: str = "relative"
    name: str = "temporal"
    layer: str = PIXELS

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ c(x−ω)² over the picture `(1, 3, H, W)`, a scalar; `weights` multiply the loss's own."""
        error, weights = (feature_map - self.target).square(), combined(self.weights, weights)
        return (error if weights is None else error * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the mean error in the chosen form."""
        return statistic / (3 * positions * (255**2 if self.form == "relative" else 1))


def temporal(scene: Scene) -> Iterator[Temporal]:
    """Yield the temporal losses of a film's frame, one per earlier frame it is compared with."""
    settings = scene.settings
    if scene.moment is not None and settings.temporal_weight:
        for picture, weights in scene.moment.before:
            yield Temporal(settings.temporal_weight, picture, weights, settings.losses)
