"""Consistency of the look across sizes: one pair at several sizes, scaled down and compared at the smallest.

    python benchmarks/sizes.py [--sizes 384,512,1024,2048] [--photo eilean_donan.webp]
        [--style cafe_terrace_at_night] [--out out/sizes] [--sheet docs/gallery/sizes.jpg]

Prints the distance (root mean square, in levels of 0 to 255) between the pictures at the smallest size,
beside that between two runs at that size which differ in nothing but one level of noise in the photo: the
optimiser's own chance. Content and style errors are judged at each picture's own size.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import impasto
from impasto.engine.allocator import hold_freed_memory
from judge import judge
from pairs import files_of, sheet


def brought_to(path: Path, size: tuple[int, int]) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS), float)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.mean((one - other) ** 2)))


def disturbed(photo: Path, target: Path) -> Path:
    """Write the photo with one level of noise."""
    pixels = np.asarray(Image.open(photo).convert("RGB"), float)
    noise = np.random.default_rng(0).choice([-1, 0, 1], pixels.shape)
    Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="384,512,1024,2048")
    parser.add_argument("--photo", default="eilean_donan.webp")
    parser.add_argument("--style", default="cafe_terrace_at_night")
    parser.add_argument("--out", type=Path, default=Path("out/sizes"))
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    hold_freed_memory()
    photo, painting = files_of(options.photo, options.style, {})
    sizes, made = sorted(map(int, options.sizes.split(","))), []
    for size, source in [
        *((size, photo) for size in sizes),
        (sizes[0], disturbed(photo, options.out / "disturbed.png")),
    ]:
        out = options.out / f"{source.stem}+{painting.stem}-{size}.png"
        result = impasto.stylize(source, painting, impasto.Settings(size=size))
        result.save(out)
        made.append(out)
        first = Image.open(made[0])
        far = distance(brought_to(out, first.size), brought_to(made[0], first.size))
        errors = judge(out, source, painting)
        name = f"{size} px" + (", photo disturbed by one level" if source is not photo else "")
        print(
            f"{name:40} distance {far:5.1f}  content {errors.content:.3f}  style {errors.style:.4f}  "
            f"{result.seconds:6.1f} s",
            flush=True,
        )
    if options.sheet:
        sheet([made[:-1][i : i + 2] for i in range(0, len(sizes), 2)], options.sheet, 384)


if __name__ == "__main__":
    main()
