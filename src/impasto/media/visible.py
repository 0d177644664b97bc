"""Fill in the colours of transparent pixels from the visible ones around them."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, Any]

TRUSTED = 64
"""Opacity, of 255, from which a pixel's colour is kept; below, it is blended with its surroundings.

Colours of nearly invisible pixels are noise: editors and codecs round them or store anything. If no pixel is
this opaque, the most opaque ones are trusted.
"""


def filled(colours: Numbers, opacity: Numbers) -> Numbers:
    """Return integer colours `(H, W, 3)` with transparent pixels filled in smoothly from the visible ones.

    `opacity` `(H, W)` is float in 0 to 255; visible pixels are unchanged. Filled coarse to fine by push-pull
    (Gortler et al.: The Lumigraph, 1996, section 3.4.2), so that resampling does not bleed a fringe.
    """
    most = min(float(opacity.max()), TRUSTED)
    if not most:
        return colours
    trust = np.clip(opacity / most, 0, 1).astype(np.float32)
    result = colours.copy()
    hidden = trust < 1
    for channel in range(colours.shape[2]):  # one at a time: a third of the memory
        values = _filled(colours[..., channel].astype(np.float32), trust)
        result[..., channel][hidden] = np.round(values[hidden]).astype(colours.dtype)
    return result


def _filled(values: Numbers, trust: Numbers) -> Numbers:
    """Fill in the untrusted pixels of one channel from the next coarser level."""
    if trust.min() == 1 or values.size == 1:
        return values
    weight = _halved(trust)
    coarse = _halved(values * trust) / np.maximum(weight, np.finfo(np.float32).tiny)
    # A place with one trusted pixel of four is as reliable as one with four.
    around = _doubled(_filled(coarse, np.minimum(4 * weight, 1)), values.shape)
    mixed: Numbers = around + trust * (values - around)
    return mixed


def _halved(values: Numbers) -> Numbers:
    """Return the means of 2x2 pixels; odd sides are padded with zero weight."""
    height, width = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2)))
    means: Numbers = (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4
    return means


def _doubled(values: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Upsample by 2 with bilinear interpolation, cropped to a shape."""
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        before = np.concatenate([values[:1], values[:-1]])
        after = np.concatenate([values[1:], values[-1:]])
        pairs = np.stack([0.75 * values + 0.25 * before, 0.75 * values + 0.25 * after], axis=1)
        values = np.moveaxis(pairs.reshape(-1, *values.shape[1:])[: shape[axis]], 0, axis)
    return values
