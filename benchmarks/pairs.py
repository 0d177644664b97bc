"""The pairs that are painted and judged, where their pictures are, and a sheet of what comes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageDraw

EXAMPLES = Path(__file__).parents[1] / "examples"
PAIRS = (
    ("eilean_donan.webp", "cafe_terrace_at_night"),
    ("astronaut.png", "church_at_auvers"),
    ("chelsea.png", "night_cafe"),
    ("coffee.png", "portrait_of_pere_tanguy"),
    ("rocket.jpg", "langlois_bridge_at_arles"),
    ("astronaut.png", "hatching"),
    ("chelsea.png", "flat_shapes"),
    ("eilean_donan.webp", "gravel"),
)
GAP = 4


def files_of(photo: str, style: str, plain: Mapping[str, Path]) -> tuple[Path, Path]:
    """Return the files of a pair; the style is one of the `plain` ones, a painting, or a photo of a texture."""
    found = [*(EXAMPLES / "paintings").glob(f"{style}.*"), *(EXAMPLES / "photos").glob(f"{style}.*")]
    return EXAMPLES / "photos" / photo, plain[style] if style in plain else found[0]


def sheet(rows: Sequence[Sequence[Path]], target: Path, cell: int, *, quality: int = 80, names: Sequence[str] = ()) -> None:
    """Draw rows of pictures, each within `cell` pixels a side, with the name of each row in its first picture where there are any."""
    pictures = [[Image.open(path).convert("RGB") for path in row] for row in rows]
    for row in pictures:
        for picture in row:
            picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    heights = [max(picture.height for picture in row) + GAP for row in pictures]
    canvas = Image.new("RGB", (max(map(len, rows)) * (cell + GAP), sum(heights)), "white")
    for i, row in enumerate(pictures):
        for j, picture in enumerate(row):
            canvas.paste(picture, (j * (cell + GAP), sum(heights[:i])))
    for i, name in enumerate(names):
        ImageDraw.Draw(canvas).text((4, sum(heights[: i + 1]) - 18), name, fill="black", stroke_width=1, stroke_fill="white")
    target.parent.mkdir(parents=True, exist_ok=True)
    canvas.save(target, quality=quality)
