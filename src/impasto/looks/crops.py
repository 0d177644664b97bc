"""Crops of photos to train on: drawn at many scales, mirrored, and recoloured as whole photos are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import Palette, palette, recolour
from impasto.engine.schedule import fit_long
from impasto.media.image import Source, load

KEPT = 800
"""Long side in pixels at which photos are kept in memory."""

SIDE = 256
"""Side of a crop in pixels."""


class Photo(NamedTuple):
    """A photo to train on: pixels `(1, 3, H, W)` in 8 bits, and the palette of all of it."""

    pixels: Tensor
    colours: Palette


def load_photo(source: Source, kept: int = KEPT) -> Photo:
    """Return a photo, reduced to a long side of `kept`; raises PictureError."""
    picture = load(source)
    pixels = picture.pixels(fit_long(picture.size, min(kept, max(picture.size))))
    return Photo(pixels.round().clamp(0, 255).byte(), palette(pixels))


def draw(photos: Sequence[Photo], target: Palette, generator: torch.Generator, side: int = SIDE) -> Tensor:
    """Return a random crop `(1, 3, side, side)`, recoloured to a palette; it may leave 0 to 255 a little.

    Its extent in the photo is log-uniform between `side` and the photo's short side.
    """
    photo = photos[int(torch.randint(len(photos), (), generator=generator))]
    height, width = photo.pixels.shape[2:]
    shortest = min(height, width)
    low = min(side, shortest)
    extent = round(low * math.exp(_uniform(generator) * math.log(shortest / low)))
    top, left = (int(_uniform(generator) * (length - extent + 1)) for length in (height, width))
    cut = photo.pixels[:, :, top : top + extent, left : left + extent].float()
    crop = F.interpolate(cut, (side, side), mode="bilinear", antialias=True)
    crop = crop.flip(3) if _uniform(generator) < 0.5 else crop
    return recolour(crop, target, photo.colours)


def _uniform(generator: torch.Generator) -> float:
    return float(torch.rand((), generator=generator))
