"""Paint the small pictures of README and how-to: python scripts/pictures.py [first] [dial] [regions] [colours]

Each is a row in docs/gallery, painted with the settings that its page names.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import impasto

ROOT = Path(__file__).parents[1]
PHOTOS, PAINTINGS, GALLERY = ROOT / "examples/photos", ROOT / "examples/paintings", ROOT / "docs/gallery"
SIZE, STEPS = 256, 120
HEIGHT = 150
"""Height of a row in pixels."""


def main() -> None:
    """Paint the rows that are named, or all."""
    for name in sys.argv[1:] or ("first", "dial", "regions", "colours"):
        {"first": first, "dial": dial, "regions": regions, "colours": colours}[name]()


def first() -> None:
    """What the default makes of a photo and a painting."""
    photo, painting = PHOTOS / "eilean_donan.webp", PAINTINGS / "cafe_terrace_at_night.webp"
    row(GALLERY / "first.jpg", [Image.open(photo), Image.open(painting), impasto.stylize(photo, painting).image], height=300)


def dial() -> None:
    """Strengths from the photo to the painting."""
    photo, painting = PHOTOS / "eilean_donan.webp", PAINTINGS / "cafe_terrace_at_night.webp"
    row(GALLERY / "dial.jpg", [painted(photo, painting, strength=strength) for strength in (0, 25, 50, 75, 100)])


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
    row(GALLERY / "regions.jpg", [Image.open(photo), shore, Image.open(night), Image.open(harvest), both, protected])


def colours() -> None:
    """The painting's colours, half of the photo's, and the photo's by each method."""
    photo, painting = PHOTOS / "coffee.png", PAINTINGS / "cafe_terrace_at_night.webp"
    changes = ({}, {"colors": "mix"}, {"colors": "content"}, {"colors": "content", "color_method": "covariance"})
    row(GALLERY / "colours.jpg", [Image.open(photo), *(painted(photo, painting, **change) for change in changes)])


def painted(photo: Path, styles: Path | list[Path], **changes: object) -> Image.Image:
    """Return the photo painted with these changes of the default, small."""
    return impasto.stylize(photo, styles, impasto.Settings(size=SIZE, steps=STEPS).with_changes(**changes)).image


def horizon(size: tuple[int, int]) -> Image.Image:
    """White above the far shore of the loch, black below it, with a soft edge."""
    width, height = size
    ramp = [round(255 * min(1, max(0, 0.5 + (0.71 - y / height) * 25))) for y in range(height)]
    return Image.frombytes("L", (1, height), bytes(ramp)).resize((width, height))


def row(target: Path, pictures: Sequence[Image.Image], height: int = HEIGHT) -> None:
    """Write the pictures side by side, all of one height."""
    scaled = [picture.convert("RGB").resize((round(height * picture.width / picture.height), height), Image.Resampling.LANCZOS) for picture in pictures]
    canvas = Image.new("RGB", (sum(picture.width + 4 for picture in scaled) - 4, height), "white")
    for index, picture in enumerate(scaled):
        canvas.paste(picture, (sum(before.width + 4 for before in scaled[:index]), 0))
    canvas.save(target, quality=82)


if __name__ == "__main__":
    main()
