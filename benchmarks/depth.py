"""What a layer remembers of a picture: the peak signal-to-noise ratio of its reconstruction from five depths.

    python benchmarks/depth.py [--photo FILE] [--size 256] [--steps N] [--sheet docs/gallery/content.jpg]

Paints the figure that `impasto reconstruct PHOTO --figure content` paints, and compares each cell with the
photo at that size.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.engine.allocator import hold_freed_memory
from impasto.media.image import image_of, load
from impasto.settings.presets import preset
from impasto.stills.figures import figure
from pairs import EXAMPLES


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Return the peak signal-to-noise ratio of two pictures of 8 bits, in decibels."""
    error = np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else np.inf


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photo", type=Path, default=EXAMPLES / "photos/eilean_donan.webp")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    hold_freed_memory()
    changes = {"size": options.size, **({"steps": options.steps} if options.steps else {})}
    sheet = figure("content", options.photo, preset("reconstruction").with_changes(**changes))
    for _ in sheet:
        pass
    for name, cell in sheet.painted.items():
        layer = sheet.runs[name].settings.content_layers[0]
        original = image_of(load(options.photo).pixels((cell.image.height, cell.image.width)))
        print(
            f"{layer!s:8} {psnr(cell.image, original):6.2f} dB  content error "
            f"{cell.losses[f'content {layer}']:.2g}  {cell.seconds:6.1f} s",
            flush=True,
        )
    if options.sheet:
        sheet.save(options.sheet, private=True)


if __name__ == "__main__":
    main()
