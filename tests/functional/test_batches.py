"""Batches over folders as people have them."""

from __future__ import annotations

import os
import shutil
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.cli import run_command
from impasto.cli.batch_progress import Lines
from impasto.recipe.recipe import Recipe
from impasto.stills import stock

FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
SMALL = ["--size", "32", "--start-size", "0", "--steps", "2", *FEW]
LONG = ["--steps", "60", "--min-fall", "0"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, quick_workers):
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
    assert batch("--dry-run") == 0 and "left out 7 files" in capsys.readouterr().err
    assert sorted(os.listdir("out")) == ["IMG0001+s.png", "a+s.png"]


def test_a_damaged_picture_in_a_folder_is_named(tmp_path, capsys):
    (tmp_path / "photos/broken.jpg").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:200])
    assert batch() == 10 and "failed broken+s.png: cannot read" in capsys.readouterr().err
    (tmp_path / "notes.txt").write_text("words")
    assert run_command(["batch", "notes.txt", "--styles", "styles", "-o", "out", *SMALL]) == 10


def test_a_dry_run_says_what_will_fail_and_paints_nothing(tmp_path, capsys):
    (tmp_path / "photos/broken.jpg").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:200])
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(tmp_path / "photos/black.png")
    Image.fromarray(np.dstack([blobs(24, 32, 3), blobs(24, 32, 3)[..., :1]])).save(
        tmp_path / "photos/clear.png"
    )
    assert batch("--dry-run", "--format", "jpg") == 10
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["a+s.jpg"] == "paint"
    assert lines["broken+s.jpg"].startswith("fail: cannot read")
    assert lines["black+s.jpg"].startswith("fail: 'black' is one flat colour")
    assert lines["clear+s.jpg"].startswith("fail:") and "transparency" in lines["clear+s.jpg"]
    assert not (tmp_path / "out").exists()
    assert batch(
        "--dry-run", "--style-mask", "none.png"
    ) == 10 and "fail: no file 'none.png'" in capsys.readouterr().out.replace(str(tmp_path) + "/", "")
    for name in ("broken.jpg", "black.png", "clear.png"):
        (tmp_path / "photos" / name).unlink()
    assert batch("--dry-run") == 0 and batch() == 0
    assert batch("--dry-run") == 0 and capsys.readouterr().out.endswith("a+s.png  skip\n")
    assert (
        batch("--dry-run", "--strength", "20") == 10 and "leave, of another recipe" in capsys.readouterr().out
    )


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
    assert sorted(os.listdir("out")) == sorted(
        f"{photo}+{style}.png" for photo in ("a", "a.bmp", "a.png") for style in ("s", "s.bmp")
    )
    assert (tmp_path / "out/a+s.png").stat().st_mtime_ns == before


def test_names_that_differ_in_capitals_stay_short(tmp_path):
    Image.fromarray(blobs(24, 32, 5)).save(tmp_path / "photos/A.JPG", "JPEG")
    assert batch() == 0
    names = os.listdir("out")
    assert len({name.casefold() for name in names}) == 2 and max(map(len, names)) <= len("a.jpg+s.png")


def paint(name, seed, **options):
    Image.fromarray(blobs(24, 32, seed)).save(f"photos/{name}", **options)


def shown(capsys, *more):
    """Return what a dry run says of each picture, and its exit code."""
    capsys.readouterr()
    code = batch("--dry-run", *more)
    return dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines()), code


def interrupted(monkeypatch, *more):
    """Begin a batch and interrupt it."""

    def stop(self, progress):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Lines, "progress", stop)
        assert batch(*more) == 130


def test_one_file_that_is_no_picture_is_named(tmp_path, capsys):
    (tmp_path / "photos/Pythagoras").write_text("P5 begins this text, and BM another")
    assert batch() == 0
    assert "left out 1 file that is no picture, 'Pythagoras'" in capsys.readouterr().err


def test_a_damaged_picture_without_an_ending_fails_too(tmp_path, capsys):
    (tmp_path / "photos/IMG0001").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:12])
    found, code = shown(capsys)
    assert (
        found["a+s.png"] == "paint" and found["IMG0001+s.png"].startswith("fail: cannot read") and code == 10
    )


def test_a_file_keeps_its_name_when_the_one_that_had_the_short_name_goes(tmp_path, capsys):
    paint("a.png", 4)
    assert batch() == 0 and sorted(os.listdir("out")) == ["a+s.png", "a.png+s.png"]
    (tmp_path / "photos/a.jpg").unlink()
    assert shown(capsys) == ({"a.png+s.png": "skip"}, 0)


def test_a_picture_that_was_only_begun_keeps_its_name(tmp_path, capsys, monkeypatch):
    interrupted(monkeypatch, *LONG)
    assert os.listdir("out/.jobs") == ["a+s.png"]
    paint("a.bmp", 3)
    assert shown(capsys, *LONG) == ({"a+s.png": "paint", "a.bmp+s.png": "paint"}, 0)
    assert batch(*LONG) == 0
    assert Recipe.read("out/a+s.png").inputs[0].name == "a.jpg"


