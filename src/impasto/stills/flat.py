"""Pictures of one flat colour: a photo without shapes and a painting without a manner are refused before the work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impasto.engine.schedule import Size
from impasto.errors import PictureError
from impasto.media.image import Picture
from impasto.media.mask import Mask
from impasto.settings.kinds import MANNER

STILL = 2
"""Levels of 255 by which a photo of one colour may vary: rounding, and what JPEG leaves of noise."""


def check_flat(
    command: str,
    content: Picture | None,
    size: Size,
    styles: Sequence[Picture],
    parts: Sequence[Mask | None],
    masked: bool,
) -> None:
    """Raise PictureError where what can be seen of a photo, or counts of all styles, is of one flat colour.

    A frame of a film may be black, and a layer remembers something of every picture: those are painted. So is a flat sample
    beside others, which takes part of their grain away, or in a region of its own where styles are `masked`.
    """
    if command == "stylize" and content is not None and _spread(content, None) <= STILL:
        raise PictureError(
            f"'{content.name}' is one flat colour, so it has no shapes to paint; 'impasto texture PAINTING --size {size[1]}x{size[0]}' paints the manner alone"
        )
    alone = len(styles) == 1 or not masked
    if (
        command in MANNER
        and styles
        and alone
        and all(_spread(style, part) == 0 for style, part in zip(styles, parts, strict=True))
    ):
        style, part = styles[0], parts[0]
        what = f"'{style.name}'" if part is None else f"the part of '{style.name}' that '{part.name}' shows"
        raise PictureError(
            f"{what} is one flat colour, so it has no manner to paint in; give a picture with brushwork, grain or a pattern"
        )


def _spread(picture: Picture, part: Mask | None) -> int:
    """Return by how many levels of 255 a channel varies at most over what counts; what is under transparency varies no more."""
    pixels = np.asarray(picture.image)
    if part is not None:
        pixels = pixels[part.weights(picture.size)[0, 0].numpy() > 0][:, None]
    return int((pixels.max((0, 1)).astype(int) - pixels.min((0, 1))).max()) if pixels.size else 0
