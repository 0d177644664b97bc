"""A folder of pictures as a film."""

import os
from fractions import Fraction

import numpy as np
import pytest
from madeup import SIZE, numbered, numbers
from PIL import Image

from impasto.errors import PictureError, SettingsError
from impasto.media.clip import Clip


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "shots"
    path.mkdir()
    for number in range(12):
        numbered(number).save(path / f"frame{number}.png")
    (path / "notes.txt").write_text("no picture")
    numbered(50).save(path / ".hidden.png")
    return path


def test_two_comes_before_ten_and_25_make_a_second(folder):
    opened = Clip.open(folder)
    frames = list(opened.frames())
    assert numbers(frames) == list(range(12)) and [frame.time * 25 for frame in frames] == list(range(12))
    assert (opened.name, opened.size, opened.rate, opened.seconds, opened.count, opened.sound) == (
        "shots",
        SIZE,
        25,
        Fraction(12, 25),
        12,
        False,
    )


def test_it_is_played_at_a_rate_that_is_asked_for(folder):
    opened = Clip.open(folder)
    frames = list(opened.frames(fps=4))
    assert numbers(frames) == list(range(12)) and frames[-1].end == 3
    cut = list(opened.frames(start=0.6, end=1.5, fps=4))
    assert numbers(cut) == [2, 3, 4, 5] and [float(frame.duration) for frame in cut] == [
        0.15,
        0.25,
        0.25,
        0.25,
    ]
    with pytest.raises(SettingsError, match="end of 'shots' at 3 s, got 3 s"):
        opened.frames(start=3, fps=4)


@pytest.mark.parametrize(
    ("broken", "shown"),
    [((4,), {4: 3}), ((4, 5), {4: 3, 5: 3}), ((0,), {0: 1}), ((0, 1, 11), {0: 2, 1: 2, 11: 10})],
)
def test_a_damaged_picture_is_replaced_by_the_one_before_else_after(folder, broken, shown):
    for number in broken:
        path = folder / f"frame{number}.png"
        path.write_bytes(path.read_bytes()[:40])
    opened = Clip.open(folder)
    frames = list(opened.frames())
    assert numbers(frames) == [shown.get(i, i) for i in range(12)]
    assert [i for i, frame in enumerate(frames) if frame.damaged] == list(broken)
    assert opened.notes == [
        f"{len(broken)} damaged frame{'s' if len(broken) > 1 else ''}, each replaced by the one before"
    ]
    assert numbers(opened.frames(start=broken[-1] / 25))[0] == shown[broken[-1]]


def test_all_have_one_size_when_they_are_upright(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    numbered(3, SIZE[::-1]).save(folder / "frame3.png", exif=exif)
    assert numbers(Clip.open(folder).frames()) == list(range(12))
    numbered(3, (10, 20)).save(folder / "frame3.png")
    with pytest.raises(
        PictureError,
        match=r"frame3.png' has 20x10 px, and 'frame0.png' 64x48; "
        r"all frames must have one size, so resize or remove some",
    ):
        Clip.open(folder)


def test_transparent_parts_are_white_and_deep_pictures_are_read(tmp_path):
    image = Image.new("RGBA", (8, 6), (200, 0, 0, 0))
    image.putpixel((0, 0), (200, 0, 0, 255))
    image.save(tmp_path / "a1.png")
    import pyvips

    levels = np.full((6, 8, 3), 200 * 257, np.uint16)
    pyvips.Image.new_from_array(levels).copy(interpretation="rgb16").pngsave(
        str(tmp_path / "a2.png"), bitdepth=16
    )
    first, second = Clip.open(tmp_path).frames()
    assert first.image.getpixel((5, 5)) == (255, 255, 255) and first.image.getpixel((0, 0)) == (200, 0, 0)
    assert second.image.getpixel((5, 5)) == (200, 200, 200) and second.image.mode == "RGB"


def test_what_is_no_folder_of_pictures_is_told(tmp_path):
    with pytest.raises(
        PictureError,
        match=r"folder '.*' contains no pictures; name one with frames such as 000001.png, or a film",
    ):
        Clip.open(tmp_path)
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_text("no picture")
    with pytest.raises(PictureError, match=r"1.png' is not a readable picture"):
        Clip.open(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="a superuser reads every folder")
def test_a_folder_that_cannot_be_read_is_told(tmp_path):
    tmp_path.chmod(0)
    with pytest.raises(PictureError, match="cannot read folder '.*': Permission denied; check the path"):
        Clip.open(tmp_path)
    tmp_path.chmod(0o700)
