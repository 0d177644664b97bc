"""The looks of the package, on a photo that none was trained on."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import impasto
from impasto.colour import palette, recolour
from impasto.engine.schedule import fit_long
from impasto.looks import shelf
from impasto.looks.card import read_about, shipped
from impasto.looks.look import read_look
from impasto.looks.training import BLOCK
from impasto.settings.presets import preset
from impasto.stills.stock import Stock

PHOTO = Path(__file__).parents[2] / "benchmarks" / "pictures" / "bridge.webp"
LOOKS = list(shipped())
SIZE = 640

LEVELS = 60.0
"""Change of a block's colour, apart from its brightness, that is no spot; a spotted look had 95."""


@pytest.fixture(scope="module")
def stock():
    return Stock()


def recoloured(name, pixels):
    return recolour(pixels, read_look(shelf.path_of(name)).palette, palette(pixels))


@pytest.fixture(scope="module")
def pixels(stock):
    photo = stock.picture(PHOTO)
    return photo.pixels(fit_long(photo.size, SIZE))


def painted(name, strength, stock):
    settings = preset("instant").with_changes(size=SIZE, strength=strength, precision="float32")
    return impasto.instant(PHOTO, name, settings, stock=stock).pixels


def test_there_are_twelve_and_a_third_at_most_are_of_one_painter():
    painters = [read_look(shelf.path_of(name)).card.painter for name in LOOKS]
    assert len(LOOKS) >= 12 and painters.count("Vincent van Gogh") <= 4


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_says_where_it_comes_from_and_what_it_reaches(name):
    look = read_look(shelf.path_of(name))
    card = look.card
    assert card.title and card.painter and card.source and card.licence and card.thumbnail
    assert look.trunk_sha256 == shelf.shared_hash() and look.trunk is None
    about = read_about(shelf.path_of(name))  # without torch
    assert (about.name, about.trunk_sha256, about.card) == (name, look.trunk_sha256, look.card)
    assert 0.55 < card.content < 0.65 and card.style > 0


@pytest.mark.parametrize("name", LOOKS)
def test_it_has_no_spots_of_another_colour(name, stock, pixels):
    """Dark smooth places of this photo were painted in one strong colour by networks that were left to it."""
    start = recoloured(name, pixels).clamp(0, 255)
    change = F.avg_pool2d(painted(name, 60, stock) - start, BLOCK)
    chroma = (change - change.mean(1, keepdim=True)).abs().amax(1).flatten()
    assert torch.quantile(chroma, 0.99) < LEVELS


def test_more_strength_is_farther_from_the_photo(stock, pixels):
    assert float((painted("night_cafe", 0, stock) - pixels).abs().mean()) < 1
    start = recoloured("night_cafe", pixels)
    errors = [float((painted("night_cafe", s, stock) - start).abs().mean()) for s in (30, 50, 70)]
    assert errors == sorted(errors)
