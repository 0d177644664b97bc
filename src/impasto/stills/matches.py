"""Cosines between the places of two feature maps, alone and together with the places around them."""

from __future__ import annotations

import torch
from torch import Tensor

Side = tuple[int, int]
"""Height and width of a map in positions."""


def directions(feature_map: Tensor, centre: Tensor) -> Tensor:
    """Return the positions of a map `(1, C, H, W)` minus `centre` `(C,)` as unit rows `(H·W, C)`.

    Without a centre all cosines are high, since every map shares what all pictures have.
    """
    rows = feature_map[0].flatten(1).T - centre
    units: Tensor = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return units


def coherent(cosines: Tensor, one: Side, other: Side, width: int) -> Tensor:
    """Return cosines `(N, M)` of all positions of a map with all of another, averaged over a neighbourhood.

    The mean is over the `width`² pairs around both positions at the same offset: high where a whole piece of
    one map is found in the other, as a copied object is, not where single places happen to be alike. Pairs
    beyond a border count as 0, so that little is claimed of the border, which all padded maps share.
    """
    volume = cosines.view(*one, *other)
    for axis in (0, 1):
        total = torch.zeros_like(volume)
        for offset in range(-(width // 2), width // 2 + 1):
            to = _along(volume, axis, max(0, -offset), offset)
            total[to] += volume[_along(volume, axis, max(0, offset), -offset)]
        volume = total / width
    return volume.reshape(cosines.shape)


def elsewhere(cosines: Tensor, side: Side, near: int) -> Tensor:
    """Return the best cosine `(N,)` of each position with a far one of its own map, given all `(N, N)`.

    Far is more than `near` rows or columns away. It is 1 if nothing is as far.
    """
    rows, columns = (one.flatten() for one in torch.meshgrid(*map(torch.arange, side), indexing="ij"))
    far = ((rows[:, None] - rows).abs() > near) | ((columns[:, None] - columns).abs() > near)
    best = cosines.masked_fill(~far, -1.0).amax(1)
    return torch.where(far.any(1), best, 1.0)


def _along(volume: Tensor, axis: int, start: int, shorter: int) -> tuple[slice, ...]:
    """Return the part of a volume that has a partner at an offset along an axis of both maps."""
    part = [slice(None)] * 4
    for dim in (axis, axis + 2):
        part[dim] = slice(start, max(start, volume.shape[dim] - max(0, shorter)))
    return tuple(part)
