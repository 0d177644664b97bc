"""A plain frame around a picture, such as a scan's white border: found, and left out."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from impasto.media.image import Picture

TOLERANCE = 16
"""Levels by which a frame's pixels may differ from its colour: paper is not even, and JPEG rings beside an edge."""

OUTLIERS = 0.02
"""The part of a line's pixels that may be of other colours: dust, and a line of the picture that reaches out."""

WIDEST = 0.15
"""The part of a side that a frame takes at most; more than that is empty space that the painter meant."""

FILLED = 0.5
"""The part of a line's pixels that are of other colours where a frame has ended. A drawing on white paper begins bit by bit."""

SOFT = 8
"""Lines over which a frame may end: JPEG blurs its edge by as much."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, the last two outside."""


def without_frame(picture: Picture) -> Picture:
    """Return the picture inside a plain frame, or the same one where there is none."""
    box = inside(picture.image, picture.alpha)
    if box is None:
        return picture
    left, top, right, bottom = box
    levels = None if picture.levels is None else picture.levels[top:bottom, left:right]
    alpha = None if picture.alpha is None else _cropped(picture.alpha, box)
    return dataclasses.replace(picture, image=_cropped(picture.image, box), alpha=alpha, levels=levels)


def _cropped(image: Image.Image, box: Box) -> Image.Image:
    """Return the part of an image, by NumPy: Pillow would warn of a large one as if it were a bomb."""
    left, top, right, bottom = box
    return Image.fromarray(np.asarray(image)[top:bottom, left:right])


def inside(image: Image.Image, alpha: Image.Image | None = None) -> Box | None:
    """Return what a frame leaves of an RGB image, or None where no band of one colour runs along all four of its sides.

    A sky or a wall of one colour reaches some sides of a painting, seldom all: only a frame goes around, and ends at once.
    Of an image with transparency it is what can be seen that has a frame.
    """
    left, top, right, bottom = (alpha.getbbox() if alpha else None) or (0, 0, *image.size)
    pixels = np.asarray(image)[top:bottom, left:right]
    seen = None if alpha is None else np.asarray(alpha)[top:bottom, left:right] > 0
    widths = [width for width in _widths(pixels, seen) if width is not None]
    if len(widths) < 4:
        return None
    return left + widths[0], top + widths[1], right - widths[2], bottom - widths[3]


def _widths(pixels: np.ndarray, seen: np.ndarray | None) -> list[int | None]:
    """Return how wide a frame of pixels `(H, W, 3)` is at the left, the top, the right and the bottom, by those that are `seen` `(H, W)`."""
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if seen is not None:
        edge = edge[np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])]
    # Compared, not subtracted: a difference in floats would take eight times the picture's memory.
    colour = np.median(edge, axis=0)
    other = ((pixels < colour - TOLERANCE) | (pixels > colour + TOLERANCE)).any(axis=2)
    if seen is None:
        shares = other.mean(axis=0), other.mean(axis=1)
    else:
        shares = tuple((other & seen).sum(axis=axis) / seen.sum(axis=axis).clip(1) for axis in (0, 1))
    columns, rows = shares
    return [_width(lines) for lines in (columns, rows, columns[::-1], rows[::-1])]


def _width(share: np.ndarray) -> int | None:
    """Return how many lines, counted from the first, belong to the frame and its soft edge, by each line's part of other colours.

    None where there is no frame.
    """
    plain, end = int((share > OUTLIERS).argmax()), int((share >= FILLED).argmax())
    return end + 1 if 0 < plain <= end <= min(plain + SOFT, WIDEST * len(share)) else None
