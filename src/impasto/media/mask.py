"""Masks: pictures whose light says how much each place counts."""

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
    """A grey picture, white where all counts and black where nothing does, and the name it came under."""

    image: Image.Image
    name: str = "mask"

    def weights(self, size: tuple[int, int]) -> Tensor:
        """Return the weights at a height and width, float32 `(1, 1, H, W)` in 0 to 1, smoothed by the triangle filter, which cannot ring."""
        image = (
            self.image
            if size == (self.image.height, self.image.width)
            else self.image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
        )
        return torch.from_numpy(np.array(image, dtype=np.float32))[None, None] / 255


def load_mask(source: Source, size: tuple[int, int], of: str) -> Mask | None:
    """Open a mask for the picture `of` of a height and width; None where it is white everywhere, so that nothing depends on it.

    Transparent places count as black. Raises PictureError where it cannot be read, is all black or has another aspect.
    """
    picture = load_as_it_is(source)
    name = picture.name if isinstance(source, np.ndarray | Image.Image) else source
    image = picture.image.convert("L")
    if picture.alpha is not None:
        image = ImageChops.multiply(image, picture.alpha)
    (height, width), (own_height, own_width) = size, picture.size
    # Either of the two may be the other, scaled and rounded to whole pixels.
    if abs(own_width * height - own_height * width) > max(*size, *picture.size):
        raise PictureError(
            f"mask '{name}' of {own_width}x{own_height} px has not the aspect of '{of}', {width}x{height} px; "
            "draw it over that picture, at any scale, without cropping"
        )
    darkest, lightest = image.getextrema()
    if not lightest:
        raise PictureError(
            f"mask '{name}' is empty: all black, so nothing would count; paint white what it is to show"
        )
    return None if darkest == 255 else Mask(image, picture.name)
