"""Evaluation of a result, whatever made it: relative content and style errors, and colour distances."""

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
"""Side of a tile in pixels; keeps memory below 2 GB plus the pictures, without changing the result."""


@dataclass(frozen=True)
class Judgement:
    """The errors of a result.

    `content` is ‖F−P‖²/‖P‖² at conv4_2 relative to the recoloured photo, `layers` are ‖G−A‖²/‖A‖² of the
    style layers, and `style` is their sum. `from_style` and `from_content` are the distances of its colours
    to those of the paintings and the photo, in ΔE (CIELAB), by `impasto.colour.distance`.
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
    """Evaluate a result relative to its photo and paintings; raises PictureError if one is too small.

    Uses VGG-19 with average pooling and zero padding in float32, on the result in 8 bits, the photo at its
    size and each painting at its long side. The photo is recoloured to the paintings' mean colour and
    covariance; statistics of several paintings are averaged by weight. Transparent pixels are ignored.
    """
    styles = with_weights(style)
    shares = shares_of([weight for _, weight in styles])
    picture, photo = eight_bits(result), eight_bits(content)
    size = picture.size
    tiles = Tiles(load_encoder(STYLE_LAYERS), TILE, STYLE_LAYERS[-1])
    pixels, opacity = picture.pixels(size), opacity_of(picture, size)
    _check_size(picture.name, pixels, opacity)
    paintings = [_measured(tiles, source, max(size)) for source, _ in styles]
    found = moments(tiles, pixels, STYLE_LAYERS, opacity)
    targets = {}
    for name in STYLE_LAYERS:
        weighted = [share * one.moments[name] for share, one in zip(shares, paintings, strict=True)]
        targets[name] = torch.stack(weighted).sum(0)
    photo_pixels, photo_opacity = photo.pixels(size), opacity_of(photo, size)
    colours = mix([one.colours for one in paintings], shares)
    lab, lab_target = lab_palette(pixels, opacity), mix([one.lab for one in paintings], shares)
    return Judgement(
        content=_content(tiles, pixels, photo_pixels, colours, (opacity, photo_opacity)),
        layers={name: float(Gram(name, 1.0, targets[name]).compare(found[name], 1)) for name in STYLE_LAYERS},
        from_style=distance(lab, lab_target),
        from_content=distance(lab, lab_palette(photo_pixels, photo_opacity)),
    )


class _Measured(NamedTuple):
    """Statistics of a painting: its palettes in RGB and CIELAB, and the moments of its feature maps."""

    colours: Palette
    lab: Palette
    moments: dict[str, Tensor]


def _measured(tiles: Tiles, source: Source, side: int) -> _Measured:
    painting = eight_bits(source)
    size = fit_long(painting.size, side)
    pixels, opacity = painting.pixels(size), opacity_of(painting, size)
    _check_size(painting.name, pixels, opacity)
    statistics = moments(tiles, pixels, STYLE_LAYERS, opacity)
    return _Measured(palette(pixels, opacity), lab_palette(pixels, opacity), statistics)


def _content(
    tiles: Tiles,
    result: Tensor,
    photo: Tensor,
    target: Palette,
    opacities: tuple[Tensor | None, Tensor | None],
) -> float:
    """Return the content error, summed over tiles, since the maps of a large picture take gigabytes."""
    colours, visible = palette(photo, opacities[1]), at_layer(combined(*opacities), CONTENT_LAYER)
    error, energy, at = 0.0, 0.0, stride(CONTENT_LAYER)
    for rows, columns in tiles.of(result):
        recoloured = recolour(cut(photo, rows, columns), target, colours)
        expected, found = (
            next(tiles.walk(part, [CONTENT_LAYER], rows, columns))[1]
            for part in (recoloured, cut(result, rows, columns))
        )
        emphasis = None if visible is None else visible[:, :, rows.of_whole(at), columns.of_whole(at)]
        loss = Content.of(expected, CONTENT_LAYER, 1.0, emphasis=emphasis)
        error, energy = error + float(loss.statistic(found)), energy + loss.energy
    return error / max(energy, 1e-12)


def eight_bits(source: Source) -> Picture:
    """Return a picture as it looks when saved in 8 bits; raises PictureError."""
    return replace(load(source), levels=None)


def _check_size(name: str, pixels: Tensor, visible: Tensor | None) -> None:
    height, width = pixels.shape[2:]
    least = stride(STYLE_LAYERS[-1])
    if min(height, width) < least:
        raise PictureError(
            f"'{name}' at {width}x{height} px is too small to evaluate: "
            f"{STYLE_LAYERS[-1]} needs {least} px a side"
        )
    if visible is not None and not at_layer(visible, STYLE_LAYERS[-1]).any():  # type: ignore[union-attr]
        raise PictureError(
            f"too little of '{name}' is visible at {width}x{height} px to evaluate {STYLE_LAYERS[-1]}"
        )
