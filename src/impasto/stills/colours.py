"""Whose colours a painting has: what photo and styles are given before the work, and the result after it.

With `mix` all is moved part of the way, pixel by pixel, from the painting's colours to the photo's own.
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
    """Return the content target and the styles `(1, 3, H, W)` in the colours in which they are to be painted.

    Of a film's frame it is the pixels of all frames of the `shot` `(N, 3, H', W')` whose colours count, so that all of them
    are moved alike; a region is then what of every frame lies in it.

    For the painting's colours the photo is recoloured. For the photo's own it stays, and each style comes to it, by
    covariance or by histogram (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016, section 2); or
    both lose their chroma, and the style's luma comes to the photo's (the same, section 3).
    """
    amount = settings.color_amount
    counted = content if shot is None else torch.cat(list(shot), 1)[None]
    areas = [area if area is None or shot is None else _in_each_frame(area, shot) for area in regions.areas]
    target = (
        _recoloured(content, styles, shares, regions, counted, areas)
        if settings.recolour and amount < 1
        else content
    )
    target = torch.lerp(content, target, settings.onset)
    if not amount:
        return target, list(styles)
    own = grey(content) if settings.color_method == "luma" else content
    masks = zip(styles, regions.parts, areas, strict=True)
    matched = [_matched(style, counted, part, area, settings.color_method) for style, part, area in masks]
    return torch.lerp(target, own, amount), [
        torch.lerp(style, other, amount) for style, other in zip(styles, matched, strict=True)
    ]


def judged(picture: Tensor, settings: Settings) -> Tensor:
    """Return the picture as the losses are to see it: in grey where the painting gives nothing but the luma."""
    return grey(picture) if settings.color_method == "luma" and settings.color_amount == 1 else picture


def finished(picture: Tensor, photo: Tensor, settings: Settings) -> Tensor:
    """Return the painted picture with the photo's chroma over its luma, by its part, where it was painted without."""
    amount = settings.color_amount
    if not amount or settings.color_method != "luma":
        return picture
    painted = picture.clamp(0, 255)
    # Of the painting's chroma its part was left in the styles; a whole part of the photo's leaves none but noise.
    colour = chroma(photo) * amount + (chroma(painted) if amount < 1 else 0)
    return with_chroma(luma(painted), colour)


def _in_each_frame(mask: Tensor, shot: Tensor) -> Tensor:
    """Return the weights `(1, 1, N * H', W')` of the pixels of a shot's frames `(N, 3, H', W')`, below one another."""
    return F.interpolate(mask, shot.shape[2:], mode="area").repeat(1, 1, len(shot), 1)


def _recoloured(
    content: Tensor,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    regions: Regions,
    counted: Tensor,
    areas: Sequence[Tensor | None],
) -> Tensor:
    """Give the photo the palette of the styles, or each region that of its own style; what no style paints stays as it is.

    It is the colours of the pixels `counted`, those of a region in its area of them, that come to be the palette's.
    """
    palettes = [palette(style, part) for style, part in zip(styles, regions.parts, strict=True)]
    if not regions.masked:
        return recolour(content, mix(palettes, list(shares)), palette(counted, areas[0]))
    owned = territory(regions.styles, shares)
    result = content * (1 - owned.sum(0))
    for part, area, wanted in zip(owned, areas, palettes, strict=True):
        # At the soft edge of an even region pixels of its neighbours would be thrown far out of the range.
        result = result + part * recolour(content, wanted, palette(counted, area)).clamp(0, 255)
    return result


def _matched(style: Tensor, counted: Tensor, part: Tensor | None, area: Tensor | None, method: str) -> Tensor:
    """Return a style with the photo's colours, of the pixels that count in either."""
    if method == "covariance":
        return recolour(style, palette(counted, area), palette(style, part))
    return (match_luma if method == "luma" else match_histogram)(style, counted, part, area)
