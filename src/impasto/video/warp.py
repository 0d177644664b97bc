"""Warping: a picture brought to where another frame has its pixels."""

from __future__ import annotations

import torch
from torch import Tensor


def warp(picture: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Return a picture `(1, C, H, W)` sampled along a flow `(1, 2, H, W)`, and where that lay inside it, `(1, 1, H, W)` of 0 and 1.

    The value at x is picture(x + flow(x)), bilinear, the flow in pixels, x then y; outside the picture it is that of the
    nearest pixel. A pixel reaches half of one to each side, so that a picture at rest is inside up to its rim, however flow
    trembles. It is differentiable with respect to the picture, and a flow of whole pixels copies exactly, which
    `grid_sample` with its coordinates from -1 to 1 does not.
    """
    height, width = picture.shape[2:]
    columns = flow[0, 0] + torch.arange(width, dtype=flow.dtype, device=flow.device)
    rows = flow[0, 1] + torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    # A place that is not a number, as where a flow is unknown, is not inside either.
    inside = (columns >= -0.5) & (columns <= width - 0.5) & (rows >= -0.5) & (rows <= height - 0.5)
    left, across = _cell(columns, width)
    top, down = _cell(rows, height)
    right, below = (left + 1).clamp_max(width - 1), (top + 1).clamp_max(height - 1)
    pixels, across, down = picture[0].flatten(1), across.to(picture.dtype), down.to(picture.dtype)

    def at(row: Tensor, column: Tensor) -> Tensor:
        return pixels[:, (row * width + column).flatten()].view(-1, *columns.shape)

    upper = torch.lerp(at(top, left), at(top, right), across)
    lower = torch.lerp(at(below, left), at(below, right), across)
    return torch.lerp(upper, lower, down)[None], inside[None, None].to(picture.dtype)


def detail_kept(flow: Tensor) -> Tensor:
    """Return what part of the energy of its finest detail a warp along a flow `(1, 2, H, W)` keeps, `(1, 1, H, W)` in 1/4 to 1.

    The sum of the squares of the four bilinear weights, which is what is left of noise: ((1−a)² + a²)((1−b)² + b²) for the
    fractions a and b of a pixel, all of it where a flow is of whole pixels.
    """
    flow = flow.nan_to_num(
        0.0, 0.0, 0.0
    )  # a way that is unknown keeps nothing that could be trusted, but is a number
    part = flow - flow.floor()
    return ((1 - part).square() + part.square()).prod(1, keepdim=True)


def _cell(places: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Return the whole pixel before each place, kept inside, and how far it lies beyond, in 0 to 1."""
    places = places.nan_to_num(0.0).clamp(0, length - 1)
    whole = places.floor()
    return whole.long(), places - whole
