"""Style targets, kept for the next picture in the same style."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from cachetools import LRUCache
from torch import Tensor

from impasto.encoder.tiles import Maps, Tiles
from impasto.losses.moments import moments

MOST = 16
"""Targets that are kept, 2.4 MB each: those of one style at every scale up to 8192 px and in the report, or of several at usual sizes."""


class _Kept(NamedTuple):
    """Moments, the ways in which their convolutions were computed, and the encoder's weights, held so that their identity stays theirs."""

    moments: Maps
    ways: dict[str, str]
    weights: Any


class Targets:
    """The style targets that were asked for last, each under all that it depends on: pixels, layers, tiles, encoder and ways to convolve."""

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, _Kept] = LRUCache(MOST)

    def moments(self, tiles: Tiles, style: Tensor, layers: Sequence[str], part: Tensor | None = None) -> Maps:
        """Return what `moments` does, computed only where it was not kept."""
        encoder, tuner = tiles.encoder, tiles.encoder.tuner
        key = (
            _digest(style),
            None if part is None else _digest(part),
            tuple(layers),
            tiles.tile,
            tiles.until,
            id(encoder.layers),
        )
        kept = self._kept.get(key)
        if kept is None or any(tuner.choices.get(shape) != way for shape, way in kept.ways.items()):
            used, tuner.used = tuner.used, set()
            try:
                found = moments(tiles, style, layers, part)
                kept = _Kept(found, {shape: tuner.choices[shape] for shape in tuner.used}, encoder.layers)
            finally:
                tuner.used |= used
        # A recipe names each convolution of its run, those that need not be computed again too.
        tuner.used.update(kept.ways)
        self._kept[key] = kept
        return kept.moments


def _digest(picture: Tensor) -> Hashable:
    return tuple(picture.shape), hashlib.sha256(picture.detach().cpu().contiguous().numpy().data).digest()
