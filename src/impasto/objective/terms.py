"""What an objective is made of: here a new loss is registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.losses import Loss
from impasto.losses.content import Content
from impasto.losses.gram import Gram, moments
from impasto.losses.variation import Range, Variation
from impasto.objective.whole import Whole
from impasto.settings import Settings


def objective_for(encoder: VGG19, content: Tensor, styles: Sequence[Tensor], shares: Sequence[float], settings: Settings) -> Whole:
    """Return the objective for a content picture and styles `(1, 3, H, W)` whose `shares` sum to 1."""
    losses: list[Loss] = []
    with torch.no_grad():
        if settings.content_weight:
            losses += _content(encoder, content, settings)
        if settings.style_weight:
            losses += _style(encoder, styles, shares, settings)
    if settings.tv_weight:
        losses.append(Variation(settings.tv_weight, settings.variation))
    if settings.range_weight:
        losses.append(Range(settings.range_weight))
    return Whole(encoder, losses)


def _content(encoder: VGG19, content: Tensor, settings: Settings) -> Iterator[Loss]:
    maps = encoder(content, [layer.name for layer in settings.content_layers])
    for name, weight in settings.content_layers:
        yield Content.of(maps[name], name, settings.content_weight * weight, settings.losses)


def _style(encoder: VGG19, styles: Sequence[Tensor], shares: Sequence[float], settings: Settings) -> Iterator[Loss]:
    names = [layer.name for layer in settings.style_layers]
    targets: list[dict[str, Tensor]] = []
    for style in styles:
        targets.append({name: moments(feature_map) for name, feature_map in encoder(style, names).items()})
    if settings.blend == "statistics":
        targets = [{name: torch.stack([share * t[name] for share, t in zip(shares, targets, strict=True)]).sum(0) for name in names}]
        shares = [1.0]
    for target, share in zip(targets, shares, strict=True):
        for name, weight in settings.style_layers:
            yield Gram(name, settings.style_weight * weight * share, target[name], settings.losses)
