"""Variants tried for textures, on five samples: schedules, layers, the spectrum, and how a scale begins.

    python benchmarks/textures.py [--size 256] [--out out/textures] [--sheet FILE] [--cell 256]
                                  [--samples N] [--verbose] [NAME…]

Each variant changes one thing of the preset `texture`; NAMEs choose some. Each result is compared with its
sample by numbers that no variant optimises: the Gram matrices of layers between those that are read (the sum
of ‖G−A‖²/‖A‖²), how far its 7x7 patches are from the sample's at three resolutions (sliced Wasserstein
distance, in levels), how far the power of six bands of the luma is off (mean |log₂|), the finest band's alone
(above 0.35 cycles a pixel; 1 is as fine as the sample), and its histogram's distance in levels. `a crop` is a
piece of the sample itself: what chance alone leaves. Pictures that exist are not painted again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import impasto
from impasto.colour import luma, match_histogram
from impasto.engine.allocator import hold_freed_memory
from impasto.settings.presets import preset
from impasto.stills.pictures import Pictures
from judge import maps, moments, pixels, relative
from pairs import EXAMPLES, sheet

SAMPLES = [EXAMPLES / f"{name}" for name in ("photos/brick.png", "photos/gravel.png", "photos/grass.png")]
SAMPLES += [EXAMPLES / f"paintings/{name}.webp" for name in ("cafe_terrace_at_night", "church_at_auvers")]
HELD_OUT = ("conv1_2", "conv2_2", "conv3_2", "conv4_2")
BANDS = (0.01, 0.022, 0.044, 0.088, 0.175, 0.35, 0.71)


class Variant(NamedTuple):
    """Changes of a preset, replaced parts of the engine as `(owner, name, value)`, and colour matching."""

    changes: Mapping[str, Any] = MappingProxyType({})
    patches: tuple[tuple[object, str, object], ...] = ()
    preset: str = "texture"
    end: bool = False


def plain(self: Pictures, picture: Tensor, *_: object) -> Tensor:
    return picture


EQUAL, POOLS = "conv1_1,conv2_1,conv3_1,conv4_1,conv5_1", "conv1_1:10,pool1:3,pool2,pool3,pool4"
SMOOTH = ((Pictures, "_with_grain", plain),)


def before(grain: bool = False, **changes: Any) -> Variant:
    """What the preset was at first, with changes."""
    return Variant(
        {"decay": 0.73, "style_layers": EQUAL, "spectrum_weight": 1} | changes, () if grain else SMOOTH
    )


VARIANTS = {
    "before": before(),
    "before, with grain": before(grain=True),
    "before, decay 1": before(decay=1.0),
    "before, decay 1, spectrum 4": before(decay=1.0, spectrum_weight=4),
    "before, decay 1, shallow more": before(
        decay=1.0, style_layers="conv1_1:5,conv2_1:2,conv3_1,conv4_1,conv5_1"
    ),
    "texture": Variant(),
    "spectrum 0.1": Variant({"spectrum_weight": 0.1}),
    "spectrum 1": Variant({"spectrum_weight": 1}),
    "spectrum 1, from 128 px": Variant({"spectrum_weight": 1, "start_size": 128}),
    "spectrum 1, pools": Variant({"spectrum_weight": 1, "style_layers": POOLS}),
    "colours at the end": Variant(end=True),
    "best": Variant({"quality": "best"}),
    "texture2015": Variant(preset="texture2015"),
}


def paint(variant: Variant, sample: Path, out: Path, size: int) -> dict[str, float]:
    """Paint where it was not done yet, and return what was measured."""
    record = out.with_suffix(".json")
    if not out.exists():
        with ExitStack() as stack:
            for owner, name, value in variant.patches:
                stack.enter_context(mock.patch.object(owner, name, value))
            result = impasto.texture(
                sample,
                preset(variant.preset).with_changes(size=f"{size}x{size}").with_changes(**variant.changes),
            )
        result.save(out)
        if variant.end:
            colours = match_histogram(pixels(out), pixels(sample)).clamp(0, 255).round().byte()
            Image.fromarray(colours[0].permute(1, 2, 0).numpy()).save(out)
        record.write_text(json.dumps({"seconds": result.seconds}))
    return measured(out, sample) | json.loads(record.read_text())


class Facts(NamedTuple):
    """Compared statistics: moments of layers, power of bands, quantiles of projected patches and colours."""

    moments: list[Tensor]
    power: np.ndarray
    patches: Tensor
    colours: Tensor


@cache
@torch.no_grad()
def facts(path: Path) -> Facts:
    picture = pixels(path)
    found = maps(picture)
    return Facts(
        [moments(found[name]) for name in HELD_OUT],
        power(picture),
        patches(picture),
        quantiles(picture.flatten(2)[0]),
    )


def measured(result: Path, sample: Path) -> dict[str, float]:
    one, other = facts(result), facts(sample)
    bands = np.log2(one.power / other.power)
    return {
        "held out": sum(relative(a, b) for a, b in zip(one.moments, other.moments, strict=True)),
        "patches": float((one.patches - other.patches).abs().mean()),
        "bands": float(np.abs(bands).mean()),
        "grain": float(2 ** bands[-1]),
        "histogram": float((one.colours - other.colours).abs().mean()),
    }


def power(picture: Tensor) -> np.ndarray:
    """Return the mean power of the luma in each band of frequencies."""
    light = luma(picture)[0, 0].numpy().astype(float)
    window = np.outer(np.hanning(light.shape[0]), np.hanning(light.shape[1]))
    found = (
        np.abs(np.fft.fft2((light - (light * window).sum() / window.sum()) * window)) ** 2 / (window**2).sum()
    )
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(light.shape[1]), np.fft.fftfreq(light.shape[0])))
    return np.array([found[(frequency >= low) & (frequency < high)].mean() for low, high in pairwise(BANDS)])


def patches(picture: Tensor) -> Tensor:
    """Return the quantiles of 7x7 patches, projected on directions at full, half and quarter resolution."""
    directions = torch.randn(128, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    directions /= directions.flatten(1).norm(dim=1)[:, None, None, None]
    levels = [picture, F.avg_pool2d(picture, 2), F.avg_pool2d(picture, 4)]
    return torch.cat([quantiles(F.conv2d(level, directions).flatten(2)[0]) for level in levels])


def quantiles(values: Tensor) -> Tensor:
    """Return 1024 mid-quantiles of each row: two such differ by their Wasserstein distance."""
    at = (torch.arange(1024) + 0.5) / 1024
    return values.sort(1).values[:, (at * values.shape[1]).long()]


def crop(sample: Path, out: Path, size: int) -> dict[str, float]:
    image = Image.open(sample).convert("RGB")
    left, top = (image.width - size) // 2, (image.height - size) // 2
    image.crop((left, top, left + size, top + size)).save(out)
    return measured(out, sample) | {"seconds": 0.0}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--samples", type=int, default=len(SAMPLES))
    parser.add_argument("--out", type=Path, default=Path("out/textures"))
    parser.add_argument("--verbose", action="store_true", help="each sample by itself too")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--cell", type=int, default=256, help="pixels a side of each picture in it")
    options = parser.parse_args()
    hold_freed_memory()
    rows: dict[str, list[Path]] = {}
    print(f"{'at ' + str(options.size) + ' px':22} held out  patches  bands  grain  histogram  seconds")
    for name in options.names or ("a crop", *VARIANTS):
        folder = options.out / str(options.size) / name.replace(" ", "_")
        folder.mkdir(parents=True, exist_ok=True)
        rows[name], found = [], []
        for sample in SAMPLES[: options.samples]:
            rows[name].append(folder / f"{sample.stem}.png")
            found.append(
                crop(sample, rows[name][-1], options.size)
                if name == "a crop"
                else paint(VARIANTS[name], sample, rows[name][-1], options.size)
            )
            if options.verbose:
                report(f"  {sample.stem}", found[-1:])
        report(name, found)
    if options.sheet:
        sheet(list(rows.values()), options.sheet, options.cell, quality=78, names=list(rows))


def report(name: str, found: list[dict[str, float]]) -> None:
    mean = {key: float(np.mean([one[key] for one in found])) for key in found[0]}
    numbers = (
        f"{mean['held out']:8.4f} {mean['patches']:8.2f} {mean['bands']:6.2f} {mean['grain']:6.2f} "
        f"{mean['histogram']:10.2f} {mean['seconds']:8.1f}"
    )
    print(f"{name:22} {numbers}", flush=True)


if __name__ == "__main__":
    main()
