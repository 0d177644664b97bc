"""The two errors by which a result is judged, and nothing of how it was made.

    python benchmarks/judge.py RESULT CONTENT STYLE

Content: ‖F−P‖²/‖P‖² at conv4_2 against the photo recoloured with the style's palette. Style: the sum over conv1_1 to
conv5_1 of ‖G−A‖²/‖A‖². VGG-19 with average pooling and zero padding in float32, the style at the result's long side,
the result as saved in 8 bits.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import torch

from impasto.colour import palette, recolour
from impasto.encoder import load_encoder
from impasto.engine.schedule import fit_long
from impasto.losses.content import Content
from impasto.losses.gram import Gram, gram, moments
from impasto.media.image import load

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")


class Errors(NamedTuple):
    """Relative content error, and relative style error summed over the five layers."""

    content: float
    style: float


@torch.no_grad()
def judge(result: Path, content: Path, style: Path) -> Errors:
    picture, photo, painting = (load(path) for path in (result, content, style))
    encoder = load_encoder(STYLE_LAYERS)
    manner = painting.pixels(fit_long(painting.size, max(picture.size)))
    target = recolour(photo.pixels(picture.size), palette(manner))
    found, styles = (encoder(pixels, (*STYLE_LAYERS, "conv4_2")) for pixels in (picture.pixels(picture.size), manner))
    kept = Content.of(encoder(target, ["conv4_2"])["conv4_2"], "conv4_2", 1.0)
    total = 0.0
    for name in STYLE_LAYERS:
        positions = found[name].shape[2] * found[name].shape[3]
        total += float(Gram(name, 1.0, moments(styles[name])).compare(gram(found[name]), positions))
    return Errors(float(kept.compare(kept.statistic(found["conv4_2"]), 1)), total)


if __name__ == "__main__":
    errors = judge(*map(Path, sys.argv[1:4]))
    print(f"content {errors.content:.4f}  style {errors.style:.4f}")
