"""A painting to learn a look from."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import NamedTuple

from torch import Tensor

from impasto.colour import Palette, palette
from impasto.engine.schedule import fit_long
from impasto.media.border import without_frame
from impasto.media.image import Picture, Source, image_of, load

WORKING = 640
"""Long side in pixels at which paintings are learnt, and photos painted if the brush is 1.

It is the same for every size of the result, so that a look does not change with it.
"""


THUMBNAIL = 160
"""Long side in pixels of the small picture of a painting in its look."""


class Manner(NamedTuple):
    """A painting to learn: pixels `(1, 3, H, W)` at the size of its strokes, and its palette."""

    pixels: Tensor
    colours: Palette

    @classmethod
    def of(cls, pixels: Tensor) -> Manner:
        """Return the manner of a painting."""
        return cls(pixels, palette(pixels))

    @classmethod
    def load(cls, source: Source) -> Manner:
        """Return the manner of a picture file, without a plain frame; raises PictureError."""
        return cls.of_picture(load(source))

    @classmethod
    def of_picture(cls, picture: Picture) -> Manner:
        """Return the manner of an opened picture, without a plain frame."""
        inner = without_frame(picture)
        return cls.of(inner.pixels(fit_long(inner.size, WORKING)))

    def thumbnail(self) -> str:
        """Return a small JPEG of the painting, in base64."""
        image, written = image_of(self.pixels), io.BytesIO()
        image.thumbnail((THUMBNAIL, THUMBNAIL))
        image.save(written, "JPEG", quality=80)
        return b64encode(written.getvalue()).decode("ascii")
