"""Detect and crop a plain border around a picture, such as the white margin of a scan."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from impasto.media.image import Picture

TOLERANCE = 16
"""Levels by which border pixels may differ from its colour: paper is uneven, and JPEG rings near edges."""

OUTLIERS = 0.02
"""Fraction of a line's pixels that may have other colours: dust, or a stroke that reaches into the border."""

WIDEST = 0.15
"""Maximum border width, as a fraction of the side; anything wider is intended empty space."""

FILLED = 0.5
"""Fraction of a line's pixels with other colours where the border ends; drawings on paper begin gradually."""

SOFT = 8
"""Maximum width of a soft border edge in lines, as blurred by JPEG."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are exclusive."""


def without_frame(picture: Picture) -> Picture:
    """Return the picture cropped to the inside of a plain border, or unchanged if it has none."""
    box = inside(picture.image, picture.alpha)
    if box is None:
        return picture
    left, top, right, bottom = box
    levels = None if picture.levels is None else picture.levels[top:bottom, left:right]
    alpha = None if picture.alpha is None else _cropped(picture.alpha, box)
    return dataclasses.replace(picture, image=_cropped(picture.image, box), alpha=alpha, levels=levels)


def _cropped(image: Image.Image, box: Box) -> Image.Image:
    """Crop an image through NumPy: Pillow warns of a decompression bomb for a large one."""
    left, top, right, bottom = box
    return Image.fromarray(np.asarray(image)[top:bottom, left:right])


def inside(image: Image.Image, alpha: Image.Image | None = None) -> Box | None:
    """Return the box inside a border of an RGB image, or None unless one colour runs along all four sides.

    A plain sky or wall reaches some sides of a painting, rarely all four, and does not end abruptly. With
    transparency, the border is that of the visible part.
    """
    left, top, right, bottom = (alpha.getbbox() if alpha else None) or (0, 0, *image.size)
    pixels = np.asarray(image)[top:bottom, left:right]
    seen = None if alpha is None else np.asarray(alpha)[top:bottom, left:right] > 0
    widths = [width for width in _widths(pixels, seen) if width is not None]
    if len(widths) < 4:
        return None
    return left + widths[0], top + widths[1], right - widths[2], bottom - widths[3]


def _widths(pixels: np.ndarray, seen: np.ndarray | None) -> list[int | None]:
    """Return the border widths of pixels `(H, W, 3)` at left, top, right, bottom, among `seen` `(H, W)`."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if seen is not None:
        edge = edge[np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])]
    # Compared, not subtracted: a float difference would take eight times the picture's memory.
    colour = np.median(edge, axis=0)
    other = ((pixels < colour - TOLERANCE) | (pixels > colour + TOLERANCE)).any(axis=2)
    if seen is None:
        shares = other.mean(axis=0), other.mean(axis=1)
    else:
        shares = tuple((other & seen).sum(axis=axis) / seen.sum(axis=axis).clip(1) for axis in (0, 1))
    columns, rows = shares
    return [_width(lines) for lines in (columns, rows, columns[::-1], rows[::-1])]


def _width(share: np.ndarray) -> int | None:
    """Return the number of border lines with their soft edge, or None if there is no border.

    `share` is the fraction of each line's pixels with other colours, from the outermost line inwards.
    """
    plain, end = int((share > OUTLIERS).argmax()), int((share >= FILLED).argmax())
    return end + 1 if 0 < plain <= end <= min(plain + SOFT, WIDEST * len(share)) else None
