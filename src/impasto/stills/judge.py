"""How a result is judged, whatever made it: by relative errors of content and style, and by its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.colour import Palette, distance, lab_palette, mix, palette, recolour
from impasto.encoder import load_encoder
from impasto.encoder.tiles import Tiles, cut
from impasto.encoder.vgg19 import stride
from impasto.engine.schedule import fit_long
from impasto.errors import PictureError
from impasto.losses import combined
from impasto.losses.content import Content
from impasto.losses.gram import Gram
from impasto.losses.moments import moments
from impasto.losses.regions import at_layer
from impasto.media.image import Picture, Source, load
from impasto.stills.masks import opacity_of
from impasto.stills.styles import Style, shares_of, with_weights

CONTENT_LAYER = "conv4_2"
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")

TILE = 1024
"""Pixels of a tile: beside the pictures themselves a large result is judged within 2 GB, to the same numbers."""


@dataclass(frozen=True)
class Judgement:
    """The errors of a result.

    `content` is ‖F−P‖²/‖P‖² at conv4_2 against the recoloured photo, `layers` ‖G−A‖²/‖A‖² of each style layer, `style`
    their sum. `from_style` and `from_content` are the distances of its colours from the paintings' and the photo's, in ΔE
    (CIELAB) as `impasto.colour.distance` has them.
    """

    content: float
    layers: dict[str, float]
    from_style: float
    from_content: float

    @property
    def style(self) -> float:
        """The style error, summed over the layers."""
        return sum(self.layers.values())


@torch.no_grad()
def judge(result: Source, content: Source, style: Style | Sequence[Style]) -> Judgement:
    """Judge a result by the photo and the paintings that it was made from; raises PictureError.

    VGG-19 with average pooling and zero padding in float32; the result in 8 bits, the photo at its size and each painting
    at its long side. The photo has the paintings' mean colour and covariance, and several paintings the weighted mean of
    their statistics. Of pictures with transparency only what can be seen counts.
    """
    styles = with_weights(style)
    shares, picture, photo = (
        shares_of([weight for _, weight in styles]),
        _eight_bits(result),
        _eight_bits(content),
    )
    size = picture.size
    tiles = Tiles(load_encoder(STYLE_LAYERS), TILE, STYLE_LAYERS[-1])
    painted, seen = picture.pixels(size), opacity_of(picture, size)
    _check_size(picture.name, painted, seen)
    manners = [_manner(tiles, source, max(size)) for source, _ in styles]
    found = moments(tiles, painted, STYLE_LAYERS, seen)
    targets = {
        name: torch.stack(
            [share * one.moments[name] for share, one in zip(shares, manners, strict=True)]
        ).sum(0)
        for name in STYLE_LAYERS
    }
    kept, kept_seen = photo.pixels(size), opacity_of(photo, size)
    own, pool = lab_palette(painted, seen), mix([one.lab for one in manners], shares)
    return Judgement(
        content=_content(
            tiles, painted, kept, mix([one.colours for one in manners], shares), (seen, kept_seen)
        ),
        layers={name: float(Gram(name, 1.0, targets[name]).compare(found[name], 1)) for name in STYLE_LAYERS},
        from_style=distance(own, pool),
        from_content=distance(own, lab_palette(kept, kept_seen)),
    )


class _Manner(NamedTuple):
    """What is measured of a painting: its colours as they are and in CIELAB, and the moments of its layers."""

    colours: Palette
    lab: Palette
    moments: dict[str, Tensor]


def _manner(tiles: Tiles, source: Source, side: int) -> _Manner:
    painting = _eight_bits(source)
    size = fit_long(painting.size, side)
    pixels, seen = painting.pixels(size), opacity_of(painting, size)
    _check_size(painting.name, pixels, seen)
    return _Manner(
        palette(pixels, seen), lab_palette(pixels, seen), moments(tiles, pixels, STYLE_LAYERS, seen)
    )


def _content(
    tiles: Tiles,
    painted: Tensor,
    kept: Tensor,
    target: Palette,
    opacities: tuple[Tensor | None, Tensor | None],
) -> float:
    """Return the content error, added up over tiles: the maps of a large picture would take gigabytes."""
    own, visible = palette(kept, opacities[1]), at_layer(combined(*opacities), CONTENT_LAYER)
    error, energy, at = 0.0, 0.0, stride(CONTENT_LAYER)
    for rows, columns in tiles.of(painted):
        photo = recolour(cut(kept, rows, columns), target, own)
        wanted, found = (
            next(tiles.walk(part, [CONTENT_LAYER], rows, columns))[1]
            for part in (photo, cut(painted, rows, columns))
        )
        emphasis = None if visible is None else visible[:, :, rows.of_whole(at), columns.of_whole(at)]
        loss = Content.of(wanted, CONTENT_LAYER, 1.0, emphasis=emphasis)
        error, energy = error + float(loss.statistic(found)), energy + loss.energy
    return error / max(energy, 1e-12)


def _eight_bits(source: Source) -> Picture:
    return replace(load(source), levels=None)


def _check_size(name: str, pixels: Tensor, visible: Tensor | None) -> None:
    height, width = pixels.shape[2:]
    least = stride(STYLE_LAYERS[-1])
    if min(height, width) < least:
        raise PictureError(
            f"'{name}' at {width}x{height} px is too small to be judged by {STYLE_LAYERS[-1]}, which needs {least} px a side"
        )
    if visible is not None and not at_layer(visible, STYLE_LAYERS[-1]).any():  # type: ignore[union-attr]
        raise PictureError(
            f"too little of '{name}' can be seen at {width}x{height} px to be judged by {STYLE_LAYERS[-1]}"
        )
