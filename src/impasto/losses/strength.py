"""Strength: relative content errors held at limits, instead of a content weight tuned for every pair.

This module defines the held errors (`limits`), the penalty (`Held`), what a scale passes on to the next
(`excesses`, `still_held`), and the resulting content weights (`slopes`).
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
"""Stiffness K of the penalty.

In the first scale the error settles above its limit by λt/K, where λ is the weight that would have led there:
under 1% for a strong painting, up to 6% for a photo's texture. With 20, as many steps converge less.
"""

PUSH = 1.0
"""Stiffness from below at a limit of 1, falling to 0 at FREE.

Many styles settle at an error of 0.85; only a push dissolves the photo further. It is a tenth of STIFFNESS,
so that the style still determines the direction.
"""

FREE = 0.6
"""Limit that every style reaches without a push."""

SLACK = 0.05
"""Relative tolerance above the limit for the frames of a shot, which share one content weight."""

LEAST = 1e-3
"""Lower bound of limits, to avoid division by 0."""


PROTECTED = 0.4
"""Limit of protected places as a fraction of the strength, in addition to the limit of the whole picture.

If their error were merely weighted up in a single limit, the rest of the picture would give way to keep the
mean.
"""

UNASKED = 0.6
"""The same for small subjects that nobody asked to protect, so that they are painted too."""


@dataclass(frozen=True)
class Held(Loss):
    """The penalty K/2·max(0, e/t − 1 + c)² on a relative content error e above its limit t, K = STIFFNESS.

    Below the limit only the style acts; at the limit the penalty's slope acts as the content weight, found at
    every scale. `carried`, c, is the excess at which the previous scale settled: with it the same slope is
    reached exactly at the limit (the method of multipliers: Nocedal and Wright, section 17.3). If `target`,
    the error is also held from below, softly, for limits above FREE. Reports show the error.

    With a `slope` the penalty is slope·e, plus the above with the limit raised by SLACK and without
    `carried`: the frames of a shot share one weight, and their errors may differ within SLACK. A target is
    still held from below.

    >>> import torch
    >>> loss = Held(Content.of(torch.ones(1, 2, 4, 4), "conv4_2", weight=1.0), limit=0.2)
    >>> loss.compare(loss.statistic(torch.full((1, 2, 4, 4), 1.5)), positions=16)
    tensor(0.3125)
    """

    content: Content
    limit: float
    carried: float = 0.0
    target: bool = False
    slope: float | None = None
    name: str = "content"

    @property
    def layer(self) -> str:  # type: ignore[override]
        """The layer of the content."""
        return self.content.layer

    @property
    def weight(self) -> float:  # type: ignore[override]
        """The layer's weight among the content layers."""
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
        """Return the error instead of the penalty."""
        return self.error(statistic, positions)

    def error(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error that is held."""
        return self.content.compare(statistic, positions)

    def part(self, rows: slice, columns: slice) -> Held:
        """Return the loss against a part of the target."""
        return dataclasses.replace(self, content=self.content.part(rows, columns))


def held(scene: Scene) -> Iterator[Held]:
    """Yield the held content errors if a strength is set."""
    settings, content = scene.settings, scene.content
    if content is None or settings.strength is None or settings.excited:
        return
    allowed, maps = limits(settings), scene.maps([layer.name for layer in settings.content_layers])
    weights = scene.moment.slopes if scene.moment else {}
    for layer, weight in settings.content_layers:
        masks = scene.masks.content, scene.masks.emphasis, scene.masks.visible
        mask, emphasis, visible = (at_layer(one, layer) for one in masks)
        counted: dict[Kind, Tensor | None] = {"content": None}
        if emphasis is not None:
            counted["protected"] = emphasis - 1
        if settings.calm:
            counted["calm"] = evenly(maps[layer])
        for kind, places in counted.items():
            hold, counting = Hold(kind, layer), combined(places, visible)
            error = Content.of(maps[layer], layer, weight, mask=mask, emphasis=counting)
            carried, slope = scene.carried.get(hold, 0.0), weights.get(hold)
            yield Held(error, allowed[kind], carried, target=kind == "content", slope=slope, name=kind)


def limits(settings: Settings) -> dict[Kind, float]:
    """Return the limit of each kind of content error; empty without a strength."""
    if settings.strength is None:
        return {}
    strength = settings.strength / 100
    protected = UNASKED if settings.protect == "auto" else PROTECTED
    found: dict[Kind, float] = {"content": strength, "protected": protected * strength}
    return found | ({"calm": settings.calm * strength} if settings.calm else {})


def excesses(
    losses: Mapping[str, float], settings: Settings, carried: Mapping[Hold, float]
) -> dict[Hold, float]:
    """Return the excess of each held error among reported `losses` over the end of its penalty."""
    allowed = limits(settings)
    holds = [Hold(kind, layer.name) for kind in allowed for layer in settings.content_layers]
    return {
        hold: excess(losses[str(hold)], allowed[hold.kind], carried.get(hold, 0.0))
        for hold in holds
        if str(hold) in losses
    }


def slopes(excesses: Mapping[Hold, float], settings: Settings) -> dict[Hold, float]:
    """Return the content weights that correspond to excesses."""
    allowed = limits(settings)
    return {hold: weight_of(value, allowed[hold.kind]) for hold, value in excesses.items()}


def still_held(excesses: Mapping[Hold, float], before: Settings, now: Settings) -> dict[Hold, float]:
    """Return the excesses whose limits are unchanged in new settings; the others are meaningless."""
    same = dict(limits(before).items() & limits(now).items())
    return {hold: value for hold, value in excesses.items() if hold.kind in same}


def content_weight(slopes: Mapping[Hold, float]) -> float:
    """Return the effective content weight of a strength: the sum of its slopes over content layers."""
    return sum(weight for hold, weight in slopes.items() if hold.kind == "content")


def excess(error: float, limit: float, carried: float = 0.0) -> float:
    """Return the excess max(0, e/t − 1 + c) of an error e over a limit t, which the next scale carries on."""
    return max(0.0, error / max(limit, LEAST) - 1 + carried)


def weight_of(excess: float, limit: float) -> float:
    """Return the content weight of an excess at a limit t: the penalty's slope K·excess/t."""
    return STIFFNESS * excess / max(limit, LEAST)
