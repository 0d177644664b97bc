"""Detection of pictures of one flat colour, which have neither content nor style."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from impasto.engine.schedule import Size
from impasto.errors import PictureError, option
from impasto.media.image import Picture
from impasto.media.mask import Mask
from impasto.settings.kinds import MANNER

STILL = 2
"""Range of levels (of 255) within which a photo counts as flat, for rounding and JPEG noise."""


def check_flat(
    command: str,
    content: Picture | None,
    size: Size,
    styles: Sequence[Picture],
    parts: Sequence[Mask | None],
    masked: bool,
) -> None:
    """Raise PictureError if the visible part of the photo, or the used parts of all styles, are flat.

    Frames of a film may be flat, as may the input of a reconstruction. A flat style is valid if another one
    is not flat, since it reduces the grain, or in a region of several `masked` styles.
    """
    if command == "stylize" and content is not None and _spread(content, None) <= STILL:
        raise PictureError(
            f"'{content.name}' is one flat colour, so it has no content to stylize",
            f"paint the style alone, as a texture of {option('size')} {size[1]}x{size[0]}",
        )
    if command not in MANNER or not styles or (len(styles) > 1 and masked):
        return
    if all(_spread(style, part) == 0 for style, part in zip(styles, parts, strict=True)):
        style, part = styles[0], parts[0]
        what = f"'{style.name}'" if part is None else f"the part of '{style.name}' that '{part.name}' shows"
        raise PictureError(
            f"{what} is one flat colour, so it has no style to transfer; "
            "use a picture with brushwork, grain or a pattern"
        )


def _spread(picture: Picture, part: Mask | None) -> int:
    """Return the largest range of a channel within a mask, in levels of 255, ignoring transparent pixels."""
    pixels = np.asarray(picture.image)
    if part is not None:
        pixels = pixels[part.weights(picture.size)[0, 0].numpy() > 0][:, None]
    return int((pixels.max((0, 1)).astype(int) - pixels.min((0, 1))).max()) if pixels.size else 0
