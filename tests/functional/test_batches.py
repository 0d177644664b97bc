"""Batches over folders as people have them."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.cli import run_command

SMALL = ["--size", "32", "--start-size", "0", "--steps", "2"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "styles").mkdir()
    Image.fromarray(blobs(24, 32, 1)).save(tmp_path / "photos/a.jpg")
    Image.fromarray(blobs(32, 24, 9)).save(tmp_path / "styles/s.png")


def batch(*more):
    return run_command(["batch", "photos", "--styles", "styles", "-o", "out", *SMALL, *more])


def test_what_a_system_leaves_in_folders_is_no_photo(tmp_path, capsys):
    for name in ("Thumbs.db", "notes.txt", ".DS_Store", "desktop.ini", "clip.mp4", "paper.pdf", "README"):
        (tmp_path / "photos" / name).write_bytes(b"something else")
    (tmp_path / "styles/notes.txt").write_text("words")
    Image.fromarray(blobs(24, 32, 2)).save(tmp_path / "photos/IMG0001", "PNG")
    assert batch() == 0
    said = capsys.readouterr().err
    assert "left out 7 files that are no pictures, such as 'README'" in said
    assert sorted(os.listdir("out")) == ["IMG0001+s.png", "a+s.png"]


def test_a_damaged_picture_in_a_folder_is_named(tmp_path, capsys):
    (tmp_path / "photos/broken.jpg").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:200])
    assert batch() == 10 and "failed broken+s.png: cannot read" in capsys.readouterr().err
    (tmp_path / "notes.txt").write_text("words")
    assert run_command(["batch", "notes.txt", "--styles", "styles", "-o", "out", *SMALL]) == 10


def test_a_dry_run_says_what_will_fail_and_paints_nothing(tmp_path, capsys):
    (tmp_path / "photos/broken.jpg").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:200])
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(tmp_path / "photos/black.png")
    Image.fromarray(np.dstack([blobs(24, 32, 3), blobs(24, 32, 3)[..., :1]])).save(tmp_path / "photos/clear.png")
    assert batch("--dry-run", "--format", "jpg") == 10
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["a+s.jpg"] == "paint"
    assert lines["broken+s.jpg"].startswith("fail: cannot read")
    assert lines["black+s.jpg"].startswith("fail: 'black' is one flat colour")
    assert lines["clear+s.jpg"].startswith("fail:") and "transparency" in lines["clear+s.jpg"]
    assert not (tmp_path / "out").exists()
    assert batch("--dry-run", "--style-mask", "none.png") == 10 and "fail: no file 'none.png'" in capsys.readouterr().out.replace(str(tmp_path) + "/", "")
    for name in ("broken.jpg", "black.png", "clear.png"):
        (tmp_path / "photos" / name).unlink()
    assert batch("--dry-run") == 0 and batch() == 0
    assert batch("--dry-run") == 0 and capsys.readouterr().out.endswith("a+s.png  skip\n")
    assert batch("--dry-run", "--strength", "20") == 10 and "leave, of another recipe" in capsys.readouterr().out


def test_a_file_beside_another_of_its_name_leaves_its_result_alone(tmp_path, capsys):
    assert batch() == 0
    before = (tmp_path / "out/a+s.png").stat().st_mtime_ns
    for seed, name in ((3, "a.bmp"), (4, "a.png")):
        Image.fromarray(blobs(24, 32, seed)).save(tmp_path / "photos" / name)
        capsys.readouterr()
        assert batch() == 0 and "skipped" in capsys.readouterr().err
    assert sorted(os.listdir("out")) == ["a+s.png", "a.bmp+s.png", "a.png+s.png"]
    assert (tmp_path / "out/a+s.png").stat().st_mtime_ns == before
    Image.fromarray(blobs(32, 24, 7)).save(tmp_path / "styles/s.bmp")
    assert batch() == 0
    assert sorted(os.listdir("out")) == sorted(f"{photo}+{style}.png" for photo in ("a", "a.bmp", "a.png") for style in ("s", "s.bmp"))
    assert (tmp_path / "out/a+s.png").stat().st_mtime_ns == before


def test_names_that_differ_in_capitals_stay_short(tmp_path):
    Image.fromarray(blobs(24, 32, 5)).save(tmp_path / "photos/A.JPG", "JPEG")
    assert batch() == 0
    names = os.listdir("out")
    assert len({name.casefold() for name in names}) == 2 and max(map(len, names)) <= len("a.jpg+s.png")
