"""What comes of a run: the picture, what made it, and how it goes into a file."""

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
    """The result: an 8-bit image, the settings that made it, and its losses as saved and as of the best step.

    `settings` hold what this machine decided too: threads, plan and convolutions. `losses` are those of the picture as saved,
    rounded to the settings' depth and clipped, in float32, before the photo's chroma is laid over it where the colours are to
    be the photo's; `losses_before_saving` those that the optimiser saw at its best. `pixels`, float32 `(1, 3, H, W)`, and
    `opacity`, `(H, W)`, are the same in 0 to 255 before rounding; `exif` is the photo's. `content_weight` is the one that
    was given, or that which the strength came to in the last scale. `recipe` makes it again.
    """

    image: Image.Image
    settings: Settings
    losses: dict[str, float]
    losses_before_saving: dict[str, float]
    content_weight: float
    seconds: float
    pixels: Tensor = field(
        repr=False
    )  # none of these is for people's eyes, and a notebook would keep them as text
    recipe: Recipe = field(repr=False)
    opacity: Tensor | None = field(default=None, repr=False)
    exif: bytes = field(default=b"", repr=False)

    def _repr_png_(self) -> bytes:
        """Return what a notebook shows: the picture, no larger than a page."""
        return png_of(self.image)

    @property
    def facts(self) -> dict[str, Any]:
        """What there is to tell of it, as plain data."""
        told = ("seconds", "losses", "losses_before_saving", "content_weight")
        return {"width": self.image.width, "height": self.image.height} | {
            name: getattr(self, name) for name in told
        }

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        depth: int | None = None,
        strip: bool = False,
        recipe: bool = True,
        private: bool = False,
    ) -> Path:
        """Write the picture, whole or not at all, in the format of the name's ending; raises OutputError.

        `depth` is 8 or 16 bits a channel, by default that of the settings; `strip` leaves the photo's EXIF out. The file
        carries its recipe, unless `recipe` is false; `private` leaves the names and paths of the inputs out of that.
        """
        kept = self.recipe_for(depth=depth, strip=strip, private=private)
        picture = self.image if kept.settings.depth == 8 else levels_of(self.pixels, self.opacity)
        return save(
            picture,
            path,
            dpi=self.settings.dpi,
            exif=b"" if kept.strip else self.exif,
            recipe=kept.to_text() if recipe else "",
        )

    def recipe_for(self, *, depth: int | None = None, strip: bool = False, private: bool = False) -> Recipe:
        """Return the recipe that a file carries which is saved so."""
        settings = self.recipe.settings if depth is None else self.recipe.settings.with_changes(depth=depth)
        recipe = replace(self.recipe, settings=settings, strip=strip or self.recipe.strip)
        return recipe.without_names() if private else recipe
