"""Small subjects of a photo: what has structure in calm surroundings, such as a steeple, a tower or an eye.

A strong style covers them first: they are a small part of the content error of the whole picture, and of a
neighbourhood that is larger than they are.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from impasto.engine.schedule import fit_long

SIDE = 256
"""Long side in pixels at which subjects are sought at most; finer structure is that of a surface."""

SMALL, WIDE = 0.03, 0.25
"""Sides of a small subject and of its surroundings, relative to the long side."""

FLOOR = 0.15
"""Fraction of the mean structure added to that of the surroundings, so that noise in a flat sky is none."""

FROM, TO = 1.6, 2.8
"""Structure relative to the surroundings from which a place begins to count, and at which it counts fully."""


def subject_mask(image: Image.Image) -> Image.Image | None:
    """Return a grey picture of the image's aspect, white on small subjects; None if there are none.

    The structure of a place is the magnitude of the luma's gradient, averaged over a small and over a wide
    neighbourhood; their ratio says how far it stands out.
    """
    height, width = fit_long((image.height, image.width), min(SIDE, max(image.size)))
    luma = image.convert("L").resize((width, height), Image.Resampling.BOX)
    pixels = torch.from_numpy(np.array(luma, dtype=np.float32))[None, None]
    across, down = (pixels.diff(dim=axis) for axis in (3, 2))
    structure = torch.hypot(F.pad(across, (0, 1)), F.pad(down, (0, 0, 0, 1)))
    surroundings = _blurred(structure, WIDE) + FLOOR * structure.mean()
    ratio = _blurred(structure, SMALL) / surroundings.clamp_min(1e-6)
    weights = ((ratio - FROM) / (TO - FROM)).clamp(0, 1)[0, 0]
    mask = Image.fromarray((weights * 255).round().to(torch.uint8).numpy())
    return mask if mask.getextrema()[1] else None


def _blurred(values: Tensor, side: float) -> Tensor:
    """Return `(1, 1, H, W)` averaged twice over squares, whose side is relative to the long side."""
    longest = max(values.shape[2:])
    for _ in range(2):
        for axis in (2, 3):  # one after the other, at the cost of a line instead of a square
            around = min(max(1, round(side * longest / 2)), values.shape[axis] - 1)
            padding = (0, 0, around, around) if axis == 2 else (around, around, 0, 0)
            kernel = (2 * around + 1, 1) if axis == 2 else (1, 2 * around + 1)
            values = F.avg_pool2d(F.pad(values, padding, mode="reflect"), kernel, 1)
    return values
