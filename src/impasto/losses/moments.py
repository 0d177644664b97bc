"""Second moments of feature maps: Gram matrices, over whole pictures or parts, optionally in tiles."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impasto.encoder.tiles import Maps, Tiles
from impasto.encoder.vgg19 import positions
from impasto.losses import wide
from impasto.losses.regions import at_layer


def gram(feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the Gram matrix FFᵀ `(C, C)` of a map `(1, C, H, W)`, weighted by `weights` `(1, 1, H, W)`.

    In float32 or wider, even for a bfloat16 map.
    """
    return _Gram.apply(feature_map, weights)  # type: ignore[no-any-return, no-untyped-call]


def moments(tiles: Tiles, picture: Tensor, layers: Sequence[str], part: Tensor | None = None) -> Maps:
    """Return the second moments FFᵀ/M `(C, C)` of each layer over a picture `(1, 3, H, W)`, in tiles.

    Pixels are weighted by `part` `(1, 1, H, W)` if given.
    """
    masks = {name: at_layer(part, name) for name in layers}
    sums: Maps = {}
    for name, feature_map, rows, columns in tiles.parts(picture, layers):
        mask = masks[name]
        found = gram(feature_map, None if mask is None else mask[:, :, rows, columns])
        sums[name] = sums[name] + found if name in sums else found
    counts = {name: positions(picture, name) if mask is None else mask.sum() for name, mask in masks.items()}
    return {name: total / counts[name] for name, total in sums.items()}


class _Gram(torch.autograd.Function):
    """One product forward and one backward: for G = F W Fᵀ, dF = (dG + dGᵀ) F W, where W is not 0."""

    @staticmethod
    def forward(context, feature_map, weights):  # type: ignore[no-untyped-def]
        # Only nonzero weights: a region is often a small part of the picture.
        places = None if weights is None else weights.flatten().nonzero()[:, 0]
        context.save_for_backward(feature_map, weights, places)
        rows, weighted = _counted(feature_map, weights, places)
        if feature_map.dtype != torch.bfloat16 or len(rows) < FEW:
            return wide(rows).T @ wide(weighted)
        pairs = zip(rows.tensor_split(PARTS), weighted.tensor_split(PARTS), strict=True)
        return sum((part.T @ other).float() for part, other in pairs)

    @staticmethod
    def backward(context, gradient):  # type: ignore[no-untyped-def]
        feature_map, weights, places = context.saved_tensors
        height, width = feature_map.shape[2:]
        change = _counted(feature_map, weights, places)[1] @ (gradient + gradient.T).to(feature_map.dtype)
        if places is not None:
            change = change.new_zeros(height * width, change.shape[1]).index_copy_(0, places, change)
        return change.T.unflatten(1, (height, width))[None], None


FEW = 256
"""Number of positions below which one float32 product is as fast as several in bfloat16."""

PARTS = 16
"""Number of partial products of a bfloat16 Gram matrix; their float32 sum averages the rounding errors."""


def _counted(feature_map: Tensor, weights: Tensor | None, places: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the positions at `places` as rows `(M, C)`, unweighted and weighted; all without weights."""
    rows = _rows(feature_map)
    if weights is None:
        return rows, rows
    rows = rows[places]
    return rows, rows * weights.flatten()[places, None].to(rows.dtype)


def _rows(feature_map: Tensor) -> Tensor:
    """Return the positions as rows `(M, C)`; a view, whether or not the map is channels last."""
    if feature_map.is_contiguous():
        return feature_map[0].flatten(1).T
    return feature_map[0].permute(1, 2, 0).flatten(0, 1)
