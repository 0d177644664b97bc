"""What an objective is made of: here a new loss is registered."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.fields import LAYERS
from impasto.losses import Loss
from impasto.losses.content import Content
from impasto.losses.gram import Gram
from impasto.losses.held import Held
from impasto.losses.variation import Range, Variation
from impasto.objective.regions import Regions, at_layer, territory
from impasto.objective.tiled import Tiled
from impasto.objective.tiles import Tiles
from impasto.objective.whole import Whole
from impasto.settings import Settings

Objective = Whole | Tiled

PROTECTED = 0.4
"""The part of the strength that protected places are held to, beside the whole picture, which is held to all of it.

Were their error only to count for more in one limit, the rest of the picture would give way until the mean was the same.
"""


def objective_for(
    encoder: VGG19,
    content: Tensor,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    settings: Settings,
    tile: int = 0,
    until: str = "",
    regions: Regions | None = None,
) -> Objective:
    """Return the objective for a content picture and styles `(1, 3, H, W)` whose `shares` sum to 1, each in its region where there are any.

    With a `tile` in pixels the layers up to `until` are computed in tiles, and so are the targets of all.
    """
    deepest = max((layer.name for layer in (*settings.content_layers, *settings.style_layers)), key=LAYERS.index)
    tiles = Tiles(encoder, tile or sys.maxsize, deepest)
    regions = regions or Regions.everywhere(len(styles))
    losses: list[Loss] = []
    with torch.no_grad():
        if settings.content_weight or settings.strength is not None:
            losses += _content(tiles, content, settings, regions)
        if settings.style_weight and settings.onset:
            losses += _style(tiles, styles, shares, settings, regions)
    if settings.tv_weight:
        losses.append(Variation(settings.tv_weight, settings.variation))
    if settings.range_weight:
        losses.append(Range(settings.range_weight))
    return Tiled(Tiles(encoder, tile, until or deepest), losses) if tile else Whole(encoder, losses)


def _content(tiles: Tiles, content: Tensor, settings: Settings, regions: Regions) -> Iterator[Loss]:
    maps = tiles.whole(content, [layer.name for layer in settings.content_layers])
    for name, weight in settings.content_layers:
        mask, emphasis = at_layer(regions.content, name), at_layer(regions.emphasis, name)
        if settings.strength is not None:
            yield Held(Content.of(maps[name], name, weight, mask=mask), settings.strength / 100)
            if emphasis is not None:
                protected = Content.of(maps[name], name, weight, mask=mask, emphasis=emphasis - 1)
                yield Held(protected, PROTECTED * settings.strength / 100, "protected")
            continue
        yield Content.of(maps[name], name, (settings.content_weight or 0.0) * weight, settings.losses, mask, emphasis)


def _style(tiles: Tiles, styles: Sequence[Tensor], shares: Sequence[float], settings: Settings, regions: Regions) -> Iterator[Loss]:
    names = [layer.name for layer in settings.style_layers]
    targets = [tiles.moments(style, names, part) for style, part in zip(styles, regions.parts, strict=True)]
    if regions.masked:
        yield from _guided(targets, shares, settings, regions)
        return
    if settings.blend == "statistics":
        targets = [{name: torch.stack([share * t[name] for share, t in zip(shares, targets, strict=True)]).sum(0) for name in names}]
        shares = [1.0]
    for target, share in zip(targets, shares, strict=True):
        for name, weight in settings.style_layers:
            yield Gram(name, settings.style_weight * settings.onset * weight * share, target[name], settings.losses)


def _guided(targets: Sequence[dict[str, Tensor]], shares: Sequence[float], settings: Settings, regions: Regions) -> Iterator[Loss]:
    """Yield each style's losses over its own region.

    Differs from the paper: a region's loss counts by the part of the picture that is its own, for its error is relative:
    a small region would be painted with as much force as the whole, and the content would give way there.
    """
    parts = territory(regions.styles, shares).mean((1, 2, 3)).tolist()
    for target, mask, part in zip(targets, regions.styles, parts, strict=True):
        for name, weight in settings.style_layers:
            force, guide = settings.style_weight * settings.onset * weight * part, at_layer(mask, name)
            if guide is None:
                yield Gram(name, force, target[name], settings.losses)
            else:
                yield Gram.guided(name, force, target[name], settings.losses, guide)
