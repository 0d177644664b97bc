"""Colour transfer: of the photo and the styles before optimisation, and of the result after it.

With `mix`, pixels are interpolated between the colours of the painting and those of the photo.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import (
    chroma,
    grey,
    luma,
    match_histogram,
    match_luma,
    mix,
    palette,
    recolour,
    with_chroma,
)
from impasto.losses.regions import Regions, territory
from impasto.settings import Settings


def coloured(
    content: Tensor,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    regions: Regions,
    settings: Settings,
    shot: Tensor | None = None,
) -> tuple[Tensor, list[Tensor]]:
    """Return the content target and the styles `(1, 3, H, W)` with transferred colours.

    For a frame of a film, colour statistics are those of all frames of the `shot` `(N, 3, H', W')`, so that
    all frames are transformed alike; a region then covers its area in every frame.

    For the colours of the style, the photo is recoloured. For those of the photo, each style is matched to it
    by covariance or histogram (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016,
    section 2), or both are reduced to luma and that of the style is matched to that of the photo (section 3).
    """
    amount = settings.color_amount
    reference = content if shot is None else torch.cat(list(shot), 1)[None]
    areas = [area if area is None or shot is None else _in_each_frame(area, shot) for area in regions.areas]
    target = content
    if settings.recolour and amount < 1:
        target = _recoloured(content, styles, shares, regions, reference, areas)
    target = torch.lerp(content, target, settings.onset)
    if not amount:
        return target, list(styles)
    original = grey(content) if settings.color_method == "luma" else content
    masks = zip(styles, regions.parts, areas, strict=True)
    matched = [_matched(style, reference, part, area, settings.color_method) for style, part, area in masks]
    mixed = [torch.lerp(style, other, amount) for style, other in zip(styles, matched, strict=True)]
    return torch.lerp(target, original, amount), mixed


def judged(picture: Tensor, settings: Settings) -> Tensor:
    """Return the picture as the losses see it: in grey if only the luma is optimised."""
    return grey(picture) if settings.color_method == "luma" and settings.color_amount == 1 else picture


def finished(picture: Tensor, photo: Tensor, settings: Settings) -> Tensor:
    """Return the optimised picture with its share of the photo's chroma, if only the luma was optimised."""
    amount = settings.color_amount
    if not amount or settings.color_method != "luma":
        return picture
    painted = picture.clamp(0, 255)
    # With a mix the styles kept part of their chroma; without one, the chroma of the painting is only noise.
    colour = chroma(photo) * amount + (chroma(painted) if amount < 1 else 0)
    return with_chroma(luma(painted), colour)


def _in_each_frame(mask: Tensor, shot: Tensor) -> Tensor:
    """Return the weights `(1, 1, N * H', W')` of the vertically stacked frames of a shot `(N, 3, H', W')`."""
    return F.interpolate(mask, shot.shape[2:], mode="area").repeat(1, 1, len(shot), 1)


def _recoloured(
    content: Tensor,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    regions: Regions,
    reference: Tensor,
    areas: Sequence[Tensor | None],
) -> Tensor:
    """Transfer the palette of the styles to the photo, or to each region that of its style.

    Areas without a style are unchanged. The source palette is that of the `reference` pixels, weighted by
    `areas`.
    """
    palettes = [palette(style, part) for style, part in zip(styles, regions.parts, strict=True)]
    if not regions.masked:
        return recolour(content, mix(palettes, list(shares)), palette(reference, areas[0]))
    weights = territory(regions.styles, shares)
    result = content * (1 - weights.sum(0))
    for weight, area, target in zip(weights, areas, palettes, strict=True):
        # A region of nearly uniform colour would map neighbouring pixels at its soft edge far out of range.
        result = result + weight * recolour(content, target, palette(reference, area)).clamp(0, 255)
    return result


def _matched(
    style: Tensor, reference: Tensor, part: Tensor | None, area: Tensor | None, method: str
) -> Tensor:
    """Return a style with the colours of the reference, each weighted by its mask."""
    if method == "covariance":
        return recolour(style, palette(reference, area), palette(style, part))
    return (match_luma if method == "luma" else match_histogram)(style, reference, part, area)
