"""Losses: each adds up a statistic over the positions of one layer, then compares the sum.

Because sums add over tiles, a loss written this way works on the whole picture, on tiles and on frames alike. A loss is a
file with its builder, which makes it from a Scene; `objective/build.py` lists the builders.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import reduce

import torch
from torch import Tensor

PIXELS = "pixels"
"""The layer of a loss that reads the pastiche itself."""


class Loss(ABC):
    """A term of the objective: `weight · compare(statistic(F), positions)` for the feature map F `(1, C, H, W)` of `layer`.

    `name` is what reports call it, such as content or style; `layer` is one of the encoder's, or PIXELS.
    """

    name: str
    layer: str
    weight: float

    @abstractmethod
    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return a sum over positions, each counted by `weights` `(1, 1, H, W)` if given."""

    @abstractmethod
    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the loss, a scalar, of a statistic that was added up over so many positions (or so much weight)."""

    @property
    def counted(self) -> bool:
        """Whether its value is part of the total that is reported; its gradient always is."""
        return True

    def part(self, rows: slice, columns: slice) -> Loss:
        """Return the same loss over a part of its layer: the statistics of the parts add up to that of the whole.

        A loss without a target or weights per position is its own part; one on PIXELS is never taken in parts.
        """
        return self

    def shown(self, term: Tensor, statistic: Tensor, positions: float) -> Tensor:
        """Return what is reported of its weighted value, the `term`."""
        return term


def wide(values: Tensor) -> Tensor:
    """Return values in float32 at least: feature maps may come in bfloat16, losses are never computed in it."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def combined(*weights: Tensor | None) -> Tensor | None:
    """Return the product of those weights of positions `(1, 1, H, W)` that are given, or None."""
    given = [one for one in weights if one is not None]
    return reduce(torch.mul, given) if given else None
