"""Upsampling of the current picture to the next scale."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from impasto.engine.schedule import GRID, Size

MARGIN = 2
"""Wrap-around padding of a tileable picture at each edge, in sixteenths of its side."""


def enlarged(picture: Tensor, size: Size, repeats: bool = False) -> Tensor:
    """Upsample a picture `(1, 3, H, W)` by bicubic interpolation, wrapping around if it `repeats`."""
    if not repeats:
        return F.interpolate(picture, size, mode="bicubic", align_corners=False)
    # Both sizes are multiples of GRID, so the margin is a whole number of pixels in both.
    rows, columns = (side // GRID * MARGIN for side in picture.shape[2:])
    top, left = (side // GRID * MARGIN for side in size)
    padded = F.pad(picture, (columns, columns, rows, rows), mode="circular")
    padded_size = (size[0] + 2 * top, size[1] + 2 * left)
    larger = F.interpolate(padded, padded_size, mode="bicubic", align_corners=False)
    return larger[:, :, top : top + size[0], left : left + size[1]].contiguous()
