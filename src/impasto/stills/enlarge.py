"""The picture so far at the next scale."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from impasto.engine.schedule import GRID, Size

MARGIN = 2
"""Sixteenths of each side that a repeating picture is continued by at each end, so that its ends are enlarged like the rest."""


def enlarged(picture: Tensor, size: Size, repeats: bool = False) -> Tensor:
    """Return a picture `(1, 3, H, W)` at a larger height and width, by bicubic interpolation, round its ends where it `repeats`."""
    if not repeats:
        return F.interpolate(picture, size, mode="bicubic", align_corners=False)
    # Sides are multiples of GRID before and after, so that the margin is a whole number of pixels in both.
    (rows, columns), (top, left) = (
        [side // GRID * MARGIN for side in sides] for sides in (picture.shape[2:], size)
    )
    continued = F.pad(picture, (columns, columns, rows, rows), mode="circular")
    wide = F.interpolate(
        continued, (size[0] + 2 * top, size[1] + 2 * left), mode="bicubic", align_corners=False
    )
    return wide[:, :, top : top + size[0], left : left + size[1]].contiguous()
