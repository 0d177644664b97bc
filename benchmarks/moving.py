"""The errors of what moves or has just come to sight in a film, apart from the rest, which stands still.

Errors of whole frames hide it: what stands still is most of a frame, and has the painting's manner already.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import palette, recolour
from impasto.encoder import load_encoder
from impasto.encoder.tiles import Tiles
from impasto.engine.schedule import fit_long
from impasto.losses.content import Content
from impasto.losses.gram import Gram
from impasto.losses.moments import moments
from impasto.losses.regions import at_layer
from impasto.media.image import load
from impasto.settings.method import MANNER_LAYERS
from impasto.video.consistency import reliability
from impasto.video.flow import estimator
from impasto.video.frame import grey, pixels

MOVES = 1.0
"""Pixels of motion from one frame to the next from which a pixel moves."""

AROUND = 17
"""Side in pixels by which what moves is widened, so that its edge is in it."""

MOST = 0.5
"""Part of a frame above which nothing stands still, and the errors of the whole say all."""

STYLE, CONTENT = [layer.name for layer in MANNER_LAYERS], "conv4_2"


class Moving(NamedTuple):
    """Mean content and style error inside moving and fresh places, and their part of the frames."""

    content: float
    style: float
    part: float


def masks(frames: Sequence[np.ndarray]) -> dict[int, Tensor]:
    """Return what moves or is fresh, `(1, 1, H, W)` of 0 and 1, by frame; frames without any are left out."""
    flow_of, found = estimator("dis"), {}
    for i in range(1, len(frames)):
        one, before = grey(frames[i]), grey(frames[i - 1])
        flow = flow_of(one, before)
        moves = (flow.square().sum(1, keepdim=True).sqrt() > MOVES).float()
        mask = torch.maximum(moves, 1 - reliability(flow, flow_of(before, one)))
        mask = F.avg_pool2d(mask, 5, 1, 2).round()  # single pixels are noise of the flow
        mask = F.max_pool2d(mask, AROUND, 1, AROUND // 2)
        if 0.005 < float(mask.mean()) < MOST:
            found[i] = mask
    return found


@torch.no_grad()
def moving(frames: Sequence[np.ndarray], pictures: Sequence[np.ndarray], painting: Path) -> Moving | None:
    """Return the errors of a painted film, given the frames of its clip; None if nothing moves alone."""
    size = pictures[0].shape[:2]
    encoder = load_encoder([*STYLE, CONTENT])
    style = load(painting)
    sample = style.pixels(fit_long(style.size, max(size)))
    target = moments(Tiles(encoder, max(sample.shape), STYLE[-1]), sample, STYLE)
    colours, shot = palette(sample), palette(torch.cat([pixels(frame, size) for frame in frames], 3))
    found = []
    for i, small in masks(frames).items():
        mask = F.interpolate(small, size, mode="nearest")
        expected = encoder(recolour(pixels(frames[i], size), colours, shot), [CONTENT])[CONTENT]
        maps = encoder(pixels(pictures[i], size), [*STYLE, CONTENT])
        content = Content.of(expected, CONTENT, 1.0, emphasis=at_layer(mask, CONTENT))
        grams = [Gram.guided(name, 1.0, target[name], "relative", at_layer(mask, name)) for name in STYLE]
        errors = [float(loss.compare(loss.statistic(maps[loss.layer]), 1)) for loss in (content, *grams)]
        found.append((errors[0], sum(errors[1:]), float(mask.mean())))
    return Moving(*(fmean(column) for column in zip(*found, strict=True))) if found else None
