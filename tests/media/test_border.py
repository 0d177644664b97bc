"""Frames: a plain one is left out, and nothing else is taken for one."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from conftest import EXAMPLES, blobs
from impasto.media.border import inside, without_frame
from impasto.media.image import load


def framed(width: int, colour: tuple[int, int, int]) -> Image.Image:
    return ImageOps.expand(Image.fromarray(blobs(150, 200)), width, colour)


@pytest.mark.parametrize("colour", [(250, 248, 240), (20, 16, 12)])
@pytest.mark.parametrize("width", [12, 20])
def test_a_plain_frame_is_left_out(width, colour, tmp_path):
    path = tmp_path / "framed.jpg"
    framed(width, colour).save(path, quality=80)
    for source in (framed(width, colour), path):
        picture = without_frame(load(source))
        height, across = picture.size
        assert 140 <= height <= 150 and 190 <= across <= 200
        assert (
            np.abs(np.asarray(picture.image, int) - colour).max(axis=2).mean(axis=1).min() > 16
        )  # no line of the frame is left


def test_transparency_and_sixteen_bits_are_cut_alike():
    assert inside(framed(1, (250, 248, 240))) is not None
    deep = np.pad(blobs(60, 80).astype(np.uint16) * 257, ((5, 5), (5, 5), (0, 0)), constant_values=65535)
    picture = without_frame(load(np.dstack([deep, np.full(deep.shape[:2], 9000, np.uint16)])))
    assert (
        picture.levels.shape[:2] == picture.size == (picture.alpha.height, picture.alpha.width)
        and picture.size[0] < 60
    )


def test_what_is_no_frame_stays():
    sky = np.concatenate([np.full((60, 200, 3), 240, np.uint8), blobs(100, 200)])  # reaches three sides
    paper = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(paper).ellipse(
        (20, 20, 180, 180), outline="black", width=3
    )  # a drawing, which begins bit by bit
    mat = framed(60, (250, 250, 250))  # more empty than painted: the painter's own
    for image in (Image.fromarray(sky), paper, mat, Image.new("RGB", (64, 64), "white")):
        assert inside(image) is None
    for path in (EXAMPLES / "paintings").iterdir():
        assert inside(load(path).image) is None, path.name
