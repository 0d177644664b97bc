"""Content: the distance of a feature map to the content picture's (Gatys et al. 2015, equation 1)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor

from impasto.losses import wide


@dataclass(frozen=True)
class Content:
    """The squared error of a feature map F against the content's P, summed over filters and positions, in one of three forms.

    `relative`: ‖F−P‖²/‖P‖² (ours: the same number for every size, layer and set of weights); `gatys`: ½Σ(F−P)²
    (equation 1); `mean`: the mean of (F−P)² (neural-style by Johnson, and by Athalye).
    """

    layer: str
    weight: float
    target: Tensor
    energy: float
    form: str = "relative"
    name: str = "content"
    counted: bool = True

    @classmethod
    def of(cls, feature_map: Tensor, layer: str, weight: float, form: str = "relative") -> Content:
        """Return the loss whose target is this feature map `(1, C, H, W)` of the content picture."""
        return cls(layer, weight, feature_map, float(wide(feature_map).square().sum()), form)

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ(F−P)², a scalar."""
        error = (wide(feature_map) - wide(self.target)).square()
        return (error if weights is None else error * weights).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in this loss's form."""
        if self.form == "gatys":
            return statistic / 2
        return statistic / (self.target.shape[1] * positions if self.form == "mean" else max(self.energy, 1e-12))

    def part(self, rows: slice, columns: slice) -> Content:
        """Return the loss against that part of the target."""
        return dataclasses.replace(self, target=self.target[:, :, rows, columns])
