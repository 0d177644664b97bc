"""A cache of style targets, for further pictures in the same style."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from cachetools import LRUCache
from torch import Tensor

from impasto.encoder.tiles import Maps, Tiles
from impasto.losses.moments import moments

MOST = 16
"""Cache size, 2.4 MB per entry: enough for one style at every scale up to 8192 px and in the report."""


class _Entry(NamedTuple):
    """Cached moments, the convolutions used, and the encoder's weights (kept alive for their id)."""

    moments: Maps
    ways: dict[str, str]
    weights: Any


class Targets:
    """A cache of style targets, keyed by pixels, layers, tiles, encoder and convolutions."""

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, _Entry] = LRUCache(MOST)

    def moments(self, tiles: Tiles, style: Tensor, layers: Sequence[str], part: Tensor | None = None) -> Maps:
        """Return `moments` of the style, from the cache if possible."""
        encoder, tuner = tiles.encoder, tiles.encoder.tuner
        mask = None if part is None else _digest(part)
        key = (_digest(style), mask, tuple(layers), tiles.tile, tiles.until, id(encoder.layers))
        kept = self._kept.get(key)
        if kept is None or any(tuner.choices.get(shape) != way for shape, way in kept.ways.items()):
            used, tuner.used = tuner.used, set()
            try:
                found = moments(tiles, style, layers, part)
                kept = _Entry(found, {shape: tuner.choices[shape] for shape in tuner.used}, encoder.layers)
            finally:
                tuner.used |= used
        # A recipe records every convolution of its run, including those of cached results.
        tuner.used.update(kept.ways)
        self._kept[key] = kept
        return kept.moments


def _digest(picture: Tensor) -> Hashable:
    return tuple(picture.shape), hashlib.sha256(picture.detach().cpu().contiguous().numpy().data).digest()
