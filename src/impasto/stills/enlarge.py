"""Upsampling of the current picture to the next scale, and which of the photo's detail may come along."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from impasto.engine.schedule import GRID, Size
from impasto.losses import local_mean

MARGIN = 2
"""Wrap-around padding of a tileable picture at each edge, in sixteenths of its side."""

FINE, AROUND = 5, 9
"""Sides in pixels of the local mean that is subtracted as coarse, and of the area that is compared."""

FAINT = 1.0
"""Fine structure in levels, for each channel, below which it is noise and hardly counts as followed."""


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


def followed(picture: Tensor, photo: Tensor) -> Tensor:
    """Return how far a picture follows a photo in its fine structure; 0 to 1, `(1, 1, H, W)`.

    Both are `(1, 3, H, W)`. The coefficient of the local regression: 1 along edges of the subject that are
    still there, 0 where strokes have taken the place of leaves or grass.
    """
    painted, seen = (values - local_mean(values, FINE) for values in (picture, photo))
    common, energy = (local_mean((one * seen).sum(1, keepdim=True), AROUND) for one in (painted, seen))
    return (common / (energy + 3 * FAINT**2)).clamp_(0, 1)
