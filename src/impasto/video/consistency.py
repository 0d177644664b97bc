"""Reliability of optical flow per pixel.

Ruder, Dosovitskiy and Brox: Artistic style transfer for videos, 2016, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.video.warp import detail_kept, warp

AROUND = 3
"""Side in pixels of the window in which frames are compared, so that grain is ignored."""


def reliability(flow: Tensor, reverse: Tensor) -> Tensor:
    """Return the weight c `(1, 1, H, W)`, 0 or 1, of each pixel: whether its flow is reliable.

    Both flows are `(1, 2, H, W)` in pixels: from this frame to the other (the paper's ŵ), and back (w). Flow
    is unreliable in disoccluded areas, at motion boundaries, and where it leaves the picture.

    Differs from the authors' program: without smoothing the mask by a Gaussian of 0.8 px, which is not in the
    paper.
    """
    returned, inside = warp(reverse, flow)
    # The conditions test for reliability, so that NaN counts as unreliable.
    return inside * _is_consistent(flow, returned) * _is_smooth(flow)


def visible(frame: Tensor, other: Tensor, flow: Tensor, alpha: float) -> Tensor:
    """Return the similarity of a frame and another one warped to it, `(1, 1, H, W)` in 0 to 1.

    Frames are `(1, 3, H, W)` in 0 to 255. The similarity is exp(−α‖x − ω(x')‖²), with colours in 0 to 1 and
    the error averaged over AROUND² pixels (Lai et al.: Learning Blind Video Temporal Consistency, 2018,
    section 3.2, without averaging). It detects wrong but consistent flow: a small and fast object that both
    flows miss would otherwise leave its colours behind.
    """
    error = ((frame - warp(other, flow)[0]) / 255).square().sum(1, keepdim=True)
    return torch.exp(-alpha * F.avg_pool2d(error, AROUND, 1, AROUND // 2, count_include_pad=False))


def firmness(flow: Tensor, relief: float) -> Tensor:
    """Return a factor `(1, 1, H, W)` in 0 to 1 of the temporal loss, lower where warping loses detail.

    The factor is 1/(1 + relief · lost detail). Optimisation compensates for the blur of interpolation
    everywhere, so without the factor static areas gain contrast with every frame and moving ones lose it. Not
    in the paper, which weights all pixels equally.
    """
    return 1 / (1 + relief * (1 - detail_kept(flow)))


def _is_consistent(flow: Tensor, returned: Tensor) -> Tensor:
    """Return where both flows are consistent: not |w̃ + ŵ|² > 0.01(|w̃|² + |ŵ|²) + 0.5 (equations 4 and 5)."""
    return (_energy(returned + flow) <= 0.01 * (_energy(returned) + _energy(flow)) + 0.5).to(flow.dtype)


def _is_smooth(flow: Tensor) -> Tensor:
    """Return where there is no motion boundary: not |∇û|² + |∇v̂|² > 0.01|ŵ|² + 0.002 (equation 6).

    Gradients are central differences.
    """
    padded = F.pad(flow, (1, 1, 1, 1), mode="replicate")
    dx = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    dy = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return (_energy(dx) + _energy(dy) <= 0.01 * _energy(flow) + 0.002).to(flow.dtype)


def _energy(vectors: Tensor) -> Tensor:
    return vectors.square().sum(1, keepdim=True)


def long_term(weights: Sequence[Tensor]) -> list[Tensor]:
    """Return the weights of previous frames, nearest first, each used only where no nearer one is reliable.

    c_long(i−j) = max(c(i−j) − Σ c(i−k) over the nearer k, 0), all `(1, 1, H, W)` (equation 10). Differs from
    the authors' program, which subtracts the nearer c_long; the same for weights of 0 and 1.
    """
    nearer = torch.cumsum(torch.cat(list(weights)), 0) if weights else torch.empty(0)
    return [(weight - nearer[i - 1]).clamp_min(0) if i else weight for i, weight in enumerate(weights)]
