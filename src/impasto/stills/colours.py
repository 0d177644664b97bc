"""Whose colours a painting has: what photo and styles are given before the work, and the result after it.

With `mix` all is moved part of the way, pixel by pixel, from the painting's colours to the photo's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from impasto.colour import chroma, grey, luma, match_histogram, match_luma, mix, palette, recolour, with_chroma
from impasto.objective.regions import Regions, territory
from impasto.settings import Settings


def coloured(content: Tensor, styles: Sequence[Tensor], shares: Sequence[float], regions: Regions, settings: Settings) -> tuple[Tensor, list[Tensor]]:
    """Return the content target and the styles `(1, 3, H, W)` in the colours in which they are to be painted.

    For the painting's colours the photo is recoloured. For the photo's own it stays, and each style comes to it, by
    covariance or by histogram (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016, section 2); or
    both lose their chroma, and the style's luma comes to the photo's (the same, section 3).
    """
    amount = settings.color_amount
    target = _recoloured(content, styles, shares, regions) if settings.recolour and amount < 1 else content
    target = torch.lerp(content, target, settings.onset)
    if not amount:
        return target, list(styles)
    own = grey(content) if settings.color_method == "luma" else content
    masks = zip(styles, regions.parts, regions.styles, strict=True)
    matched = [_matched(style, content, part, region, settings.color_method) for style, part, region in masks]
    return torch.lerp(target, own, amount), [torch.lerp(style, other, amount) for style, other in zip(styles, matched, strict=True)]


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


def _recoloured(content: Tensor, styles: Sequence[Tensor], shares: Sequence[float], regions: Regions) -> Tensor:
    """Give the photo the palette of the styles, or each region that of its own style; what no style paints stays as it is."""
    palettes = [palette(style, part) for style, part in zip(styles, regions.parts, strict=True)]
    if not regions.masked:
        return recolour(content, mix(palettes, list(shares)))
    owned = territory(regions.styles, shares)
    result = content * (1 - owned.sum(0))
    for own, mask, wanted in zip(owned, regions.styles, palettes, strict=True):
        # At the soft edge of an even region pixels of its neighbours would be thrown far out of the range.
        result = result + own * recolour(content, wanted, mask).clamp(0, 255)
    return result


def _matched(style: Tensor, content: Tensor, part: Tensor | None, region: Tensor | None, method: str) -> Tensor:
    """Return a style with the photo's colours, of the pixels that count in either."""
    if method == "covariance":
        return recolour(style, palette(content, region), part)
    return (match_luma if method == "luma" else match_histogram)(style, content, part, region)
