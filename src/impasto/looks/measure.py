"""What a look reaches on photos: its content and style errors, and the dial from one to the other end."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.colour import recolour
from impasto.encoder.tiles import Tiles
from impasto.encoder.vgg19 import VGG19
from impasto.looks.manner import Manner
from impasto.looks.network import Trunk, painted_fast
from impasto.losses import Loss
from impasto.losses.content import Content
from impasto.losses.gram import Gram
from impasto.losses.moments import moments
from impasto.settings.method import STYLE_LAYERS
from impasto.stills.judge import CONTENT_LAYER, TILE

MIXES = (-1.0, -0.75, -0.5, 0.0, 1.0, 2.0, 3.0)
"""Mixes of the two sets at which a dial is measured; beyond 1 they are exaggerated, and a weave may show."""

GOOD = 0.40
"""Style error on photos that were not trained on, at a strength of 60, that a good look has at most."""


class Reached(NamedTuple):
    """Content and style error, as `judge` defines them, averaged over photos."""

    content: float
    style: float


class Measure:
    """The errors of looks of one manner on `photos` `(1, 3, H, W)`, as `judge` defines them.

    They are those before saving, with the convolutions of the encoder, and so differ from it by a percent.
    """

    @torch.no_grad()
    def __init__(self, encoder: VGG19, manner: Manner, photos: Sequence[Tensor]) -> None:
        self._encoder, self._photos = encoder, list(photos)
        self._starts = [recolour(photo, manner.colours) for photo in photos]
        painted = moments(Tiles(encoder, TILE, _STYLE[-1]), manner.pixels, _STYLE)
        self._grams = [Gram(name, 1.0, painted[name]) for name in _STYLE]
        self._contents = [self._content(start) for start in self._starts]

    @torch.no_grad()
    def reached(self, trunk: Trunk, values: Tensor, mix: float) -> Reached:
        """Return the errors with a mix of two sets of values `(2, VALUES)`."""
        found = []
        for picture, content in zip(self.painted(trunk, values, mix), self._contents_at(mix), strict=True):
            maps = self._encoder(picture, [*_STYLE, CONTENT_LAYER])
            style = sum(_error(gram, maps[gram.layer]) for gram in self._grams)
            found.append((_error(content, maps[CONTENT_LAYER]), style))
        return Reached(*(fmean(column) for column in zip(*found, strict=True)))

    def dial(self, trunk: Trunk, values: Tensor) -> Tensor:
        """Return mixes and the content error of each, `(N, 2)`; those where it does not rise are left out."""
        rows: list[tuple[float, float]] = []
        for mix in MIXES:
            error = 0.0 if mix == MIXES[0] else self._content_of(trunk, values, mix)
            if not rows or error > rows[-1][1]:
                rows.append((mix, error))
        return torch.tensor(rows)

    @torch.no_grad()
    def painted(self, trunk: Trunk, values: Tensor, mix: float) -> list[Tensor]:
        """Return the photos as painted with a mix of two sets of values `(2, VALUES)`."""
        chosen, kept = torch.lerp(values[0], values[1], max(mix, 0.0)), max(0.0, -mix)
        pictures = (painted_fast(start, trunk, chosen) for start in self._starts)
        return [
            torch.lerp(picture, photo, kept).clamp(0, 255)
            for picture, photo in zip(pictures, self._photos, strict=True)
        ]

    @torch.no_grad()
    def _content_of(self, trunk: Trunk, values: Tensor, mix: float) -> float:
        pairs = zip(self.painted(trunk, values, mix), self._contents_at(mix), strict=True)
        maps = ((content, self._encoder(picture, [CONTENT_LAYER])) for picture, content in pairs)
        return fmean(_error(content, found[CONTENT_LAYER]) for content, found in maps)

    def _contents_at(self, mix: float) -> list[Content]:
        """Return the content of each photo, below a mix of 0 as far recoloured as it is then painted."""
        if mix >= 0:
            return self._contents
        pairs = zip(self._starts, self._photos, strict=True)
        return [self._content(torch.lerp(start, photo, -mix)) for start, photo in pairs]

    def _content(self, picture: Tensor) -> Content:
        return Content.of(self._encoder(picture, [CONTENT_LAYER])[CONTENT_LAYER], CONTENT_LAYER, 1.0)


def _error(loss: Loss, feature_map: Tensor) -> float:
    return float(loss.compare(loss.statistic(feature_map), feature_map.shape[2] * feature_map.shape[3]))


_STYLE = [layer.name for layer in STYLE_LAYERS]
