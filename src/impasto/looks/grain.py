"""Noise that the network paints from where a photo is smooth: without it, a sky is flat or gets spots.

Texture networks (Ulyanov et al. 2016) paint from noise alone. Here it is the same for every picture, so that
a look repeats and a film does not flicker.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

PERIOD = 256
"""Pixels after which the grain repeats, along both sides."""


@cache
def tile() -> Tensor:
    """Return one period of the grain `(1, 1, PERIOD, PERIOD)`: mean 0, deviation 1, all octaves alike."""
    white = torch.randn(PERIOD, PERIOD, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    down, right = torch.fft.fftfreq(PERIOD), torch.fft.rfftfreq(PERIOD)
    frequency = torch.hypot(down[:, None], right[None]).double()
    frequency[0, 0] = torch.inf
    pink: Tensor = torch.fft.irfft2(torch.fft.rfft2(white) / frequency, (PERIOD, PERIOD))
    return (pink / pink.std()).float()[None, None]


def grain(size: tuple[int, int], at: tuple[int, int] = (0, 0)) -> Tensor:
    """Return the grain `(1, 1, H, W)` of a part of a picture that begins `at` a row and a column."""
    rows, columns = (torch.arange(start, start + side) for start, side in zip(at, size, strict=True))
    return tile()[:, :, rows % PERIOD][:, :, :, columns % PERIOD]
