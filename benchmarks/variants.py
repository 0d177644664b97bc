"""Variants tried for the default look, on six pairs: losses, layers, smoothing, schedules and starts.

    python benchmarks/variants.py [--size 256] [--steps N] [--out out/variants]
                                  [--sheet docs/gallery/variants.jpg] [--pairs N] [NAME…]

Each variant changes one thing of the default; NAMEs choose some. Prints what both judges find of each
variant, averaged over the pairs, how fine its grain is (power of the luma above 0.35 cycles a pixel, against
the style picture's own: 1 is as fine as the painting, 0 smooth), and seconds. Pictures that exist are not
painted again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import impasto
from impasto.engine import schedule
from impasto.engine.allocator import hold_freed_memory
from impasto.objective import build
from impasto.stills import stylize
from impasto.stills.enlarge import followed
from impasto.stills.pictures import Pictures
from pairs import PAIRS, files_of, sheet
from plain import write
from rivals import Bounded, Frequencies, Sliced, gaussian, instead, nearest, wasserstein, written_as
from second_judge import both_judges

SIX = [pair for pair in PAIRS if pair[1] not in ("night_cafe", "gravel")]


class Variant(NamedTuple):
    """Changes of the settings, and replaced parts of the engine as `(owner, name, value)`."""

    changes: Mapping[str, Any] = MappingProxyType({})
    patches: tuple[tuple[object, str, object], ...] = ()


def style(of: Callable[..., object]) -> Variant:
    return Variant(patches=((build, "BUILDERS", instead(of)),))


def without_detail(self, picture, last, scale, now):
    return F.interpolate(picture, scale.size, mode="bicubic", align_corners=False)


def by_lanczos(self, picture, last, scale, now):
    def resized(pixels):
        size = scale.size[::-1]
        return torch.stack(
            [
                torch.from_numpy(
                    np.array(Image.fromarray(one.numpy()).resize(size, Image.Resampling.LANCZOS))
                )
                for one in pixels[0]
            ]
        )[None]

    before, content = (self.targets(one, now)[0] for one in (last, scale))
    weights = F.interpolate(followed(picture, before), scale.size, mode="bilinear", align_corners=False)
    return (resized(picture) + weights * (content - resized(before))).clamp(0, 255)


VARIANTS = {
    "default": Variant(),
    "covariance and mean": style(gaussian),
    "Wasserstein": style(wasserstein),
    "sliced": style(Sliced.of),
    "nearest": style(nearest),
    "not calm": Variant({"calm": 0}),
    "calm 1.0": Variant({"calm": 1.0}),
    "no photo detail": Variant(patches=((Pictures, "next_start", without_detail),)),
    "Lanczos": Variant(patches=((Pictures, "next_start", by_lanczos),)),
    "frequencies": Variant(patches=((stylize, "fresh_optimizer", written_as(Frequencies)),)),
    "bounded pixels": Variant({"range_weight": 0}, ((stylize, "fresh_optimizer", written_as(Bounded)),)),
    "conv1 to conv4": Variant({"style_layers": "conv1_1,conv2_1,conv3_1,conv4_1"}),
    "two layers a block": Variant(
        {"style_layers": "conv1_1,conv1_2,conv2_1,conv2_2,conv3_1,conv4_1,conv5_1"}
    ),
    "deep layers less": Variant({"style_layers": "conv1_1,conv2_1,conv3_1,conv4_1:0.5,conv5_1:0.25"}),
    "two content layers": Variant({"content_layers": "conv3_2,conv4_2"}),
    "total variation": Variant({"tv_weight": 1e-5}),
    "from 128 px": Variant({"start_size": 128}),
    "one scale": Variant({"start_size": 0}),
    "scales of 2": Variant(patches=((schedule, "RATIO", 2.0),)),
    "Adam": Variant({"optimizer": "adam", "learning_rate": 2.0}),
    "best": Variant({"quality": "best"}),
}


def paint(
    variant: Variant, photo: Path, painting: Path, settings: impasto.Settings, out: Path
) -> dict[str, float]:
    """Paint where it was not done yet, and return what was measured."""
    record = out.with_suffix(".json")
    if not record.exists():
        with ExitStack() as stack:
            for owner, name, value in variant.patches:
                stack.enter_context(mock.patch.object(owner, name, value))
            result = impasto.stylize(photo, painting, settings.with_changes(**variant.changes))
        result.save(out)
        grain = fineness(result.image) / fineness(_at(painting, max(result.image.size)))
        measured = both_judges(out, photo, painting) | {"grain": grain, "seconds": result.seconds}
        record.write_text(json.dumps(measured))
    return json.loads(record.read_text())


def fineness(image: Image.Image) -> float:
    """Return the mean power of the luma above 0.35 cycles a pixel."""
    luma = np.asarray(image.convert("L"), float)
    window = np.outer(np.hanning(luma.shape[0]), np.hanning(luma.shape[1]))
    power = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2 / window.sum()
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(luma.shape[1]), np.fft.fftfreq(luma.shape[0])))
    return float(power[frequency > 0.35].mean())


def _at(path: Path, long_side: int) -> Image.Image:
    image = Image.open(path).convert("RGB")
    factor = long_side / max(image.size)
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=len(SIX))
    parser.add_argument("--out", type=Path, default=Path("out/variants"))
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    hold_freed_memory()
    plain, rows, settings = (
        write(options.out / "plain"),
        {},
        impasto.Settings(size=options.size, steps=options.steps),
    )
    print(f"{f'at {options.size} px':22} content   style  shape  manner  patch  worst  grain  seconds")
    for name in options.names or VARIANTS:
        folder = options.out / str(options.size) / name.replace(" ", "_")
        folder.mkdir(parents=True, exist_ok=True)
        measured, rows[name] = [], []
        for photo_name, style_name in SIX[: options.pairs]:
            photo, painting = files_of(photo_name, style_name, plain)
            out = folder / f"{photo.stem}+{style_name}.png"
            measured.append(paint(VARIANTS[name], photo, painting, settings, out))
            rows[name].append(out)
        mean = {key: np.mean([one[key] for one in measured]) for key in measured[0]}
        print(
            f"{name:22} {mean['content']:7.3f} {mean['style']:7.4f} {mean['shape']:6.3f} "
            f"{mean['manner']:7.3f} {mean['patch']:6.3f} {mean['worst']:6.3f} "
            f"{mean['grain']:6.2f} {mean['seconds']:8.1f}",
            flush=True,
        )
    if options.sheet:
        sheet(list(rows.values()), options.sheet, 170, quality=78, names=list(rows))


if __name__ == "__main__":
    main()
