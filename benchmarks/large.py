"""A picture of 4096 px within 8 GB: peak memory, plan and seconds of each scale, and whether a seam can be measured.

    python benchmarks/large.py [--photo FILE] [--painting FILE] [--size 4096] [--memory 8G] [--steps 70] [-o out/large.png]

The bundled photo is enlarged. For the look at this size take large free pictures, such as those of Debian's
lomiri-wallpapers-20.04 (`apt-get download lomiri-wallpapers-20.04; dpkg -x lomiri*.deb backgrounds`).

Seam: the squared jump of the saved picture from one column (and row) to the next at the borders of tiles, over the same
at sixteen places around each; near 1 where no border can be told from its surroundings.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.engine.plan import Plan
from impasto.objective.tiles import spans
from peak import peak
from step import EXAMPLES

GRID = 16
"""Pixels between two positions of the deepest layer: a border lies between two, so it is compared with others that do."""


def seam(picture: np.ndarray, plan: Plan, deepest: str = "conv5_1") -> float:
    """Return the jump at the borders of tiles over the jump around them, of a picture `(H, W, 3)`."""
    ratios = []
    for axis in (0, 1):
        jumps = np.square(np.diff(picture.astype(np.float64), axis=axis)).mean(axis=(1 - axis, 2))
        for span in spans(picture.shape[axis], plan.tile, deepest)[1:]:
            around = [span.start - 1 + side * GRID * n for side in (-1, 1) for n in range(1, 9)]
            ratios.append(jumps[span.start - 1] / jumps[around].mean())
    return float(np.mean(ratios))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photo", type=Path, default=EXAMPLES / "photos/eilean_donan.webp")
    parser.add_argument("--painting", type=Path, default=EXAMPLES / "paintings/cafe_terrace_at_night.webp")
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--memory", default="8G")
    parser.add_argument("--steps", type=int, default=70)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/large.png"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sizes = ("--size", options.size, "--steps", options.steps, "--memory", options.memory)
    bytes_, text = peak("impasto", "stylize", options.photo, options.painting, "-o", options.out, *sizes, "--json")
    events = [json.loads(line) for line in text.splitlines()]
    plans = [Plan.parse(plan, 0) for plan in events[-1]["settings"]["plan"].split(",")]
    before = 0.0
    for scale, plan in zip((event for event in events if event["kind"] == "scale_done"), plans, strict=True):
        steps = sum(event["kind"] == "step" and event["scale"] == scale["scale"] for event in events)
        print(f"{scale['width']:5}x{scale['height']:<5} {plan!s:15} {steps:3} steps  {(scale['seconds'] - before) / steps:7.2f} s a step")
        before = scale["seconds"]
    print(f"peak {bytes_ / 1e9:.2f} GB of {options.memory}; {before:.0f} s")
    if plans[-1].tile:
        print(f"seam {seam(np.asarray(Image.open(options.out).convert('RGB')), plans[-1]):.3f}")


if __name__ == "__main__":
    main()
