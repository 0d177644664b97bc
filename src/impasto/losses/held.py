"""An error held at a limit: strength as a constraint, in place of a weight that would have to be found for every pair."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor

from impasto.losses.content import Content

STIFFNESS = 5.0
"""How hard the error is held. It settles above its limit by the part λt/STIFFNESS, where λ is the weight that would have led
there: 1% for a strong painting, a few for a faint one. Stiffer than this, and the optimiser follows the constraint alone.
"""

LEAST = 1e-3
"""The smallest limit that is told from none at all."""


@dataclass(frozen=True)
class Held:
    """The penalty K/2·max(0, e/t − 1)² on a relative content error e above its limit t, with K = STIFFNESS.

    Below the limit the style alone moves the picture; at it the penalty's slope becomes the content weight, of its own
    and at every scale anew. Reports show the error itself.
    """

    content: Content
    limit: float
    name: str = "content"
    counted: bool = True

    @property
    def layer(self) -> str:
        """The layer that the content is read from."""
        return self.content.layer

    @property
    def weight(self) -> float:
        """The weight of this layer among those of the content."""
        return self.content.weight

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ(F−P)², a scalar."""
        return self.content.statistic(feature_map, weights)

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the penalty."""
        excess = self.error(statistic, positions) / max(self.limit, LEAST) - 1
        return excess.clamp_min(0).square() * (STIFFNESS / 2)

    def error(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error that is held."""
        return self.content.compare(statistic, positions)

    def part(self, rows: slice, columns: slice) -> Held:
        """Return the loss against that part of the target."""
        return dataclasses.replace(self, content=self.content.part(rows, columns))


def weight_of(error: float, limit: float) -> float:
    """Return the content weight that an error e held at t stands for: the penalty's slope K(e/t − 1)/t, 0 below the limit."""
    limit = max(limit, LEAST)
    return STIFFNESS * max(0.0, error / limit - 1) / limit
