"""Warping of pictures along optical flow."""

from __future__ import annotations

import torch
from torch import Tensor


def warp(picture: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Sample a picture `(1, C, H, W)` along a flow `(1, 2, H, W)`; return it and where samples are inside.

    The latter is `(1, 1, H, W)` of 0 and 1. The value at x is picture(x + flow(x)), bilinear, with the flow
    in pixels, x then y, and border padding. A pixel extends by 0.5 px to each side, so that all of a static
    picture is inside even if the flow is slightly noisy. It is differentiable with respect to the picture,
    and integer flow copies pixels exactly, unlike `grid_sample` with its coordinates from -1 to 1.
    """
    height, width = picture.shape[2:]
    columns = flow[0, 0] + torch.arange(width, dtype=flow.dtype, device=flow.device)
    rows = flow[0, 1] + torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    # NaN, for unknown flow, compares false and is outside.
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
    """Return the fraction of noise energy that a warp along a flow `(1, 2, H, W)` preserves, `(1, 1, H, W)`.

    It is the sum of the squares of the four bilinear weights, ((1−a)² + a²)((1−b)² + b²) for the fractional
    parts a and b of the flow: from 1/4 at half pixels to 1 at whole pixels.
    """
    flow = flow.nan_to_num(0.0, 0.0, 0.0)  # unknown flow has reliability 0, so any finite value will do
    fraction = flow - flow.floor()
    return ((1 - fraction).square() + fraction.square()).prod(1, keepdim=True)


def _cell(positions: Tensor, length: int) -> tuple[Tensor, Tensor]:
    """Return the integer and fractional parts of positions, clamped to the picture."""
    positions = positions.nan_to_num(0.0).clamp(0, length - 1)
    whole = positions.floor()
    return whole.long(), positions - whole
