"""A picture of 4096 px within 8 GB: peak memory, plan and seconds of each scale, and a measurement of seams.

    python benchmarks/large.py [--photo FILE] [--painting FILE] [--size 4096] [--memory 8G] [--steps 30]
                               [-o out/large.png]

The bundled photo is enlarged. For the look at this size take large free pictures, such as those of Debian's
lomiri-wallpapers-20.04 (`apt-get download lomiri-wallpapers-20.04; dpkg -x lomiri*.deb backgrounds`).

Seam: the gradient of the result is computed over tiles of the plan's size and again over tiles of three
quarters of it. The two differ by rounding alone; where they differ as much along the first tiling's borders
as elsewhere (1), no seam is there to see.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

import impasto
from impasto.encoder.tiles import spans
from impasto.engine.plan import Plan
from impasto.media.image import load
from impasto.stills.stylize import Stylization
from peak import peak
from step import EXAMPLES

BAND = 8
"""Pixels to either side of a border of tiles in which a seam would show."""


def seam(result: Path, options: argparse.Namespace, tile: int) -> tuple[float, float]:
    """Return how far the gradients over two tilings differ, and how much more along the first's borders."""
    picture = load(result)
    settings = impasto.Settings(size=max(picture.size), start_size=0, steps=1)
    gradients = []
    for side in (tile, tile * 3 // 4):
        run = Stylization(options.photo, options.painting, settings.with_changes(plan=f"tile:{side}"))
        objective = run._objective(run.scales[0], run.encoder, run.plans[0])
        gradients.append(objective(picture.pixels(picture.size)).gradient)
    difference = (gradients[0] - gradients[1]).square()[0].mean(0)
    borders = torch.zeros_like(difference, dtype=torch.bool)
    for axis in (0, 1):
        for span in spans(difference.shape[axis], tile, "conv5_1")[1:]:
            borders.narrow(axis, span.start - BAND, 2 * BAND).fill_(True)
    share = float((difference.sum() / gradients[0].square()[0].mean(0).sum()).sqrt())
    return share, float(difference[borders].mean() / difference[~borders].mean())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photo", type=Path, default=EXAMPLES / "photos/eilean_donan.webp")
    parser.add_argument("--painting", type=Path, default=EXAMPLES / "paintings/cafe_terrace_at_night.webp")
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--memory", default="8G")
    parser.add_argument("--start-size", type=int, default=1024)
    parser.add_argument(
        "--steps", type=int, default=30, help="over all scales; 30 leave three for the last of five"
    )
    parser.add_argument("-o", "--out", type=Path, default=Path("out/large.png"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sizes = (
        "--size",
        options.size,
        "--start-size",
        options.start_size,
        "--steps",
        options.steps,
        "--memory",
        options.memory,
    )
    bytes_, text = peak(
        "impasto", "stylize", options.photo, options.painting, "-o", options.out, *sizes, "--json"
    )
    events = [json.loads(line) for line in text.splitlines()]
    plans = [Plan.parse(plan, 0) for plan in events[-1]["settings"]["plan"].split(",")]
    before = 0.0
    for scale, plan in zip((event for event in events if event["kind"] == "scale_done"), plans, strict=True):
        steps = sum(event["kind"] == "step" and event["scale"] == scale["scale"] for event in events)
        print(
            f"{scale['width']:5}x{scale['height']:<5} {plan!s:15} {steps:3} steps  "
            f"{(scale['seconds'] - before) / steps:7.2f} s a step"
        )
        before = scale["seconds"]
    print(f"peak {bytes_ / 1e9:.2f} GB of {options.memory}; {before:.0f} s")
    if plans[-1].way == "tile":
        share, ratio = seam(options.out, options, plans[-1].tile)
        print(
            f"gradients over two tilings differ by {share:.1e} of their norm; along the borders by "
            f"{ratio:.2f} of elsewhere (squared)"
        )


if __name__ == "__main__":
    main()
