"""What an objective is made of: here a new loss is registered."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.losses import Loss, combined, wide
from impasto.losses.activation import Activation
from impasto.losses.content import Content, evenly
from impasto.losses.gram import Gram
from impasto.losses.held import Held, excess, weight_of
from impasto.losses.spectrum import Spectrum
from impasto.losses.temporal import Temporal
from impasto.losses.variation import Range, Variation
from impasto.objective.moment import Moment
from impasto.objective.regions import Regions, at_layer, territory
from impasto.objective.targets import Targets
from impasto.objective.tiled import Tiled
from impasto.objective.tiles import Tiles
from impasto.objective.whole import Whole
from impasto.settings import Settings
from impasto.settings.layers import LAYERS, Layer

Objective = Whole | Tiled

PROTECTED = 0.4
"""The part of the strength that protected places are held to, beside the whole picture, which is held to all of it.

Were their error only to count for more in one limit, the rest of the picture would give way until the mean was the same.
"""

FEW = 64
"""Positions of a layer at which its statistics of a fresh place count by half: of fewer they are mostly chance, which no painting could mend."""


def objective_for(
    encoder: VGG19,
    content: Tensor | None,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    settings: Settings,
    tile: int = 0,
    until: str = "",
    regions: Regions | None = None,
    carried: Mapping[str, float] | None = None,
    targets: Targets | None = None,
    size: tuple[int, int] = (0, 0),
    moment: Moment | None = None,
) -> Objective:
    """Return the objective for a content picture and styles `(1, 3, H, W)`, either of which there may be none of.

    The styles' `shares` sum to 1, and each has its region where there are any. A picture that is `tileable` repeats; what
    it is compared with does not. Only the spectrum asks for the `size`, height and width, of what is painted. Of a film it
    is one `moment`.

    `carried` are the `excesses` at which the scale before came to rest. With a `tile` in pixels the layers up to `until`
    are computed in tiles, and so are the targets of all; those of styles are taken from `targets` where they are there.
    """
    deepest = max(layers_read(settings, content is not None, bool(styles)), key=LAYERS.index)
    tiles = Tiles(encoder, tile or sys.maxsize, deepest)
    regions = regions or Regions.everywhere(len(styles))
    losses: list[Loss] = []
    with torch.no_grad():
        if content is not None and settings.excited:
            losses.append(_excited(tiles, content, *settings.excited, regions.visible))
        elif content is not None and (settings.content_weight or settings.strength is not None):
            losses += _content(tiles, content, settings, regions, carried or {}, moment.slopes if moment else {})
        if styles and settings.style_weight and settings.onset:
            losses += _style(tiles, styles, shares, settings, regions, targets or Targets(), moment.fresh if moment and settings.fresh_weight else None)
    if settings.spectrum_weight and not regions.masked:
        samples = zip(styles, shares, regions.parts, strict=True)
        losses += [Spectrum.of(style, size, settings.spectrum_weight * share, part) for style, share, part in samples]
    if moment is not None and settings.temporal_weight:
        losses += [Temporal(settings.temporal_weight, picture, weights, settings.losses) for picture, weights in moment.before]
    if settings.tv_weight:
        losses.append(Variation(settings.tv_weight, settings.variation, repeats=settings.tileable))
    if settings.range_weight:
        losses.append(Range(settings.range_weight))
    painted = encoder.padded("circular") if settings.tileable else encoder
    return Tiled(Tiles(painted, tile, until or deepest), losses) if tile else Whole(painted, losses)


def layers_read(settings: Settings, content: bool, styles: bool) -> list[str]:
    """Return the layers that are read where there is a content picture, and where there are styles."""
    if content and settings.excited:
        return [settings.excited[0].name]
    return [layer.name for layer in (*(settings.content_layers if content else ()), *(settings.style_layers if styles else ()))]


def excesses(losses: Mapping[str, float], settings: Settings, carried: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each held error among `losses`, by its name and layer, lies above where its penalty ends."""
    limits = {f"{name} {layer.name}": limit for name, limit in _limits(settings).items() for layer in settings.content_layers}
    return {key: excess(losses[key], limit, carried.get(key, 0.0)) for key, limit in limits.items() if key in losses}


def slopes(excesses: Mapping[str, float], settings: Settings) -> dict[str, float]:
    """Return the weights of content that excesses stand for, by name and layer."""
    limits = _limits(settings)
    return {key: weight_of(value, limits[key.split()[0]]) for key, value in excesses.items()}


