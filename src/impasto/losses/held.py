"""An error held at a limit: strength as a constraint, in place of a weight that would have to be found for every pair."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from torch import Tensor

from impasto.losses.content import Content

STIFFNESS = 10.0
"""How hard the error is held. In the first scale it settles above its limit by the part λt/STIFFNESS, where λ is the weight
that would have led there: under 1% for a strong painting, up to 6% for a photo's texture. At 20 as many steps reach less.
"""

PUSH = 1.0
"""How hard an error is held from below at a limit of 1, falling to nothing at FREE.

Many a style comes to rest at an error of 0.85 of its own: past that only a push dissolves the photo. It is a tenth of
STIFFNESS, so that the style still says where to.
"""

FREE = 0.6
"""The limit up to which every style goes of its own."""

SLACK = 0.05
"""By which part of the limit the frames of a shot may lie above it, with the one content weight that they have."""

LEAST = 1e-3
"""The smallest limit that is told from none at all."""


@dataclass(frozen=True)
class Held:
    """The penalty K/2·max(0, e/t − 1 + c)² on a relative content error e above its limit t, with K = STIFFNESS.

    Below the limit the style alone moves the picture; at it the penalty's slope becomes the content weight, of its own
    and at every scale anew. `carried`, the c, is the excess at which the scale before came to rest: with it the same slope
    is reached at the limit itself (the method of multipliers: Nocedal and Wright, section 17.3). A `target` is a limit that
    is held from below too, softly, where it is above FREE. Reports show the error.

    With a `slope` the penalty is slope·e, and as above from SLACK over the limit on, without `carried`: the frames of a shot
    have one weight, and may differ in error, but not by more. A target is held from below all the same.
    """

    content: Content
    limit: float
    carried: float = 0.0
    target: bool = False
    slope: float | None = None
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
        error = self.error(statistic, positions)
        excess = error / max(self.limit, LEAST) - 1
        if self.slope is None:
            excess = excess + self.carried
            penalty = excess.clamp_min(0).square() * (STIFFNESS / 2)
        else:
            penalty = self.slope * error + (excess - SLACK).clamp_min(0).square() * (STIFFNESS / 2)
        push = PUSH * max(0.0, self.limit - FREE) / (1 - FREE) if self.target else 0.0
        return penalty + excess.clamp_max(0).square() * (push / 2) if push else penalty

    def error(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error that is held."""
        return self.content.compare(statistic, positions)

    def part(self, rows: slice, columns: slice) -> Held:
        """Return the loss against that part of the target."""
        return dataclasses.replace(self, content=self.content.part(rows, columns))


def excess(error: float, limit: float, carried: float = 0.0) -> float:
    """Return by how much an error e lies above where its penalty ends, max(0, e/t − 1 + c): what the next scale carries on."""
    return max(0.0, error / max(limit, LEAST) - 1 + carried)


def weight_of(excess: float, limit: float) -> float:
    """Return the content weight that an excess over a limit t stands for: the penalty's slope K·excess/t."""
    return STIFFNESS * excess / max(limit, LEAST)
