"""Build the objective of a scene; new losses are registered here."""

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
"""Functions that build losses from a scene; losses are summed in this order."""


def objective_for(scene: Scene, until: str = "") -> Objective:
    """Return the objective of a scene; with a tile size, layers up to `until` (default: all) are tiled.

    A `tileable` pastiche wraps around; the pictures that it is compared with do not.
    """
    with torch.no_grad():
        losses = [loss for build in BUILDERS for loss in build(scene)]
    painted = scene.encoder.padded("circular") if scene.settings.tileable else scene.encoder
    if not scene.tile:
        return Whole(painted, losses)
    return Tiled(Tiles(painted, scene.tile, until or scene.deepest), losses)
