"""Temporal consistency: a frame's distance to an earlier one, warped to where its pixels went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from impasto.losses import PIXELS, Loss, combined
from impasto.losses.scene import Scene


@dataclass(frozen=True)
class Temporal(Loss):
    """The squared difference of the pixels x to a warped earlier frame ω, each counted by the weight c with which it is trusted.

    `relative`: the mean over pixels and channels of c((x−ω)/255)² (ours: beside losses that are relative); any other form
    is that of Ruder, Dosovitskiy and Brox (Artistic style transfer for videos, 2016, equation 7): 1/D Σ c(x−ω)² with
    D = 3·H·W. The weight is their γ. Long-term consistency (equation 9) is one such loss for each of the earlier frames.

    `target` `(1, 3, H, W)` in 0 to 255 and `weights` `(1, 1, H, W)` in 0 to 1, as of `video.consistency`; None for ones.
    """

    weight: float
    target: Tensor
    weights: Tensor | None = None
    form: str = "relative"
    name: str = "temporal"
    layer: str = PIXELS

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ c(x−ω)² over the picture `(1, 3, H, W)`, a scalar; the weights multiply the loss's own."""
        error, weights = (feature_map - self.target).square(), combined(self.weights, weights)
        return (error if weights is None else error * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the mean error in this loss's form."""
        return statistic / (3 * positions * (255**2 if self.form == "relative" else 1))


def temporal(scene: Scene) -> Iterator[Temporal]:
    """Yield the temporal losses of a film's frame, one for each of the previous frames that it is compared with."""
    settings = scene.settings
    if scene.moment is not None and settings.temporal_weight:
        for picture, weights in scene.moment.before:
            yield Temporal(settings.temporal_weight, picture, weights, settings.losses)
