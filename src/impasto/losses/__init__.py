"""Losses: each sums a statistic over the positions of one layer, then compares the sum with a target.

As sums add up over tiles, the same loss works on a whole picture, on tiles and on frames. Each file defines a
loss and the function that builds it from a Scene; `objective/build.py` lists these functions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

PIXELS = "pixels"
"""The layer of losses that read the pastiche itself."""


class Loss(ABC):
    """A term of the objective: `weight · compare(statistic(F), positions)` for F `(1, C, H, W)` of `layer`.

    `name` is used in reports, such as content or style; `layer` is a layer of the encoder, or PIXELS.
    """

    name: str
    layer: str
    weight: float

    @abstractmethod
    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return a sum over positions, weighted by `weights` `(1, 1, H, W)` if given."""

    @abstractmethod
    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the scalar loss of a statistic summed over `positions` positions (or that total weight)."""

    @property
    def counted(self) -> bool:
        """Whether it is included in the reported total; its gradient always is."""
        return True

    def part(self, rows: slice, columns: slice) -> Loss:
        """Return the same loss over a part of its layer; the statistics of the parts add up to the whole.

        A loss without a target or weights per position returns itself; one on PIXELS is never split.
        """
        return self

    def shown(self, term: Tensor, statistic: Tensor, positions: float) -> Tensor:
        """Return the value to report; `term` is its weighted value."""
        return term


def wide(values: Tensor) -> Tensor:
    """Return values in float32 or wider: feature maps may be bfloat16, losses never are."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def local_mean(values: Tensor, side: int) -> Tensor:
    """Return the means over an odd `side` x `side` around each position of `(1, C, H, W)`.

    Values beyond the border are those of the border.
    """
    return F.avg_pool2d(F.pad(values, (side // 2,) * 4, mode="replicate"), side, 1)


def combined(*weights: Tensor | None) -> Tensor | None:
    """Return the product of the weights `(1, 1, H, W)` that are not None, or None."""
    given = [one for one in weights if one is not None]
    return reduce(torch.mul, given) if given else None
