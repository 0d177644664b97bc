"""A cache shared by the runs of a process: pictures, their hashes, encoders and style targets."""

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

T = TypeVar("T")

_NETWORK = ("weights", "network", "pooling", "padding")

MOST = 24
"""Cached pictures and hashes: enough for those of a sheet, or for a painting applied to many photos."""


FEW = 3
"""Cached encoders, of at least 50 MB each: those that the cells of a sheet alternate between."""


class Stock:
    """The most recently used pictures, style targets and encoders."""

    def __init__(self) -> None:
        self.targets = Targets()
        self._cache: LRUCache[Hashable, tuple[Source, Any]] = LRUCache(MOST)
        self._encoders: LRUCache[Hashable, VGG19] = LRUCache(FEW)

    def picture(self, source: Source) -> Picture:
        """Return a loaded picture; raises PictureError."""
        return self._once(source, ("picture",), lambda: load(source))

    def input(self, role: str, source: Source, weight: float = 1.0) -> Input:
        """Return the entry of a source in a recipe; raises PictureError."""
        if role in ("content", "style"):  # other roles may be files that are not pictures
            self.picture(source)
        return self._once(source, ("input", role, weight), lambda: input_of(role, source, weight))

    def encoder(self, layers: Iterable[str], device: torch.device, tuner: Tuner, settings: Settings) -> VGG19:
        """Return the encoder up to the deepest of `layers`; raises WeightsError."""
        deepest, network = max(layers, key=LAYERS.index), {name: getattr(settings, name) for name in _NETWORK}
        key = (deepest, str(device), *network.values(), _stamp(settings.weights))
        if key not in self._encoders:
            if len(self._encoders) == FEW:
                self._encoders.popitem()  # free its memory before loading the next one
            self._encoders[key] = load_encoder([deepest], device=device, tuner=tuner, **network)
        return self._encoders[key].tuned(tuner)

    def _once(self, source: Source, what: Hashable, make: Callable[[], T]) -> T:
        identity: Hashable = id(source)
        if isinstance(source, str | os.PathLike):
            identity = os.fspath(source), _stamp(source)
        key = what, identity
        if key not in self._cache:
            try:
                self._cache[key] = source, make()  # holds the source, so that its id is not reused
            except PictureError as error:
                self._cache[key] = source, error.with_traceback(None)  # do not reopen an invalid file
        found: T | PictureError = self._cache[key][1]
        if isinstance(found, PictureError):
            raise found
        return found


def _stamp(file: str | os.PathLike[str]) -> Hashable:
    """Return a value that changes when a file does; None if there is no file."""
    try:
        found = Path(file).stat() if os.fspath(file) else None
    except (OSError, ValueError):
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
