"""Labelled grids: where the pictures are, and that no caption leaves its place."""

import numpy as np
import pytest
from PIL import Image, features

from impasto.media import grid as module
from impasto.media.grid import GAP, PAPER, Cell, grid


def square(colour: str, width: int = 40, height: int = 30) -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def test_pictures_stand_in_rows_each_in_the_middle_of_its_place():
    drawn = grid([[Cell(square("red")), Cell(square("lime", 20, 10))], [Cell(square("blue", 40, 50))]])
    assert drawn.size == (40 + 20 + 3 * GAP, 30 + 50 + 3 * GAP)
    pixels = np.asarray(drawn)
    assert (pixels[GAP : GAP + 30, GAP : GAP + 40] == (255, 0, 0)).all()
    assert (pixels[GAP + 10 : GAP + 20, 40 + 2 * GAP : 60 + 2 * GAP] == (0, 255, 0)).all() and tuple(
        pixels[GAP + 9, 50 + 2 * GAP]
    ) == (255, 255, 255)
    assert (pixels[30 + 2 * GAP : 80 + 2 * GAP, GAP : GAP + 40] == (0, 0, 255)).all()
    assert int((pixels != 255).any(-1).sum()) == 40 * 30 + 20 * 10 + 40 * 50


def test_without_a_picture_the_place_stays_and_transparency_shows_the_ground():
    clear = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    drawn = np.asarray(grid([[Cell(None, "A1"), Cell(clear)]], size=(40, 30)))
    assert (drawn[GAP : GAP + 30, GAP : GAP + 40] == 0xE8).all() and (
        drawn[GAP : GAP + 30, 2 * GAP + 40 : 2 * GAP + 80] == 255
    ).all()


def ink(drawn: Image.Image) -> np.ndarray:
    return (np.asarray(drawn.convert("L")) < 200).nonzero()


@pytest.mark.parametrize("width", [64, 192, 600])
def test_captions_stay_within_their_column_and_do_not_overlap(width):
    words = (
        "strength 50",
        "brush 0.5",
        "W" * 400,
        "two\nlines",
        "style painter_on_the_road_to_tarascon + portrait_of_pere_tanguy",
    )
    drawn = grid([[Cell(square(PAPER, width, 30), "B3", words)]])
    rows, columns = ink(drawn)
    assert (
        columns.min() >= GAP
        and columns.max() < GAP + width
        and rows.min() >= GAP + 30
        and rows.max() < drawn.height - GAP
    )
    filled = np.bincount(rows, minlength=drawn.height) > 0
    lines = int((filled[1:] & ~filled[:-1]).sum())
    assert lines >= 3  # each line apart from the next
    assert len(words) >= lines - 1


def test_letters_are_high_enough_to_be_read_at_a_sheets_usual_size():
    rows, _ = ink(grid([[Cell(square(PAPER, 192), "B3")]]))
    assert rows.max() - rows.min() + 1 >= 8  # capitals


def test_without_freetype_captions_are_drawn_all_the_same(monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: False)
    monkeypatch.setattr(module.ImageFont, "load_default", module.ImageFont.load_default_imagefont)
    rows, columns = ink(grid([[Cell(square(PAPER, 192), "B3", ("strength 50", "ħ\n" * 300))]]))
    assert len(rows) and columns.max() < GAP + 192
