"""The result of a run: the picture, its settings and losses, and saving it to a file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from impasto.media.image import levels_of, save
from impasto.media.shown import png_of
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings


@dataclass(frozen=True)
class Pastiche:
    """The result of a run: an 8-bit image with its settings, losses and recipe.

    `settings` include the choices of this machine: threads, plan and convolutions. `losses` are those of the
    picture as saved, in float32, rounded to the settings' depth and clipped, before adding the chroma of the
    photo if its colours are kept; `losses_before_saving` are the best of the optimiser. `pixels`, float32
    `(1, 3, H, W)`, and `opacity`, `(H, W)`, are in 0 to 255 before rounding; `exif` is that of the photo.
    `content_weight` is as given, or as derived from the strength in the last scale. `recipe` reproduces the
    result.
    """

    image: Image.Image
    settings: Settings
    losses: dict[str, float]
    losses_before_saving: dict[str, float]
    content_weight: float
    seconds: float
    # Large fields are not in the repr, which notebooks store as text.
    pixels: Tensor = field(repr=False)
    recipe: Recipe = field(repr=False)
    opacity: Tensor | None = field(default=None, repr=False)
    exif: bytes = field(default=b"", repr=False)

    def _repr_png_(self) -> bytes:
        """Return a PNG for notebooks, downscaled to the width of a page."""
        return png_of(self.image)

    @property
    def facts(self) -> dict[str, Any]:
        """Size, seconds, losses and content weight, as plain data."""
        names = ("seconds", "losses", "losses_before_saving", "content_weight")
        size = {"width": self.image.width, "height": self.image.height}
        return size | {name: getattr(self, name) for name in names}

    @property
    def unread(self) -> list[str]:
        """Empty: a picture is read as a whole or not at all."""
        return []

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        depth: int | None = None,
        strip: bool = False,
        recipe: bool = True,
        private: bool = False,
        replace: bool = True,
    ) -> Path:
        """Save the picture atomically, in the format of the file extension; raises OutputError.

        `depth` is 8 or 16 bits per channel, by default that of the settings; `strip` omits the photo's EXIF.
        The file contains the recipe unless `recipe` is false; `private` omits the names and paths of the
        inputs from it. A picture at `path` is replaced in any case: `replace` is for folders of frames.
        """
        stored = self.recipe_for(depth=depth, strip=strip, private=private)
        picture = self.image if stored.settings.depth == 8 else levels_of(self.pixels, self.opacity)
        return save(
            picture,
            path,
            dpi=self.settings.dpi,
            exif=b"" if stored.strip else self.exif,
            recipe=stored.to_text() if recipe else "",
        )

    def recipe_for(self, *, depth: int | None = None, strip: bool = False, private: bool = False) -> Recipe:
        """Return the recipe that `save` stores with these arguments."""
        settings = self.recipe.settings if depth is None else self.recipe.settings.with_changes(depth=depth)
        recipe = replace(self.recipe, settings=settings, strip=strip or self.recipe.strip)
        return recipe.without_names() if private else recipe
