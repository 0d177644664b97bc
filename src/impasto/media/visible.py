"""What can be seen of a picture: colours under transparency are filled from the visible ones around them."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]

TRUSTED = 64
"""Opacity, of 255, from which on a pixel's colour is taken as it is; below it is mixed with what is around.

Colours of pixels that are next to invisible are noise: editors and codecs round them, or leave anything there. Of a picture
that is no more opaque than that anywhere the most opaque pixels are trusted.
"""


def filled(colours: Numbers, opacity: Numbers) -> Numbers:
    """Return colours `(H, W, 3)` of whole numbers with those under transparency filled smoothly from the visible ones.

    `opacity` `(H, W)` is float in 0 to 255; visible pixels stay as they are. A pyramid is filled from coarse to fine (the
    push-pull of Gortler et al.: The Lumigraph, 1996, section 3.4.2), so that resampling finds no rim to mix in.
    """
    most = min(float(opacity.max()), TRUSTED)
    if not most:
        return colours
    trust = np.clip(opacity / most, 0, 1).astype(np.float32)
    result = colours.copy()
    hidden = trust < 1
    for channel in range(colours.shape[2]):  # one after another, for a third of the memory
        values = _filled(colours[..., channel].astype(np.float32), trust)
        result[..., channel][hidden] = np.round(values[hidden]).astype(colours.dtype)
    return result


def _filled(values: Numbers, trust: Numbers) -> Numbers:
    """Return one channel with what is not trusted replaced by the next coarser level's."""
    if trust.min() == 1 or values.size == 1:
        return values
    weight = _halved(trust)
    coarse = _halved(values * trust) / np.maximum(weight, np.finfo(np.float32).tiny)
    # A place with one trusted pixel of four is as sure of its colour as one with four.
    around = _doubled(_filled(coarse, np.minimum(4 * weight, 1)), values.shape)
    mixed: Numbers = around + trust * (values - around)
    return mixed


def _halved(values: Numbers) -> Numbers:
    """Return the means of 2x2 pixels; an odd side counts its last line as half of a place."""
    height, width = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2)))
    means: Numbers = (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4
    return means


def _doubled(values: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Return values at twice their size by bilinear interpolation, cut to a shape."""
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        before = np.concatenate([values[:1], values[:-1]])
        after = np.concatenate([values[1:], values[-1:]])
        pairs = np.stack([0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after], axis=1)
        values = np.moveaxis(pairs.reshape(-1, *values.shape[1:])[: shape[axis]], 0, axis)
    return values
