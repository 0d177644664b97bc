"""How a result is judged, whatever made it: by relative errors of content and style, and by its colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impasto.colour import distance, lab, mix, palette, recolour
from impasto.encoder import load_encoder
from impasto.encoder.tiles import Tiles
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
"""Pixels of a tile: a large result is judged within 2 GB, to the same numbers."""


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
    shares, picture, photo = shares_of([weight for _, weight in styles]), _eight_bits(result), _eight_bits(content)
    paintings = [_eight_bits(source) for source, _ in styles]
    size = picture.size
    tiles = Tiles(load_encoder(STYLE_LAYERS), TILE, STYLE_LAYERS[-1])
    painted, kept = picture.pixels(size), photo.pixels(size)
    seen, kept_seen = opacity_of(picture, size), opacity_of(photo, size)
    sizes = [fit_long(painting.size, max(size)) for painting in paintings]
    manners = [painting.pixels(own) for painting, own in zip(paintings, sizes, strict=True)]
    parts = [opacity_of(painting, own) for painting, own in zip(paintings, sizes, strict=True)]
    _check_size(picture.name, painted, seen)
    for painting, manner, part in zip(paintings, manners, parts, strict=True):
        _check_size(painting.name, manner, part)
    target = recolour(kept, mix(list(map(palette, manners, parts)), shares), palette(kept, kept_seen))
    found = moments(tiles, painted, STYLE_LAYERS, seen)
    wanted = [moments(tiles, manner, STYLE_LAYERS, part) for manner, part in zip(manners, parts, strict=True)]
    targets = {name: torch.stack([share * one[name] for share, one in zip(shares, wanted, strict=True)]).sum(0) for name in STYLE_LAYERS}
    own = palette(lab(painted), seen)
    pool = mix([palette(lab(manner), part) for manner, part in zip(manners, parts, strict=True)], shares)
    visible = combined(kept_seen, seen)
    return Judgement(
        content=_content(tiles, painted, target, visible),
        layers={name: float(Gram(name, 1.0, targets[name]).compare(found[name], 1)) for name in STYLE_LAYERS},
        from_style=distance(own, pool),
        from_content=distance(own, palette(lab(kept), kept_seen)),
    )


def _content(tiles: Tiles, painted: Tensor, target: Tensor, visible: Tensor | None) -> float:
    maps = [tiles.whole(pixels, [CONTENT_LAYER])[CONTENT_LAYER] for pixels in (target, painted)]
    kept = Content.of(maps[0], CONTENT_LAYER, 1.0, emphasis=at_layer(visible, CONTENT_LAYER))
    return float(kept.compare(kept.statistic(maps[1]), 1))


def _eight_bits(source: Source) -> Picture:
    return replace(load(source), levels=None)


def _check_size(name: str, pixels: Tensor, visible: Tensor | None) -> None:
    height, width = pixels.shape[2:]
    least = stride(STYLE_LAYERS[-1])
    if min(height, width) < least:
        raise PictureError(f"'{name}' at {width}x{height} px is too small to be judged by {STYLE_LAYERS[-1]}, which needs {least} px a side")
    if visible is not None and not at_layer(visible, STYLE_LAYERS[-1]).any():  # type: ignore[union-attr]
        raise PictureError(f"too little of '{name}' can be seen at {width}x{height} px to be judged by {STYLE_LAYERS[-1]}")
