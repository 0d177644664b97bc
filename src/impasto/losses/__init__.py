"""Losses: each adds up a statistic over the positions of one layer, then compares the sum.

Because sums add over tiles, a loss written this way works on the whole picture, on tiles and on frames alike.
"""

from __future__ import annotations

from functools import reduce
from typing import Protocol

import torch
from torch import Tensor

PIXELS = "pixels"
"""The layer of a loss that reads the pastiche itself."""


def wide(values: Tensor) -> Tensor:
    """Return values in float32 at least: feature maps may come in bfloat16, losses are never computed in it."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def combined(*weights: Tensor | None) -> Tensor | None:
    """Return the product of those weights of positions `(1, 1, H, W)` that are given, or None."""
    given = [one for one in weights if one is not None]
    return reduce(torch.mul, given) if given else None


class Loss(Protocol):
    """A term of the objective: `weight · compare(statistic(F), positions)` for the feature map F `(1, C, H, W)` of `layer`."""

    @property
    def name(self) -> str:
        """What reports call it: content, style, variation, range."""

    @property
    def layer(self) -> str:
        """The layer that it reads, or PIXELS."""

    @property
    def weight(self) -> float:
        """Its weight in the objective."""

    @property
    def counted(self) -> bool:
        """Whether its value is part of the total that is reported; its gradient always is."""

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return a sum over positions, each counted by `weights` `(1, 1, H, W)` where given."""

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the loss, a scalar, of a statistic that was added up over so many positions (or so much weight)."""

    def part(self, rows: slice, columns: slice) -> Loss:
        """Return the same loss over a part of its layer: the statistics of the parts add up to the whole's.

        Losses on PIXELS, which are always given whole, return themselves.
        """