def still_held(excesses: Mapping[str, float], before: Settings, now: Settings) -> dict[str, float]:
    """Return those excesses whose limits other settings leave as they were: what was found out about one limit says nothing of another."""
    same = dict(_limits(before).items() & _limits(now).items())
    return {key: value for key, value in excesses.items() if key.split()[0] in same}


def _limits(settings: Settings) -> dict[str, float]:
    """Return what each kind of content error is held to, in so far as there is a strength: of the whole, of protected places, and of every place alike."""
    if settings.strength is None:
        return {}
    strength = settings.strength / 100
    return {"content": strength, "protected": PROTECTED * strength, **({"calm": settings.calm * strength} if settings.calm else {})}


def _content(tiles: Tiles, content: Tensor, settings: Settings, regions: Regions, carried: Mapping[str, float], slopes: Mapping[str, float]) -> Iterator[Loss]:
    maps, limits = tiles.whole(content, [layer.name for layer in settings.content_layers]), _limits(settings)
    for layer, weight in settings.content_layers:
        mask, emphasis, visible = (at_layer(one, layer) for one in (regions.content, regions.emphasis, regions.visible))
        if settings.strength is None:
            every = combined(emphasis, visible)
            yield Content.of(maps[layer], layer, (settings.content_weight or 0.0) * weight, settings.losses, mask, every)
            continue
        kinds: dict[str, Tensor | None] = {"content": None}
        if emphasis is not None:
            kinds["protected"] = emphasis - 1
        if settings.calm:
            kinds["calm"] = evenly(maps[layer])
        for name, counted in kinds.items():
            kept = Content.of(maps[layer], layer, weight, mask=mask, emphasis=combined(counted, visible))
            key = f"{name} {layer}"
            yield Held(kept, limits[name], carried.get(key, 0.0), target=name == "content", slope=slopes.get(key), name=name)


def _excited(tiles: Tiles, content: Tensor, layer: Layer, channel: int, visible: Tensor | None) -> Activation:
    """Return the loss of a picture that is to excite a filter more than the content picture does; as a whole layer does where that leaves it silent."""
    feature_map, mask = tiles.whole(content, [layer.name])[layer.name], at_layer(visible, layer.name)
    if mask is not None:
        feature_map = wide(feature_map) * (mask / mask.mean())
    reference = float(feature_map[:, channel].mean()) or float(feature_map.mean())
    return Activation.of(layer.name, layer.weight, channel, max(reference, 1e-6), mask)


def _style(
    tiles: Tiles, styles: Sequence[Tensor], shares: Sequence[float], settings: Settings, regions: Regions, kept: Targets, fresh: Tensor | None
) -> Iterator[Loss]:
    """Yield the styles' losses: over the whole picture, or each over its region; and over what is `fresh`, as of a picture of its own.

    All the rest of a film's frame has the painting's statistics already, so that the whole would hardly miss them there.
    """
    names = [layer.name for layer in settings.style_layers]
    targets = [kept.moments(tiles, style, names, part) for style, part in zip(styles, regions.parts, strict=True)]
    if regions.masked:
        yield from _guided(targets, shares, settings, regions)
        return
    if settings.blend == "statistics":
        targets = [{name: torch.stack([share * t[name] for share, t in zip(shares, targets, strict=True)]).sum(0) for name in names}]
        shares = [1.0]
    for target, share in zip(targets, shares, strict=True):
        for name, weight in settings.style_layers:
            force = settings.style_weight * settings.onset * weight * share
            yield Gram.guided(name, force, target[name], settings.losses, at_layer(regions.visible, name))
            if fresh is not None and (mask := at_layer(fresh, name)) is not None and mask.any():
                alone = Gram.guided(name, settings.fresh_weight * force * float(fresh.mean()), target[name], settings.losses, mask)
                yield dataclasses.replace(alone, name="fresh", weight=alone.weight * alone.mask_sum / (alone.mask_sum + FEW))


def _guided(targets: Sequence[dict[str, Tensor]], shares: Sequence[float], settings: Settings, regions: Regions) -> Iterator[Loss]:
    """Yield each style's losses over its own region.

    Differs from the paper: a region's loss counts by the part of the picture that is its own, for its error is relative:
    a small region would be painted with as much force as the whole, and the content would give way there.
    """
    parts = regions.parts_of_visible(territory(regions.styles, shares))
    for target, area, part in zip(targets, regions.areas, parts, strict=True):
        for name, weight in settings.style_layers:
            force = settings.style_weight * settings.onset * weight * part
            yield Gram.guided(name, force, target[name], settings.losses, at_layer(area, name))
