"""The network that paints a photo in one pass: a trunk that looks share, and each look's own values.

Johnson, Alahi and Fei-Fei: Perceptual Losses for Real-Time Style Transfer, 2016, with instance normalisation
(Ulyanov, Vedaldi and Lempitsky 2016) whose gains and biases belong to a look (Dumoulin, Shlens and Kudlur: A
Learned Representation for Artistic Style, 2017). Differs from the papers: half as wide; upsampling by nearest
neighbours and convolution, which leaves no checkerboard; a linear output in place of tanh, kept in range by
the objective's penalty; the photo comes in already recoloured, and with grain as a fourth channel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.convolution.ways import WAYS
from impasto.looks.grain import grain

WIDTHS = 16, 32, 64
BLOCKS = 5
STRIDE = 4
"""Pixels a side of one position of the innermost maps."""

Shape = tuple[int, ...]


def _layers() -> Iterator[tuple[str, Shape, bool]]:
    """Yield the name of each convolution, its shape `(O, C, K, K)`, and whether a normalisation follows."""
    outer, middle, inner = WIDTHS
    yield "contract1", (outer, 4, 9, 9), True
    yield "contract2", (middle, outer, 3, 3), True
    yield "contract3", (inner, middle, 3, 3), True
    for block in range(1, BLOCKS + 1):
        yield f"block{block}a", (inner, inner, 3, 3), True
        yield f"block{block}b", (inner, inner, 3, 3), True
    yield "expand1", (middle, inner, 3, 3), True
    yield "expand2", (outer, middle, 3, 3), True
    yield "expand3", (3, outer, 9, 9), False


KERNELS: dict[str, Shape] = {name: shape for name, shape, _ in _layers()}
"""The trunk's convolutions."""

NORMALISED: dict[str, int] = {name: shape[0] for name, shape, normalised in _layers() if normalised}
"""The convolutions followed by a normalisation, and the filters of each."""

VALUES = 2 * sum(NORMALISED.values())
"""Number of values of a look: a gain and a bias for each filter that is normalised."""

EPSILON = 1e-5

LEAK = 0.2
"""Slope below zero on the way up, whose few filters could all be off at a place, which then would be flat."""

Trunk = Mapping[str, Tensor]
"""Kernels `(O, C, K, K)` by name, and the last one's bias as `bias`."""


def fresh_trunk(generator: torch.Generator) -> dict[str, Tensor]:
    """Return random kernels to train from, scaled as by He et al. 2015; the output starts near zero."""
    trunk = {}
    for name, shape in KERNELS.items():
        spread = math.sqrt(2 / math.prod(shape[1:]))
        trunk[name] = torch.randn(shape, generator=generator) * spread
    trunk["expand3"] *= 0.1
    return trunk | {"bias": torch.zeros(3)}


def fresh_values() -> Tensor:
    """Return values `(VALUES,)` that change nothing: gains of 1 and biases of 0."""
    parts = [torch.cat([torch.ones(width), torch.zeros(width)]) for width in NORMALISED.values()]
    return torch.cat(parts)


class Moments(NamedTuple):
    """Mean and inverse deviation `(1, C, 1, 1)` of each filter of a map before its normalisation."""

    mean: Tensor
    scale: Tensor

    @classmethod
    def of(cls, x: Tensor) -> Moments:
        """Return the moments of a map `(1, C, H, W)`, in float32 or wider."""
        variance, mean = torch.var_mean(x if x.dtype == torch.float64 else x.float(), (2, 3), correction=0)
        return cls(mean[:, :, None, None], (variance + EPSILON).rsqrt()[:, :, None, None])


def paint(
    picture: Tensor,
    trunk: Trunk,
    values: Tensor,
    moments: Mapping[str, Moments] | None = None,
    found: dict[str, Moments] | None = None,
    at: tuple[int, int] = (0, 0),
) -> Tensor:
    """Return a recoloured photo `(1, 3, H, W)`, 0 to 255, as painted; it may leave the range a little.

    `values` are `(VALUES,)`. With `moments` by layer, a part that begins `at` a row and column of a picture
    is normalised as the whole is; those of this picture are put into `found`. All but the last layer is
    computed in the kernels' dtype, that in float32 or wider: in bfloat16 it leaves steps of a level in a sky.
    """
    height, width = picture.shape[2:]
    fitted = F.pad(picture, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")
    noise = grain((fitted.shape[2], fitted.shape[3]), at).to(fitted)
    parts = torch.split(values, [2 * width for width in NORMALISED.values()])
    gains = dict(zip(NORMALISED, parts, strict=True))

    def layer(name: str, x: Tensor, stride: int = 1) -> Tensor:
        side = trunk[name].shape[-1] // 2
        x = F.conv2d(F.pad(x, (side,) * 4, mode="reflect"), trunk[name], stride=stride)
        if found is not None:
            found[name] = Moments.of(x)
        return _normalised(x, gains[name], moments[name] if moments else None)

    x = torch.cat([fitted / 127.5 - 1, noise], 1).to(trunk["contract1"].dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    for name, stride in (("contract1", 1), ("contract2", 2), ("contract3", 2)):
        x = F.relu(layer(name, x, stride))
    for block in range(1, BLOCKS + 1):
        x = x + layer(f"block{block}b", F.relu(layer(f"block{block}a", x)))
    for name in ("expand1", "expand2"):
        x = F.leaky_relu(layer(name, F.interpolate(x, scale_factor=2, mode="nearest")), LEAK)
    last = trunk["expand3"].to(torch.promote_types(x.dtype, torch.float32))
    with torch.autocast(x.device.type, enabled=False):
        x = F.conv2d(
            F.pad(x.to(last.dtype), (4, 4, 4, 4), mode="reflect"), last, trunk["bias"].to(last.dtype)
        )
    return (x[:, :, :height, :width] + 1) * 127.5


def painted_fast(picture: Tensor, trunk: Trunk, values: Tensor, at: tuple[int, int] = (0, 0)) -> Tensor:
    """Return what `paint` does, with convolutions in bfloat16 where the device has it; differentiable."""
    has_bfloat16 = WAYS["bf16"].available(picture.device)
    with torch.autocast(picture.device.type, torch.bfloat16, enabled=has_bfloat16):
        return paint(picture, trunk, values, at=at).float()


def _normalised(x: Tensor, values: Tensor, moments: Moments | None) -> Tensor:
    """Return a map `(1, C, H, W)` less its mean, over its deviation, times the gain and plus the bias."""
    gain, bias = values.chunk(2)
    if moments is None:
        return F.instance_norm(x, weight=gain.to(x.dtype), bias=bias.to(x.dtype), eps=EPSILON)
    scale = moments.scale * gain.view(1, -1, 1, 1)
    return x * scale.to(x.dtype) + (bias.view(1, -1, 1, 1) - moments.mean * scale).to(x.dtype)
