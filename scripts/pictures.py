"""Paint the small pictures of README and how-to.

    python scripts/pictures.py [first] [dial] [regions] [colours] [tiles] [filters] [looks]

Each is a row or a sheet in docs/gallery, painted with the settings that its page names.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import impasto
from impasto.looks.sheet import sheet_of
from impasto.media.grid import Cell, grid

ROOT = Path(__file__).parents[1]
PHOTOS, PAINTINGS, GALLERY = ROOT / "examples/photos", ROOT / "examples/paintings", ROOT / "docs/gallery"
SIZE, STEPS = 256, 120
FILTER = 192
"""Long side of a picture that excites a filter, in pixels."""

HEIGHT = 150
"""Height of a row in pixels."""


def main() -> None:
    """Paint the rows that are named, or all."""
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name]()


def first() -> None:
    """What the default makes of a photo and a painting."""
    photo, painting = PHOTOS / "eilean_donan.webp", PAINTINGS / "cafe_terrace_at_night.webp"
    row(
        GALLERY / "first.jpg",
        [Image.open(photo), Image.open(painting), impasto.stylize(photo, painting).image],
        height=300,
    )


def dial() -> None:
    """Strengths from the photo to the painting."""
    photo, painting = PHOTOS / "eilean_donan.webp", PAINTINGS / "cafe_terrace_at_night.webp"
    row(
        GALLERY / "dial.jpg",
        [painted(photo, painting, strength=strength) for strength in (0, 25, 50, 75, 100)],
    )


def regions() -> None:
    """A photo, the mask of its sky, two paintings, and the sky in one and the ground in the other."""
    photo = PHOTOS / "eilean_donan.webp"
    night, harvest = PAINTINGS / "cafe_terrace_at_night.webp", PAINTINGS / "harvest_at_la_crau.webp"
    with TemporaryDirectory() as folder:
        above, below = Path(folder) / "above.png", Path(folder) / "below.png"
        shore = horizon(Image.open(photo).size)
        shore.save(above)
        shore.point(lambda level: 255 - level).save(below)
        both = painted(photo, [night, harvest], style_mask=(str(above), str(below)))
        protected = painted(PHOTOS / "astronaut.png", PAINTINGS / "church_at_auvers.webp", protect="faces")
    row(
        GALLERY / "regions.jpg",
        [Image.open(photo), shore, Image.open(night), Image.open(harvest), both, protected],
    )


def colours() -> None:
    """The painting's colours, half of the photo's, and the photo's by each method."""
    photo, painting = PHOTOS / "coffee.png", PAINTINGS / "cafe_terrace_at_night.webp"
    changes = (
        {},
        {"colors": "mix"},
        {"colors": "content"},
        {"colors": "content", "color_method": "covariance"},
    )
    row(
        GALLERY / "colours.jpg",
        [Image.open(photo), *(painted(photo, painting, **change) for change in changes)],
    )


def tiles() -> None:
    """Textures that repeat, each twice by twice."""
    settings = impasto.preset("texture").with_changes(size="160x160", tileable=True)
    repeated = []
    for name in ("brick", "gravel", "grass"):
        tile = impasto.texture(PHOTOS / f"{name}.png", settings).image
        repeated.append(Image.new("RGB", (2 * tile.width, 2 * tile.height)))
        for place in ((0, 0), (tile.width, 0), (0, tile.height), tile.size):
            repeated[-1].paste(tile, place)
    row(GALLERY / "tiles.jpg", repeated, height=320)


def filters() -> None:
    """What excites the filters of four layers that the photo excites most."""
    photo, settings = PHOTOS / "eilean_donan.webp", impasto.preset("features").with_changes(size=FILTER)
    cells = []
    for layer, found in impasto.features(photo, ("conv2_1", "conv3_1", "conv4_1", "conv5_1"), 3).items():
        cells.append(
            [
                Cell(impasto.maximize(photo, layer, channel, settings).image, f"{layer}:{channel}")
                for channel, _ in found
            ]
        )
    grid([list(column) for column in zip(*cells, strict=True)]).save(GALLERY / "filters.jpg", quality=82)


def looks() -> None:
    """All looks on one photo."""
    sheet = sheet_of(PHOTOS / "eilean_donan.webp")
    sheet.thumbnail((1200, 1200))
    sheet.save(GALLERY / "looks.jpg", quality=82)


def painted(photo: Path, styles: Path | list[Path], **changes: object) -> Image.Image:
    """Return the photo painted with these changes of the default, small."""
    return impasto.stylize(
        photo, styles, impasto.Settings(size=SIZE, steps=STEPS).with_changes(**changes)
    ).image


def horizon(size: tuple[int, int]) -> Image.Image:
    """White above the far shore of the loch, black below it, with a soft edge."""
    width, height = size
    ramp = [round(255 * min(1, max(0, 0.5 + (0.71 - y / height) * 25))) for y in range(height)]
    return Image.frombytes("L", (1, height), bytes(ramp)).resize((width, height))


def row(target: Path, pictures: Sequence[Image.Image], height: int = HEIGHT) -> None:
    """Write the pictures side by side, all of one height."""
    scaled = [
        picture.convert("RGB").resize(
            (round(height * picture.width / picture.height), height), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    canvas = Image.new("RGB", (sum(picture.width + 4 for picture in scaled) - 4, height), "white")
    for index, picture in enumerate(scaled):
        canvas.paste(picture, (sum(before.width + 4 for before in scaled[:index]), 0))
    canvas.save(target, quality=82)


PICTURES = {
    "first": first,
    "dial": dial,
    "regions": regions,
    "colours": colours,
    "tiles": tiles,
    "filters": filters,
    "looks": looks,
}

if __name__ == "__main__":
    main()
