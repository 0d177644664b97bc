"""The strength dial on ten pairs of very different styles: requested and measured content errors.

    python benchmarks/strength.py [--size 256] [--steps 150] [--out out/strength]
                                  [--sheet docs/gallery/strength.jpg] [NAME…]

Paints every pair at every strength; the errors are those of each picture as saved, by the run's own report.
The goal: content within a tenth of the strength, content rising from each strength to the next, and style
not. With NAMEs, only pairs whose photo or style has one of them. At 256 px there is one scale; 150 steps are
what a run of 330 steps gives it on the way to 512 px. Pictures that exist are not painted again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import impasto
from impasto.engine.allocator import hold_freed_memory
from pairs import PAIRS, files_of, sheet
from plain import write

TEN = (*PAIRS[:5], ("coffee.png", "harvest_at_la_crau"), *PAIRS[5:], ("rocket.jpg", "brick"))

SAME = 1e-3
"""A rise of the style error that counts as none: the manner is then matched to a tenth of a percent."""


def paint(photo: Path, painting: Path, settings: impasto.Settings, out: Path) -> tuple[float, float]:
    """Return content and style error of the picture as saved, which is painted where it was not yet."""
    record = out.with_suffix(".json")
    if not record.exists():
        result = impasto.stylize(photo, painting, settings)
        result.save(out)
        style = sum(value for name, value in result.losses.items() if name.startswith("style"))
        # Below the onset the style's losses come with less than their weight; the error itself is what is
        # compared.
        record.write_text(
            json.dumps([result.losses["content conv4_2"], style / settings.onset if settings.onset else None])
        )
    content, style = json.loads(record.read_text())
    return content, float("nan") if style is None else style


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--out", type=Path, default=Path("out/strength"))
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    hold_freed_memory()
    strengths, plain, rows = range(0, 101, 10), write(options.out / "plain"), []
    print("asked: " + " ".join(f"{strength:6}" for strength in strengths))
    for photo_name, style_name in TEN:
        photo, painting = files_of(photo_name, style_name, plain)
        if options.names and not {photo.stem, style_name} & set(options.names):
            continue
        row = [
            options.out / f"{photo.stem}+{style_name}-{options.size}-{strength}.png" for strength in strengths
        ]
        asked = [
            impasto.Settings(size=options.size, steps=options.steps, strength=strength)
            for strength in strengths
        ]
        found = np.array(
            [paint(photo, painting, settings, out) for settings, out in zip(asked, row, strict=True)]
        )
        rows.append(row)
        contents, styles = found.T
        off = max(
            abs(content / (strength / 100) - 1)
            for content, strength in zip(contents, strengths, strict=True)
            if strength
        )
        rising = (np.diff(contents) > 0).all() and (np.diff(styles[1:]) < SAME).all()
        print(
            f"{photo.stem} + {style_name}: {'monotone' if rising else 'NOT MONOTONE'}, off by {off:.1%} "
            "at most"
        )
        print("content " + " ".join(f"{value:6.3f}" for value in contents), flush=True)
        print("style   " + " ".join(f"{value:6.4f}" for value in styles), flush=True)
    if options.sheet:
        sheet(rows, options.sheet, 96)


if __name__ == "__main__":
    main()
