"""Flaws that were made by hand are found where they were made, and nowhere else."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import EXAMPLES, blobs
from impasto.errors import PictureError
from impasto.stills.flaws import FLAWED, Flaws, find_flaws, where
from impasto.stills.matches import coherent, elsewhere

SIDE, PIECE = 192, 56
"""Long side of the pictures, and the side of what is put into the result."""

LEFT, MIDDLE, RIGHT = (36, 4), (36, 68), (36, 132)
"""Row and column where a piece begins in the result of 128 by 192 pixels."""


class Pictures(NamedTuple):
    photo: np.ndarray
    painting: np.ndarray
    result: np.ndarray


@pytest.fixture(scope="module")
def pictures():
    """A cup of coffee, painted in the manner of a portrait without its objects: only its strokes are matched.

    The result is kept as a file, since painting takes half a minute: `Settings(size=SIDE, steps=80,
    style_layers="conv1_1,conv2_1,conv3_1")` of the pictures here.
    """
    files = ("photos/coffee.png", "paintings/portrait_of_pere_tanguy.webp")
    return Pictures(
        *(small(EXAMPLES / file) for file in files), small(Path(__file__).with_name("painted.webp"))
    )


@pytest.fixture(scope="module")
def clean(pictures):
    return find_flaws(pictures.result, pictures.photo, pictures.painting)


def small(path):
    image = Image.open(path).convert("RGB")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


def piece(picture, place):
    return picture[place[0] : place[0] + PIECE, place[1] : place[1] + PIECE]


def put(picture, part, place):
    changed = picture.copy()
    piece(changed, place)[:] = part
    return changed


def inside_and_outside(found, place):
    """The values of a map well within a piece, and well beyond it."""
    rows, columns = (torch.arange(size) * 16.0 + 8 for size in found.shape)
    down, across = (
        (one - start - PIECE / 2).abs() for one, start in zip((rows, columns), place, strict=True)
    )
    away = torch.maximum(down[:, None], across)
    return found[away < 18], found[away > 52]


def piece_of(found, place):
    return inside_and_outside(found, place)[0]


def face(pictures):
    return piece(pictures.painting, (38, 56))


def test_a_painted_result_has_no_flaws(clean):
    assert max(found.max() for found in clean.maps.values()) < 0.8 * FLAWED
    assert clean.words == "intrusions 0%, lost 0%, unpainted 0%"
    assert all(found.shape == (8, 12) and found.min() >= 0 for found in clean.maps.values())


@pytest.mark.parametrize(("face_at", "photo_at", "noisy"), [(LEFT, RIGHT, True), (RIGHT, LEFT, False)])
def test_each_flaw_is_found_where_it_was_made_and_not_elsewhere(pictures, face_at, photo_at, noisy):
    noise = np.random.default_rng(0).integers(0, 256, (PIECE, PIECE, 3), dtype=np.uint8)
    changed = put(pictures.result, face(pictures), face_at)
    changed = put(changed, piece(pictures.photo, photo_at), photo_at)
    changed = put(changed, noise if noisy else pictures.result.mean((0, 1)).astype(np.uint8), MIDDLE)
    flaws = find_flaws(changed, pictures.photo, pictures.painting)
    face_inside, face_outside = inside_and_outside(flaws.intrusions, face_at)
    assert face_inside.max() > 1.2 * FLAWED and face_outside.max() < FLAWED
    assert piece_of(flaws.lost, MIDDLE).min() > FLAWED > piece_of(flaws.lost, photo_at).max()
    photo_inside, photo_outside = inside_and_outside(flaws.unpainted, photo_at)
    assert photo_inside.min() > FLAWED > photo_outside.max()
    sides = {LEFT: "left", RIGHT: "right"}
    assert sides[face_at] in flaws.said("intrusions") and sides[photo_at] in flaws.said("unpainted")


def test_a_face_that_the_photo_has_too_is_no_intrusion(pictures):
    photo, result = (put(one, face(pictures), LEFT) for one in (pictures.photo, pictures.result))
    assert find_flaws(result, photo, pictures.painting).intrusions.max() < FLAWED


def test_flaws_of_several_paintings_are_those_of_each(pictures, clean):
    changed, other = put(pictures.result, face(pictures), LEFT), blobs(64, 192, 3)
    flaws = find_flaws(changed, pictures.photo, [(other, 1), (pictures.painting, 3)])
    inside, outside = inside_and_outside(flaws.intrusions, LEFT)
    assert inside.max() > FLAWED > outside.max() and flaws.unpainted.max() < FLAWED
    without = find_flaws(pictures.result, pictures.photo, [(other, 0), (pictures.painting, 1)])
    assert all(torch.equal(without.maps[name], clean.maps[name]) for name in clean.maps)


def test_transparent_parts_have_no_flaws(pictures):
    opacity = np.full((*pictures.photo.shape[:2], 1), 255, np.uint8)
    opacity[:, :96] = 0
    result = np.concatenate([pictures.photo, opacity], 2)
    found = find_flaws(result, pictures.photo, pictures.painting).unpainted
    assert not found[:, :6].any() and found[:, 7:].min() > FLAWED


def test_too_small_pictures_are_refused():
    with pytest.raises(PictureError, match="at 64x12 px is too small to look for flaws: conv5_1 needs 16 px"):
        find_flaws(blobs(12, 64), blobs(48, 64), blobs(48, 64))


def test_strips_are_looked_at():
    flaws = find_flaws(blobs(20, 600, 1), blobs(20, 600, 2), blobs(400, 12, 3))
    assert flaws.lost.shape == (1, 24)


def test_a_place_is_named():
    def at(*places):
        found = torch.zeros(6, 9)
        for place in places:
            found[place] = 1
        return where(found)

    assert [at(), at((0, 0)), at((3, 4)), at((2, 8)), at((5, 4), (5, 5), (0, 0))] == [
        "",
        "top left",
        "centre",
        "right",
        "bottom",
    ]
    assert at((0, 0), (0, 4), (0, 8), (5, 4)) == "scattered"
    assert where(torch.ones(6, 9)) == ""
    found = torch.zeros(20, 20)
    found[0, 0] = 1
    flaws = Flaws(found, torch.zeros(20, 20), found.flip(0) * FLAWED)
    assert flaws.words == "intrusions under 1% (top left), lost 0%, unpainted under 1% (bottom left)"


def test_coherent_cosines_are_means_over_pairs_at_the_same_offset():
    one, other = (3, 4), (4, 3)
    cosines = torch.rand(12, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = coherent(cosines, one, other, 3).view(*one, *other)
    volume = torch.nn.functional.pad(cosines.view(*one, *other), (1,) * 8)
    for place in np.ndindex(*one, *other):
        pairs = [
            volume[tuple(np.add(place, (1 + row, 1 + column) * 2))]
            for row in (-1, 0, 1)
            for column in (-1, 0, 1)
        ]
        assert found[place] == pytest.approx(float(sum(pairs)) / 9)


def test_elsewhere_is_beyond_what_is_near():
    cosines = torch.eye(4) + torch.tensor([0.1, 0.2, 0.3, 0.4])
    assert elsewhere(cosines, (1, 4), 1).tolist() == pytest.approx([0.4, 0.4, 0.1, 0.2])
    assert elsewhere(cosines, (2, 2), 1).tolist() == [1.0] * 4
