"""The content and style errors of a result, computed independently of `impasto.judge` to test it.

    python benchmarks/judge.py RESULT CONTENT STYLE

Content: ‖F−P‖²/‖P‖² at conv4_2 against the photo recoloured with the style's palette. Style: the sum over
conv1_1 to conv5_1 of ‖G−A‖²/‖A‖². VGG-19 with average pooling and zero padding in float32, the style at the
result's long side, the result as saved in 8 bits. Of the package it takes nothing but its weight file.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.numpy import load
from torch import Tensor

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))
MEAN = torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)


class Errors(NamedTuple):
    """Relative content error, and relative style error summed over the five layers."""

    content: float
    style: float


@cache
def weights() -> dict[str, np.ndarray]:
    return load((files("impasto") / "encoder/vgg19.safetensors").read_bytes())


def maps(rgb: Tensor, until: str = "conv5_1") -> dict[str, Tensor]:
    x, found = rgb.flip(1) - MEAN, {}
    for block, count in BLOCKS:
        x = F.avg_pool2d(x, 2) if block > 1 else x
        for name in (f"conv{block}_{i}" for i in range(1, count + 1)):
            kernel, bias = (
                weights()[f"{name}.codebook"][weights()[f"{name}.indices"]],
                weights()[f"{name}.bias"],
            )
            x = found[name] = F.relu(F.conv2d(x, torch.from_numpy(kernel), torch.from_numpy(bias), padding=1))
            if name == until:
                return found
    return found


def pixels(path: Path, size: tuple[int, int] | None = None, long_side: int = 0) -> Tensor:
    image = Image.open(path).convert("RGB")
    if long_side:
        size = tuple(round(side * long_side / max(image.size)) for side in image.size)
    if size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(image)).float().permute(2, 0, 1)[None]


def root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(1e-3).sqrt()) @ vectors.T


def recoloured(photo: Tensor, painting: Tensor) -> Tensor:
    """The photo with the painting's colour mean and covariance, by the symmetric map of Pitié and Kokaram."""
    own, wanted = photo.flatten(2)[0], painting.flatten(2)[0]
    half = root(torch.cov(own))
    inverse = torch.linalg.inv(half)
    moved = inverse @ root(half @ torch.cov(wanted) @ half) @ inverse @ (
        own - own.mean(1, keepdim=True)
    ) + wanted.mean(1, keepdim=True)
    return moved.view_as(photo)


def relative(found: Tensor, target: Tensor) -> float:
    return float((found - target).square().sum() / target.square().sum())


def moments(feature_map: Tensor) -> Tensor:
    rows = feature_map.flatten(2)[0]
    return rows @ rows.T / rows.shape[1]


@torch.no_grad()
def judge(result: Path, content: Path, style: Path) -> Errors:
    picture = pixels(result)
    height, width = picture.shape[2:]
    painting = pixels(style, long_side=max(height, width))
    target = maps(recoloured(pixels(content, (width, height)), painting))
    found, wanted = maps(picture), maps(painting)
    errors = [relative(moments(found[name]), moments(wanted[name])) for name in STYLE_LAYERS]
    return Errors(relative(found["conv4_2"], target["conv4_2"]), sum(errors))


def main(arguments: Sequence[str]) -> None:
    errors = judge(*map(Path, arguments[:3]))
    print(f"content {errors.content:.4f}  style {errors.style:.4f}")


if __name__ == "__main__":
    main(sys.argv[1:])
