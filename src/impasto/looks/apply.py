"""A look applied to a photo: at once, or in tiles that are normalised as a small copy of the whole is.

Chen et al.: Towards Ultra-Resolution Neural Style Transfer via Thumbnail Instance Normalization, 2022.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.engine.schedule import fit_long
from impasto.looks.network import STRIDE, Moments, Trunk, paint

WHOLE = 4_000_000
"""Pixels up to which a picture is painted at once; more would take over 2 GB."""

TILE = 1024
"""Side in pixels of a tile; a multiple of STRIDE."""

HALO = 64
"""Pixels around a tile that are painted with it and cut off: farther away the network sees nothing."""

THUMBNAIL = 1024
"""Long side in pixels of the small copy."""


@torch.inference_mode()
def applied(
    picture: Tensor,
    trunk: Trunk,
    values: Tensor,
    *,
    moments: Mapping[str, Moments] | None = None,
    found: dict[str, Moments] | None = None,
    whole: int = WHOLE,
    tile: int = TILE,
) -> Tensor:
    """Return a recoloured photo `(1, 3, H, W)` as painted with `values` `(VALUES,)`.

    `moments` and `found` are as in `paint`.
    """
    height, width = picture.shape[2:]
    if height * width <= whole:
        return paint(picture, trunk, values, moments, found)
    small = F.interpolate(
        picture,
        fit_long((height, width), min(THUMBNAIL, max(height, width))),
        mode="bilinear",
        antialias=True,
    )
    if moments is None:
        moments = {} if found is None else found
        paint(small, trunk, values, found=moments)
    painted = torch.empty_like(picture)
    for top, bottom in _spans(height, tile):
        for left, right in _spans(width, tile):
            above, before = min(HALO, top), min(HALO, left)
            part = picture[:, :, top - above : bottom + HALO, left - before : right + HALO]
            done = paint(part, trunk, values, moments, at=(top - above, left - before))
            painted[:, :, top:bottom, left:right] = done[
                :, :, above : above + bottom - top, before : before + right - left
            ]
    return painted


def _spans(side: int, tile: int) -> Iterator[tuple[int, int]]:
    """Yield the ends of tiles along a side, the last of which is not shorter than the halo."""
    starts = range(0, max(side - HALO, 1), tile - tile % STRIDE)
    yield from zip(starts, [*starts[1:], side], strict=True)