def test_a_photo_that_was_edited_keeps_its_name(tmp_path, capsys):
    assert batch() == 0
    paint("a.bmp", 3)
    paint("a.jpg", 5)
    found, code = shown(capsys)
    assert (
        found["a.bmp+s.png"] == "paint"
        and found["a+s.png"].startswith("leave, of another recipe: content 'a.jpg'")
        and code == 10
    )


def test_another_format_has_the_names_of_the_first(capsys):
    assert batch() == 0
    paint("a.bmp", 3)
    assert batch("--format", "webp") == 0
    assert Recipe.read("out/a+s.webp").inputs[0].name == "a.jpg" and "a.bmp+s.webp" in os.listdir("out")


def test_a_copy_in_another_format_name_leaves_the_first_its_name(tmp_path, capsys):
    assert batch() == 0
    shutil.copy("photos/a.jpg", "photos/a.jpeg")
    assert shown(capsys) == ({"a+s.png": "skip", "a.jpeg+s.png": "paint"}, 0)


def test_a_bad_photo_beside_another_of_its_name_does_not_stop_the_batch(tmp_path):
    assert batch() == 0
    (tmp_path / "photos/a.png").write_bytes(b"")
    (tmp_path / "photos/a.webp").symlink_to("nowhere.png")
    assert batch() == 10
    assert sorted(os.listdir("out")) == ["a+s.png"]


def test_photos_of_one_name_in_two_folders_are_told_apart_by_the_folder(tmp_path):
    (tmp_path / "july").mkdir()
    Image.fromarray(blobs(24, 32, 6)).save("july/a.jpg")
    for _ in range(2):
        assert run_command(["batch", "july", "photos", "--styles", "styles", "-o", "out", *SMALL]) == 0
    assert sorted(os.listdir("out")) == ["a+s.png", "photos-a.jpg+s.png"]


def test_a_dry_run_foresees_what_else_stops_a_picture(tmp_path, capsys):
    found, code = shown(capsys, "--memory", "60M")
    assert "memory" in found["a+s.png"] and found["a+s.png"].startswith("fail: ") and code == 10
    assert batch("--memory", "60M") == 10 and not (tmp_path / "out").exists()
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(b"none")
    Image.fromarray(np.zeros((24, 32), np.uint8)).save("black.png")
    for more, message in ((["--weights", str(weights)], "weights"), (["--style-mask", "black.png"], "black")):
        found, code = shown(capsys, *more)
        assert found["a+s.png"].startswith("fail: ") and message in found["a+s.png"] and code == 10
        assert batch(*more) == 10 and found["a+s.png"].removeprefix("fail: ") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--format", "jpg", "--depth", "16"], "cannot hold 16 bits"),
        (["-o", "photos/a.jpg"], "cannot make folder"),
    ],
)
def test_a_dry_run_ends_as_the_run_where_no_result_could_be_written(more, message, tmp_path, capsys):
    assert batch("--dry-run", *more) == batch(*more) == 4
    first, second = capsys.readouterr().err.splitlines()
    assert message in first and message in second and not (tmp_path / "out").exists()


def test_a_dry_run_foresees_a_job_by_another_recipe(tmp_path, capsys, monkeypatch):
    interrupted(monkeypatch, *LONG)
    kept = sorted(os.listdir("out/.jobs/a+s.png"))
    found, code = shown(capsys, *LONG, "--steps", "61")
    assert found["a+s.png"].startswith("fail: it was begun, by another recipe: steps") and code == 10
    assert shown(capsys, *LONG, "--steps", "61", "--repaint") == ({"a+s.png": "paint"}, 0)
    assert sorted(os.listdir("out/.jobs/a+s.png")) == kept


def test_a_dry_run_opens_each_picture_once(tmp_path, capsys, monkeypatch):
    for number in range(15):
        paint(f"{number}.png", number)
    (tmp_path / "photos/broken.jpg").write_bytes((tmp_path / "photos/a.jpg").read_bytes()[:200])
    for number in range(2):
        Image.fromarray(blobs(32, 24, 20 + number)).save(f"styles/{number}.png")
    opened, load = Counter(), stock.load
    monkeypatch.setattr(stock, "load", lambda source: (opened.update([source]), load(source))[1])
    found, code = shown(capsys)
    assert len(found) == 17 * 3 and code == 10
    assert len(opened) == 17 + 3 and set(opened.values()) == {1}


def test_long_names_are_cut_and_stay_apart(tmp_path, capsys):
    for seed, name in enumerate((f"{'x' * 150}1.jpg", f"{'x' * 150}2.jpg")):
        paint(name, seed)
    (tmp_path / "styles/s.png").rename(tmp_path / f"styles/{'y' * 150}.png")
    assert batch() == 0
    assert len(os.listdir("out")) == 3 and max(map(len, os.listdir("out"))) < 240
    assert set(shown(capsys)[0].values()) == {"skip"}
