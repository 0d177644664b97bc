"""Which pixels of a frame the flow can be trusted for (Ruder, Dosovitskiy and Brox: Artistic style transfer for videos, 2016, section 4)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.video.warp import detail_kept, warp

AROUND = 3
"""Pixels a side over which frames are compared, so that grain is no difference."""


def reliability(flow: Tensor, reverse: Tensor) -> Tensor:
    """Return the weight c `(1, 1, H, W)`, 0 or 1, with which each pixel may be taken from where its flow leads.

    Both flows are `(1, 2, H, W)` in pixels: from this frame to the other (the paper's ŵ), and from the other to this (w).
    A pixel is not to be trusted where it was uncovered, at a boundary of motion, or where the flow leaves the picture.

    Differs from the authors' program: no smoothing of the mask by a Gaussian of 0.8 px, which the paper does not have.
    """
    returned, inside = warp(reverse, flow)
    # Asked for what holds, not for what fails: with a flow that is not a number neither does.
    return inside * _returns(flow, returned) * _is_even(flow)


def visible(frame: Tensor, other: Tensor, flow: Tensor, alpha: float) -> Tensor:
    """Return how far the pixels of a frame `(1, 3, H, W)`, in 0 to 255, are those of another one, moved: `(1, 1, H, W)` in 0 to 1.

    exp(−α‖x − ω(x')‖²) over the channels, in 0 to 1, each the mean of AROUND² pixels (Lai et al.: Learning Blind Video Temporal
    Consistency, 2018, section 3.2, of single pixels). Flow that is wrong and yet consistent is found out by it: something
    small and fast, which both flows overlook, would else leave its colours behind.
    """
    unlike = ((frame - warp(other, flow)[0]) / 255).square().sum(1, keepdim=True)
    return torch.exp(-alpha * F.avg_pool2d(unlike, AROUND, 1, AROUND // 2, count_include_pad=False))


def firmness(flow: Tensor, relief: float) -> Tensor:
    """Return how firmly each pixel is held to where it is trusted to come from, `(1, 1, H, W)` in 0 to 1: 1/(1 + relief · what warping loses of detail).

    A frame makes up for what interpolation takes from it, more than it lost there where less was taken: without this a place
    at rest gains contrast with every frame, and what moves fades. Ours; the paper holds all alike.
    """
    return 1 / (1 + relief * (1 - detail_kept(flow)))


def _returns(flow: Tensor, returned: Tensor) -> Tensor:
    """Return where the way back leads home: not |w̃ + ŵ|² > 0.01(|w̃|² + |ŵ|²) + 0.5 (equations 4 and 5)."""
    return (_energy(returned + flow) <= 0.01 * (_energy(returned) + _energy(flow)) + 0.5).to(flow.dtype)


def _is_even(flow: Tensor) -> Tensor:
    """Return where no motion ends: not |∇û|² + |∇v̂|² > 0.01|ŵ|² + 0.002 (equation 6), gradients by central differences."""
    around = F.pad(flow, (1, 1, 1, 1), mode="replicate")
    across = (around[..., 1:-1, 2:] - around[..., 1:-1, :-2]) / 2
    down = (around[..., 2:, 1:-1] - around[..., :-2, 1:-1]) / 2
    return (_energy(across) + _energy(down) <= 0.01 * _energy(flow) + 0.002).to(flow.dtype)


def _energy(vectors: Tensor) -> Tensor:
    return vectors.square().sum(1, keepdim=True)


def long_term(weights: Sequence[Tensor]) -> list[Tensor]:
    """Return the weights of several earlier frames, nearest first, each counting only where no nearer one can be trusted.

    c_long(i−j) = max(c(i−j) − Σ c(i−k) over the nearer k, 0), all `(1, 1, H, W)` (equation 10). Differs from the authors'
    program, which subtracts the nearer c_long: the same for weights of 0 and 1.
    """
    nearer = torch.cumsum(torch.cat(list(weights)), 0) if weights else torch.empty(0)
    return [(weight - nearer[i - 1]).clamp_min(0) if i else weight for i, weight in enumerate(weights)]
