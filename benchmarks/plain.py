"""Plain synthetic styles to judge the default by: a hatched drawing, flat shapes, and a photo's texture.

python benchmarks/plain.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 640
FACTOR = 2
"""Drawn so many times larger and reduced, for soft edges."""


def hatching(seed: int = 1) -> Image.Image:
    """Return patches of pencil strokes in several directions on white paper."""
    generator = np.random.default_rng(seed)
    image = Image.new("L", (SIDE * FACTOR, SIDE * FACTOR), 250)
    draw = ImageDraw.Draw(image)
    for _ in range(260):
        centre, angle, dark = (
            generator.uniform(0, SIDE * FACTOR, 2),
            generator.choice([0.6, 0.9, 2.2, 2.6]),
            int(generator.integers(40, 170)),
        )
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for place in range(-9, 10):
            middle = centre + across * place * 13 + generator.normal(0, 2.5, 2)
            ends = [middle - along * generator.uniform(50, 110), middle + along * generator.uniform(50, 110)]
            draw.line([tuple(end) for end in ends], fill=dark, width=3)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).convert("RGB")


def flat_shapes(seed: int = 2) -> Image.Image:
    """Return overlapping polygons and discs in seven flat colours."""
    generator = np.random.default_rng(seed)
    colours = ["#e8d8b0", "#d1422f", "#1f4e79", "#f2b134", "#2a2a2a", "#5b8c5a", "#e89ac7"]
    image = Image.new("RGB", (SIDE * FACTOR, SIDE * FACTOR), colours[0])
    draw = ImageDraw.Draw(image)
    for _ in range(90):
        centre, radius = generator.uniform(0, SIDE * FACTOR, 2), generator.uniform(40, 190)
        turns = np.sort(generator.uniform(0, 2 * np.pi, int(generator.integers(3, 6))))
        corners = [tuple(centre + radius * np.array([np.cos(t), np.sin(t)])) for t in turns]
        fill = str(generator.choice(colours))
        if generator.random() < 0.35:
            draw.ellipse([tuple(centre - radius / 2), tuple(centre + radius / 2)], fill=fill)
        else:
            draw.polygon(corners, fill=fill)
    return image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def gravel() -> Image.Image:
    """Return a photo of gravel, tinted as stones are."""
    grey = (
        Image.open(Path(__file__).parents[1] / "examples/photos/gravel.png")
        .convert("L")
        .resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    )
    levels = np.asarray(grey, dtype=np.float32)[..., None] / 255
    return Image.fromarray(
        (np.array([255, 236, 208]) * levels + np.array([0, 8, 24]) * (1 - levels))
        .clip(0, 255)
        .astype(np.uint8)
    )


STYLES = {"hatching": hatching, "flat_shapes": flat_shapes, "gravel": gravel}


def write(folder: Path, drawings: Mapping[str, Callable[[], Image.Image]] = STYLES) -> dict[str, Path]:
    """Draw every plain style, or other drawings, into a folder, and return their files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.png" for name in drawings}
    for name, draw in drawings.items():
        draw().save(files[name])
    return files


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "out/plain"))
