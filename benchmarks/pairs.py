"""The pairs that are painted and judged, where their pictures are, and a sheet of what comes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from drawn import DRAWN
from impasto.media.grid import Cell, grid
from plain import STYLES, write

EXAMPLES = Path(__file__).parents[1] / "examples"
FOLDERS = EXAMPLES / "paintings", EXAMPLES / "photos", Path(__file__).parent / "pictures"
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
"""Pairs by which the dial and variants of the method are judged."""

LOOK = (
    ("astronaut", "portrait_of_pere_tanguy"),
    ("astronaut", "pencil"),
    ("mariachi", "night_cafe"),
    ("mariachi", "fauve"),
    ("trier", "cafe_terrace_at_night"),
    ("avignon", "hatching"),
    ("bridge", "woodblock"),
    ("chelsea", "cubist"),
    ("dog", "harvest_at_la_crau"),
    ("lemurs", "watercolour"),
    ("eilean_donan", "church_at_auvers"),
    ("rocamadour", "mosaic"),
    ("citrus", "flat_shapes"),
    ("coffee", "vestibule_of_the_asylum"),
    ("logo", "langlois_bridge_at_arles"),
    ("logo", "watercolour"),
)
"""Pairs by which a default is judged.

A portrait, a group, streets, animals, landscapes, food and a logo; oils, ink, pencil, a woodblock print,
watercolour, a mosaic, a poster's flat shapes, cubism and fauvism.
"""


def files_of(photo: str, style: str, plain: Mapping[str, Path]) -> tuple[Path, Path]:
    """Return the files of a pair, each a `plain` drawing, a painting, or a photo."""
    return file_of(photo, plain), file_of(style, plain)


def file_of(name: str, plain: Mapping[str, Path]) -> Path:
    """Return the file of a drawing or of a picture of the project, by its name without ending."""
    stem = Path(name).stem
    return plain[stem] if stem in plain else next(one for at in FOLDERS for one in at.glob(f"{stem}.*"))


def drawings(names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Draw those of the names that are drawings, and return their files by name."""
    known, wanted = STYLES | DRAWN, set(names)
    return write(folder, {name: draw for name, draw in known.items() if name in wanted})


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
