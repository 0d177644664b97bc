"""The objective of a scene: each builder gives its losses, and here a new one is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from impasto.encoder.tiles import Tiles
from impasto.losses import Loss
from impasto.losses.activation import activation
from impasto.losses.content import content
from impasto.losses.gram import style
from impasto.losses.scene import Scene
from impasto.losses.spectrum import spectrum
from impasto.losses.strength import held
from impasto.losses.temporal import temporal
from impasto.losses.variation import pixels
from impasto.objective.tiled import Tiled
from impasto.objective.whole import Whole

Objective = Whole | Tiled

BUILDERS: tuple[Callable[[Scene], Iterable[Loss]], ...] = (
    activation,
    content,
    held,
    style,
    spectrum,
    temporal,
    pixels,
)
"""What makes losses of a scene, each beside its loss; their sum is taken in this order."""


def objective_for(scene: Scene, until: str = "") -> Objective:
    """Return the objective of a scene; of one with a tile the layers up to `until` are computed in tiles, all of them by default.

    A picture that is `tileable` repeats; what it is compared with does not.
    """
    with torch.no_grad():
        losses = [loss for build in BUILDERS for loss in build(scene)]
    painted = scene.encoder.padded("circular") if scene.settings.tileable else scene.encoder
    if not scene.tile:
        return Whole(painted, losses)
    return Tiled(Tiles(painted, scene.tile, until or scene.deepest), losses)
