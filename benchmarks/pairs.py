"""The pairs that are painted and judged, where their pictures are, and a sheet of what comes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from impasto.media.grid import Cell, grid

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


def files_of(photo: str, style: str, plain: Mapping[str, Path]) -> tuple[Path, Path]:
    """Return the files of a pair; the style is a `plain` one, a painting, or a photo of a texture."""
    found = [*(EXAMPLES / "paintings").glob(f"{style}.*"), *(EXAMPLES / "photos").glob(f"{style}.*")]
    return EXAMPLES / "photos" / photo, plain[style] if style in plain else found[0]


def sheet(
    rows: Sequence[Sequence[Path]], target: Path, cell: int, *, quality: int = 80, names: Sequence[str] = ()
) -> None:
    """Draw rows of pictures within `cell` pixels a side, with the row's name below its first picture."""
    drawn = []
    for i, row in enumerate(rows):
        pictures = [Image.open(path).convert("RGB") for path in row]
        for picture in pictures:
            picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
        drawn.append(
            [
                Cell(picture, name)
                for picture, name in zip(pictures, [*names[i : i + 1], *[""] * len(row)], strict=False)
            ]
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    grid(drawn).save(target, quality=quality)
