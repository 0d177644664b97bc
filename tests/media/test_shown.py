"""What a notebook keeps of a picture and of a film."""

import base64
import io
import os
import pickle
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.media import shown
from impasto.media.shown import SHOWN, FilmFile, png_of


def embedded(html, kind):
    """The bytes that a page keeps."""
    (data,) = re.findall(rf'src="data:{kind};base64,([^"]+)"', html)
    return base64.b64decode(data)


def test_a_picture_is_kept_as_it_is_and_a_large_one_scaled_down():
    small, large = Image.fromarray(blobs(48, 64)), Image.fromarray(blobs(300, 3000))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_of(small)))), np.asarray(small))
    assert Image.open(io.BytesIO(png_of(large))).size == (SHOWN, 102) and large.size == (3000, 300)
    assert Image.open(io.BytesIO(png_of(large, 2000))).size == (2000, 200)


def test_what_is_transparent_does_not_bleed_when_it_is_scaled_down():
    array = np.zeros((2 * SHOWN, 64, 4), np.uint8)
    array[::2] = (200, 100, 50, 255)
    array[1::2] = (0, 255, 0, 0)
    image = Image.open(io.BytesIO(png_of(Image.fromarray(array))))
    assert image.mode == "RGBA" and image.size == (32, SHOWN)
    assert np.abs(np.asarray(image)[10:-10, :, :3].astype(int) - (200, 100, 50)).max() <= 2


@pytest.mark.parametrize(
    ("name", "tag"),
    [("a.mp4", "video/mp4"), ("a.webm", "video/webm"), ("a.mov", "video/mp4"), ("a.MKV", "video/webm")],
)
def test_a_small_film_is_kept_in_the_page(tmp_path, name, tag):
    (tmp_path / name).write_bytes(b"film" * 100)
    html = FilmFile(tmp_path / name)._repr_html_()
    assert embedded(html, tag) == b"film" * 100 and "<video " in html and " controls " in html


def test_a_gif_is_a_picture_in_the_page(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    html = FilmFile(tmp_path / "a.gif")._repr_html_()
    assert embedded(html, "image/gif") == b"GIF89a" and "<img " in html and "<video" not in html


def test_a_large_film_is_linked_by_a_name_that_is_no_markup(tmp_path, monkeypatch):
    monkeypatch.setattr(shown, "EMBEDDED", 10)
    monkeypatch.chdir(tmp_path)
    path = FilmFile('fi "lm" & <b>é#1.mp4')
    path.write_bytes(b"x" * 2_000_000)
    html = path._repr_html_()
    assert (
        'src="fi%20%22lm%22%20%26%20%3Cb%3E%C3%A9%231.mp4"' in html
        and "base64" not in html
        and ", 2 MB, linked" in html
    )
    assert "<b>" not in html and str(path) in unescape(html)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")  # outside of what a page beside the notebook reaches
    assert f'src="{(tmp_path / path).as_uri()}"' in FilmFile(tmp_path / path)._repr_html_()


def test_frames_in_a_folder_move_in_a_small_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(shown, "_MOST_FRAMES", 4)
    for i in range(7):
        Image.new("RGB", (960, 40), (30 * i, 0, 0)).save(tmp_path / f"{i + 1:06d}.png")
    (tmp_path / "cover.png").write_bytes(b"no frame")
    html = FilmFile(tmp_path)._repr_html_()
    moving = Image.open(io.BytesIO(embedded(html, "image/webp")))
    assert moving.n_frames == 4 and moving.size == (480, 20) and ", 7 frames<" in html
    for number, level in enumerate((0, 60, 120, 180)):
        moving.seek(number)
        assert abs(int(np.asarray(moving.convert("RGB"))[..., 0].mean()) - level) <= 8
        assert moving.info["duration"] == 80


def test_what_is_no_film_any_more_is_shown_as_a_path(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "other" / "cover.png")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "000001.png").write_bytes(b"\x89PNG")
    (tmp_path / "a.txt").write_text("words")
    for name in ("gone.mp4", "gone", "empty", "other", "damaged", "a.txt"):
        assert FilmFile(tmp_path / name)._repr_html_() is None


def test_it_is_a_path_in_every_way(tmp_path):
    path = FilmFile(tmp_path / "a.mp4")
    path.write_bytes(b"film")
    assert isinstance(path, Path) and path == tmp_path / "a.mp4" and hash(path) == hash(tmp_path / "a.mp4")
    assert (
        os.fspath(path) == str(path) == str(tmp_path / "a.mp4") and pickle.loads(pickle.dumps(path)) == path
    )
    assert path.with_suffix(".gif") == tmp_path / "a.gif" and path.parent / "b" == tmp_path / "b"
    with open(path, "rb") as file:  # noqa: PTH123
        assert file.read() == b"film"
