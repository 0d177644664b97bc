"""Strength: relative content errors held at limits, in place of a content weight that would have to be found for every pair.

All of what a strength means is here: which errors it holds (`limits`), the penalty that holds one (`Held`), what a scale
hands on to the next (`excesses`, `still_held`), and which content weights come of it (`slopes`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from impasto.losses import Loss, combined
from impasto.losses.content import Content, evenly
from impasto.losses.hold import Hold, Kind
from impasto.losses.regions import at_layer
from impasto.losses.scene import Scene
from impasto.settings import Settings

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


PROTECTED = 0.4
"""The part of the strength that protected places are held to, beside the whole picture, which is held to all of it.

Were their error only to count for more in one limit, the rest of the picture would give way until the mean was the same.
"""


@dataclass(frozen=True)
class Held(Loss):
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

    @property
    def layer(self) -> str:  # type: ignore[override]
        """The layer that the content is read from."""
        return self.content.layer

    @property
    def weight(self) -> float:  # type: ignore[override]
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

    def shown(self, term: Tensor, statistic: Tensor, positions: float) -> Tensor:
        """Return the error itself."""
        return self.error(statistic, positions)

    def error(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error that is held."""
        return self.content.compare(statistic, positions)

    def part(self, rows: slice, columns: slice) -> Held:
        """Return the loss against that part of the target."""
        return dataclasses.replace(self, content=self.content.part(rows, columns))


def held(scene: Scene) -> Iterator[Held]:
    """Yield what the settings' strength holds of the content."""
    settings, content = scene.settings, scene.content
    if content is None or settings.strength is None or settings.excited:
        return
    allowed, maps = limits(settings), scene.maps([layer.name for layer in settings.content_layers])
    weights = scene.moment.slopes if scene.moment else {}
    for layer, weight in settings.content_layers:
        mask, emphasis, visible = (
            at_layer(one, layer) for one in (scene.masks.content, scene.masks.emphasis, scene.masks.visible)
        )
        counted: dict[Kind, Tensor | None] = {"content": None}
        if emphasis is not None:
            counted["protected"] = emphasis - 1
        if settings.calm:
            counted["calm"] = evenly(maps[layer])
        for kind, places in counted.items():
            kept, hold = (
                Content.of(maps[layer], layer, weight, mask=mask, emphasis=combined(places, visible)),
                Hold(kind, layer),
            )
            carried = scene.carried.get(hold, 0.0)
            yield Held(
                kept, allowed[kind], carried, target=kind == "content", slope=weights.get(hold), name=kind
            )


def limits(settings: Settings) -> dict[Kind, float]:
    """Return what each kind of content error is held to, nothing without a strength."""
    if settings.strength is None:
        return {}
    strength = settings.strength / 100
    found: dict[Kind, float] = {"content": strength, "protected": PROTECTED * strength}
    return found | ({"calm": settings.calm * strength} if settings.calm else {})


def excesses(
    losses: Mapping[str, float], settings: Settings, carried: Mapping[Hold, float]
) -> dict[Hold, float]:
    """Return by how much each held error among reported `losses` lies above where its penalty ends."""
    allowed = limits(settings)
    holds = [Hold(kind, layer.name) for kind in allowed for layer in settings.content_layers]
    return {
        hold: excess(losses[str(hold)], allowed[hold.kind], carried.get(hold, 0.0))
        for hold in holds
        if str(hold) in losses
    }


def slopes(excesses: Mapping[Hold, float], settings: Settings) -> dict[Hold, float]:
    """Return the content weights that excesses stand for."""
    allowed = limits(settings)
    return {hold: weight_of(value, allowed[hold.kind]) for hold, value in excesses.items()}


def still_held(excesses: Mapping[Hold, float], before: Settings, now: Settings) -> dict[Hold, float]:
    """Return the excesses whose limits are the same in other settings: what was found out about one limit says nothing of another."""
    same = dict(limits(before).items() & limits(now).items())
    return {hold: value for hold, value in excesses.items() if hold.kind in same}


def content_weight(slopes: Mapping[Hold, float]) -> float:
    """Return the content weight that a strength came to: the slopes of the whole picture's error, over all layers."""
    return sum(weight for hold, weight in slopes.items() if hold.kind == "content")


def excess(error: float, limit: float, carried: float = 0.0) -> float:
    """Return by how much an error e lies above where its penalty ends, max(0, e/t − 1 + c): what the next scale carries on."""
    return max(0.0, error / max(limit, LEAST) - 1 + carried)


def weight_of(excess: float, limit: float) -> float:
    """Return the content weight that an excess over a limit t stands for: the penalty's slope K·excess/t."""
    return STIFFNESS * excess / max(limit, LEAST)
