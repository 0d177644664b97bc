"""Style: the distance of second moments over positions (Gatys et al. 2015, equations 3 to 5)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.losses import combined, wide


@dataclass(frozen=True)
class Gram:
    """The squared distance of a feature map's second moments G = FFᵀ/M to those of the style A, in one of three forms.

    With N filters and M positions. `relative`: ‖G−A‖²/‖A‖² (ours); `gatys`: Σ(G−A)²/(4N²), which is equation 4 with
    each Gram matrix divided by its own picture's M, so that style and content may differ in size; `mean`: the mean of
    ((G−A)/N)² (the Gram divided by C·H·W, as in neural-style by Johnson, and by Athalye).

    With a `mask` `(1, 1, H, W)` of t_i the moments are the guided ones, G = Σ t_i F_i F_iᵀ / Σ t_i (Gatys et al. 2017:
    Controlling Perceptual Factors in Neural Style Transfer, section 4.1), and `mask_sum` is the Σ t_i of the whole layer.
    """

    layer: str
    weight: float
    target: Tensor
    form: str = "relative"
    name: str = "style"
    counted: bool = True
    mask: Tensor | None = None
    mask_sum: float = 0.0

    @classmethod
    def guided(cls, layer: str, weight: float, target: Tensor, form: str, mask: Tensor | None) -> Gram:
        """Return the loss over the region that a mask `(1, 1, H, W)` of the layer's own size shows, or over the whole."""
        return cls(layer, weight, target, form, mask=mask, mask_sum=0.0 if mask is None else float(mask.sum()))

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the Gram matrix FFᵀ `(C, C)`, a sum over positions."""
        return gram(feature_map, combined(self.mask, weights))

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the error in this loss's form."""
        error = (statistic / (positions if self.mask is None else self.mask_sum) - self.target).square().sum()
        filters = self.target.shape[0]
        if self.form == "gatys":
            return error / (4 * filters**2)
        return error / (filters**4 if self.form == "mean" else self.target.square().sum().clamp_min(1e-12))

    def part(self, rows: slice, columns: slice) -> Gram:
        """Return the loss over that part of the mask; one target holds for all positions."""
        return self if self.mask is None else dataclasses.replace(self, mask=self.mask[:, :, rows, columns])


def gram(feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the Gram matrix FFᵀ `(C, C)` of a feature map `(1, C, H, W)`, each position counted by `weights` `(1, 1, H, W)`.

    In float32 at least, also where the map is in bfloat16.
    """
    return _Gram.apply(feature_map, weights)  # type: ignore[no-any-return, no-untyped-call]


def moments(feature_map: Tensor) -> Tensor:
    """Return the second moments FFᵀ/M `(C, C)` of a feature map, the target that a style gives."""
    with torch.no_grad():
        return gram(feature_map) / (feature_map.shape[2] * feature_map.shape[3])


class _Gram(torch.autograd.Function):
    """One product forward and one backward: for G = F W Fᵀ, dF = (dG + dGᵀ) F W, over the positions that count at all."""

    @staticmethod
    def forward(context, feature_map, weights):  # type: ignore[no-untyped-def]
        # Where weights are not 0: a region is often a small part of the picture, and costs no more than it.
        places = None if weights is None else weights.flatten().nonzero()[:, 0]
        context.save_for_backward(feature_map, weights, places)
        rows, weighted = _counted(feature_map, weights, places)
        if feature_map.dtype != torch.bfloat16 or len(rows) < FEW:
            return wide(rows).T @ wide(weighted)
        return sum((part.T @ other).float() for part, other in zip(rows.tensor_split(PARTS), weighted.tensor_split(PARTS), strict=True))

    @staticmethod
    def backward(context, gradient):  # type: ignore[no-untyped-def]
        feature_map, weights, places = context.saved_tensors
        height, width = feature_map.shape[2:]
        change = _counted(feature_map, weights, places)[1] @ (gradient + gradient.T).to(feature_map.dtype)
        if places is not None:
            change = change.new_zeros(height * width, change.shape[1]).index_copy_(0, places, change)
        return change.T.unflatten(1, (height, width))[None], None


FEW = 256
"""Positions under which a product in float32 is as fast as several in bfloat16."""

PARTS = 16
"""Products into which a bfloat16 Gram matrix is split: each is rounded at its end, and the float32 sum averages the rounding."""


def _counted(feature_map: Tensor, weights: Tensor | None, places: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the positions at those places as rows `(M, C)`, and the same with their weights; all of them without weights."""
    rows = _rows(feature_map)
    if weights is None:
        return rows, rows
    rows = rows[places]
    return rows, rows * weights.flatten()[places, None].to(rows.dtype)


def _rows(feature_map: Tensor) -> Tensor:
    """Return the positions as rows `(M, C)`: a view, for maps that are channels last as for those that are not."""
    return feature_map[0].flatten(1).T if feature_map.is_contiguous() else feature_map[0].permute(1, 2, 0).flatten(0, 1)
