"""Winograd's minimal filtering F(m x m, 3x3): (m + 2)² products for m² positions instead of 9m².

Lavin and Gray: Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1. The transforms are
matrix products too, the fastest operation of a processor, above all in bfloat16. The picture is processed in
strips of tiles that stay in the cache between passes.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

STRIP = 3 << 19
"""Minimum bytes of transformed input per strip: about the size of a core's cache."""


class Transforms(NamedTuple):
    """The matrices Bᵀ, G and Aᵀ. Entries of Bᵀ and Aᵀ, and products of two of them, are exact in bfloat16."""

    input: tuple[tuple[float, ...], ...]
    filter: tuple[tuple[float, ...], ...]
    output: tuple[tuple[float, ...], ...]


TRANSFORMS = {
    2: Transforms(
        ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, -1, 0, 1)),
        ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
        ((1, 1, 1, 0), (0, 1, -1, 1)),
    ),
    4: Transforms(
        (
            (1, -1.5, -2, 1.5, 1, 0),
            (0, -1, 0.5, 2.5, 1, 0),
            (0, 1, -2.5, 0.5, 1, 0),
            (0, -2, -1, 2, 1, 0),
            (0, 0.5, -1, -0.5, 1, 0),
            (0, 1, -1.5, -2, 1.5, 1),
        ),
        (
            (1, 0, 0),
            (1 / 3, 1 / 3, 1 / 3),
            (-1 / 3, 1 / 3, -1 / 3),
            (-16 / 15, -8 / 15, -4 / 15),
            (1 / 15, -2 / 15, 4 / 15),
            (0, 0, 1),
        ),
        ((1, 1, 1, 1, 1, 0), (0, 1, -1, 0.5, -2, 0), (0, 1, 1, 0.25, 4, 0), (0, 1, -1, 0.125, -8, 1)),
    ),
}
"""Transforms by m, for the points 0, 1, −1 and infinity, and at m = 4 also 1/2 and −2.

Differs from the paper, which uses 2 instead of 1/2: a point and its negative reciprocal have a third less
rounding error (Barabasz et al.: Error analysis and improving the accuracy of Winograd convolution, 2020).
"""


def transform(kernel: Tensor, tile: int) -> Tensor:
    """Return the transformed kernel G g Gᵀ `((tile + 2)², I, O)` of one `(O, I, 3, 3)`, in its own dtype."""
    outputs, inputs = kernel.shape[:2]
    taps = kernel.permute(2, 3, 1, 0).reshape(9, -1)
    return (_both(TRANSFORMS[tile].filter, taps.dtype, taps.device) @ taps).view(-1, inputs, outputs)


def correlate(feature_map: Tensor, transformed: Tensor, bias: Tensor, padding: int) -> Tensor:
    """Convolve a map `(1, C, H, W)` with a transformed kernel `((m + 2)², C, O)`.

    Returns `(1, O, H + 2p − 2, W + 2p − 2)`; input and output are channels last.
    """
    tile = math.isqrt(transformed.shape[0]) - 2
    height, width = (side + 2 * padding - 2 for side in feature_map.shape[2:])
    rows, columns = -(-height // tile), -(-width // tile)
    padded = _padded(feature_map, rows * tile + 2, columns * tile + 2, padding)
    output = feature_map.new_empty(rows, tile, columns, tile, transformed.shape[2])
    inward, outward = (
        _both(matrix, feature_map.dtype, feature_map.device)
        for matrix in (TRANSFORMS[tile].input, TRANSFORMS[tile].output)
    )
    strip = _strip(transformed, columns)
    for row in range(0, rows, strip):
        tiles = _tiles(padded[row * tile :], tile, min(strip, rows - row), columns)
        products = torch.bmm((inward @ tiles).view(len(inward), -1, transformed.shape[1]), transformed)
        positions = (outward @ products.flatten(1)).view(tile, tile, -1, columns, transformed.shape[2])
        torch.add(positions.permute(2, 0, 3, 1, 4), bias, out=output[row : row + strip])
    # Not indexed with None: PyTorch would not take the strides for channels last, and would copy the map and
    # its gradient to another layout for pooling.
    return output.view(1, rows * tile, columns * tile, -1)[:, :height, :width].permute(0, 3, 1, 2)


def _padded(feature_map: Tensor, height: int, width: int, padding: int) -> Tensor:
    """Return the map as `(height, width, C)`, zero-padded on all sides."""
    below, right = height - feature_map.shape[2] - padding, width - feature_map.shape[3] - padding
    return F.pad(feature_map[0].permute(1, 2, 0), (0, 0, padding, right, padding, below))


def _tiles(padded: Tensor, tile: int, rows: int, columns: int) -> Tensor:
    """Return the tiles of a strip, overlapping by two, as `((m + 2)², rows · columns · C)`."""
    down, along, channel = padded.stride()
    shape = (tile + 2, tile + 2, rows, columns, padded.shape[2])
    strides = (down, along, tile * down, tile * along, channel)
    overlapping = padded.as_strided(shape, strides, padded.storage_offset())
    return overlapping.reshape((tile + 2) ** 2, -1)


@cache
def _both(matrix: tuple[tuple[float, ...], ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return a transform over both directions as one matrix: its Kronecker product with itself."""
    one = torch.tensor(matrix, dtype=torch.float64)
    return torch.kron(one, one).to(device, dtype)


def _strip(transformed: Tensor, columns: int) -> int:
    """Return the rows of tiles per strip, to fill the cache and to amortise reading the kernel again."""

    row = columns * transformed.shape[0] * transformed.shape[1] * transformed.element_size()
    return max(1, STRIP // row, transformed.nbytes // 4 // row)
