"""Masks: greyscale pictures that weight each place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageChops
from torch import Tensor

from impasto.errors import PictureError
from impasto.media.image import Source, load_as_it_is


@dataclass(frozen=True)
class Mask:
    """A greyscale weight map, white for full weight and black for none, and its name."""

    image: Image.Image
    name: str = "mask"

    def weights(self, size: tuple[int, int]) -> Tensor:
        """Return the weights at a height and width, float32 `(1, 1, H, W)` in 0 to 1.

        Resized by the bilinear filter, which does not overshoot.
        """
        image = self.image
        if size != (image.height, image.width):
            image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(image, dtype=np.float32))[None, None] / 255


def load_mask(source: Source, size: tuple[int, int], of: str) -> Mask | None:
    """Open a mask for the picture `of` with a height and width; None if it is entirely white.

    Transparent parts count as black. Raises PictureError if it cannot be read, is all black or has another
    aspect ratio.
    """
    picture = load_as_it_is(source)
    name = picture.name if isinstance(source, np.ndarray | Image.Image) else source
    image = picture.image.convert("L")
    if picture.alpha is not None:
        image = ImageChops.multiply(image, picture.alpha)
    (height, width), (mask_height, mask_width) = size, picture.size
    # Either may be a scaled copy of the other, rounded to whole pixels.
    if abs(mask_width * height - mask_height * width) > max(*size, *picture.size):
        raise PictureError(
            f"mask '{name}' of {mask_width}x{mask_height} px does not have the aspect of "
            f"'{of}', {width}x{height} px; "
            "draw it over that picture, at any scale, without cropping"
        )
    darkest, lightest = image.getextrema()
    if not lightest:
        raise PictureError(
            f"mask '{name}' is all black, so nothing would count; paint white what it is to select"
        )
    return None if darkest == 255 else Mask(image, picture.name)
