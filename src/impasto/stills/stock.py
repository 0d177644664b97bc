"""What several runs in one process have in common, opened and computed once: pictures, their hashes, the encoder, targets of styles."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import torch
from cachetools import LRUCache

from impasto.convolution.tune import Tuner
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.errors import PictureError
from impasto.losses.targets import Targets
from impasto.media.image import Picture, Source, load
from impasto.recipe.finder import input_of
from impasto.recipe.input import Input
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
        self._made: LRUCache[Hashable, tuple[Source, Any]] = LRUCache(MOST)
        self._encoders: LRUCache[Hashable, VGG19] = LRUCache(FEW)

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
        if key not in self._encoders:
            if len(self._encoders) == FEW:
                self._encoders.popitem()  # gone before the next one is loaded
            self._encoders[key] = load_encoder([deepest], device=device, tuner=tuner, **network)
        return self._encoders[key].tuned(tuner)

    def _once(self, source: Source, what: Hashable, make: Callable[[], Made]) -> Made:
        key = (
            what,
            (os.fspath(source), _stamp(source)) if isinstance(source, str | os.PathLike) else id(source),
        )
        if key not in self._made:
            try:
                self._made[key] = source, make()  # the source as well, so that no other object gets its id
            except PictureError as error:
                self._made[key] = source, error.with_traceback(None)  # a bad file is opened once, too
        found: Made | PictureError = self._made[key][1]
        if isinstance(found, PictureError):
            raise found
        return found


def _stamp(file: str | os.PathLike[str]) -> Hashable:
    """Return what changes when a file does; None where there is none."""
    try:
        found = Path(file).stat() if os.fspath(file) else None
    except (OSError, ValueError):
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
