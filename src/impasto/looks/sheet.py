"""All looks on one photo."""

from __future__ import annotations

from PIL import Image

from impasto.engine.schedule import fit_long
from impasto.looks.instant import instant
from impasto.looks.look import read_look
from impasto.looks.shelf import looks
from impasto.media.grid import Cell, grid
from impasto.media.image import Source, image_of
from impasto.settings.presets import preset
from impasto.stills.stock import Stock

SIZE, COLUMNS = 480, 5
"""Long side of a picture of the sheet, and pictures in a row."""


def sheet_of(photo: Source) -> Image.Image:
    """Return a sheet of the photo and of it painted with every look; raises PictureError and LookError."""
    stock, settings = Stock(), preset("instant").with_changes(size=SIZE)
    picture = stock.picture(photo)
    cells = [Cell(image_of(picture.pixels(fit_long(picture.size, SIZE))), "photo")]
    for name, path in looks().items():
        card = read_look(path).card
        painted = instant(photo, name, settings, stock=stock, on_event=lambda _event: True)
        cells.append(Cell(painted.image.convert("RGB"), name, (card.title,)))
    return grid([cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)])
