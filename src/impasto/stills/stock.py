"""What several runs in one process have in common, opened and computed once: pictures, their hashes, the encoder, targets of styles."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import torch

from impasto.convolution.tune import Tuner
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.media.image import Picture, Source, load
from impasto.objective.targets import Targets
from impasto.recipe.inputs import input_of
from impasto.recipe.recipe import Input
from impasto.settings import Settings
from impasto.settings.layers import LAYERS

Made = TypeVar("Made")

_NETWORK = ("weights", "network", "pooling", "padding")

MOST = 24
"""Pictures and hashes that are kept, those asked for last: a sheet's, or a painting for one photo after another."""


FEW = 3
"""Encoders that are kept, 50 MB each and more once they have computed something: those that the cells of a sheet take turns with."""


class Stock:
    """The pictures, the style targets and the encoders that were asked for last."""

    def __init__(self) -> None:
        self.targets = Targets()
        self._made: dict[Hashable, Any] = {}
        self._encoders: dict[Hashable, VGG19] = {}

    def picture(self, source: Source) -> Picture:
        """Return a picture; raises PictureError."""
        return self._once(source, ("picture",), lambda: load(source))

    def input(self, role: str, source: Source, weight: float = 1.0) -> Input:
        """Return a source as a recipe names it; raises PictureError."""
        if role in ("content", "style"):  # the other roles are files, whatever is in them
            self.picture(source)
        return self._once(source, ("input", role, weight), lambda: input_of(role, source, weight))

    def encoder(self, layers: Iterable[str], device: torch.device, tuner: Tuner, settings: Settings) -> VGG19:
        """Return the encoder up to the deepest of `layers`, loaded where it is not there; raises WeightsError."""
        deepest, network = max(layers, key=LAYERS.index), {name: getattr(settings, name) for name in _NETWORK}
        key = (deepest, str(device), *network.values(), _stamp(settings.weights))
        if key not in self._encoders and len(self._encoders) == FEW:
            del self._encoders[next(iter(self._encoders))]  # gone before the next one comes
        found = self._encoders.pop(key) if key in self._encoders else load_encoder([deepest], device=device, tuner=tuner, **network)
        self._encoders[key] = found
        return found.tuned(tuner)

    def _once(self, source: Source, what: Hashable, make: Callable[[], Made]) -> Made:
        key = (what, (os.fspath(source), _stamp(source)) if isinstance(source, str | os.PathLike) else id(source))
        found: Made = self._made.pop(key)[1] if key in self._made else make()
        self._made[key] = source, found  # the source as well, so that its identity stays its own
        if len(self._made) > MOST:
            del self._made[next(iter(self._made))]
        return found


def _stamp(file: str | os.PathLike[str]) -> Hashable:
    """Return what changes when a file does; None where there is none."""
    try:
        found = Path(file).stat() if os.fspath(file) else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
