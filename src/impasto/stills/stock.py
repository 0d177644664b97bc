"""What several runs have in common, opened and computed once: pictures, their hashes, encoders."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

from impasto.convolution.tune import Tuner, tuner
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.fields import LAYERS
from impasto.media.image import Picture, Source, load
from impasto.recipe.inputs import input_of
from impasto.recipe.recipe import Input
from impasto.settings import Settings

Made = TypeVar("Made")

_NETWORK = ("weights", "network", "pooling", "padding")


@dataclass
class Stock:
    """Each picture and encoder that was asked for, for as long as the stock is kept; a file is taken not to change meanwhile."""

    made: dict[Hashable, Any] = field(default_factory=dict)

    def picture(self, source: Source) -> Picture:
        """Return a picture; raises PictureError."""
        return self._once(("picture", _key(source)), lambda: load(source))

    def input(self, role: str, source: Source, weight: float = 1.0) -> Input:
        """Return a source as a recipe names it; raises PictureError."""
        # Only a picture is looked at here: the other roles are files, whatever is in them.
        picture = self.picture(source) if role in ("content", "style") else None
        return self._once(("input", role, _key(source), weight), lambda: input_of(role, source, weight, picture))

    def tuner(self, device: torch.device, settings: Settings) -> Tuner:
        """Return what decides how convolutions are computed; raises SettingsError."""
        key = ("tuner", str(device), settings.precision, settings.convolutions)
        return self._once(key, lambda: tuner(device, settings.precision, settings.convolutions))

    def encoder(self, layers: Sequence[str], device: torch.device, settings: Settings) -> VGG19:
        """Return the encoder up to the deepest of `layers`, with the tuner of these settings; raises WeightsError."""
        network, own = {name: getattr(settings, name) for name in _NETWORK}, self.tuner(device, settings)
        key = ("encoder", max(map(LAYERS.index, layers)), id(own), *network.values())
        return self._once(key, lambda: load_encoder(layers, device=device, tuner=own, **network))

    def _once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key not in self.made:
            self.made[key] = make()
        found: Made = self.made[key]
        return found


def _key(source: Source) -> Hashable:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else id(source)
