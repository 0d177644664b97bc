"""Inputs sought by path, name and hash."""

import hashlib
import os

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.errors import PictureError, RecipeError
from impasto.recipe.finder import Finder, as_recorded, input_of
from impasto.recipe.input import Input


@pytest.fixture
def taken(photo):
    return input_of("content", photo)


def test_a_file_is_taken_by_its_bytes_and_an_array_by_its_pixels(photo, taken):
    assert (
        taken.sha256 == hashlib.sha256(photo.read_bytes()).hexdigest() and taken.bytes == photo.stat().st_size
    )
    assert (taken.name, taken.path, taken.pixels) == ("photo.png", str(photo), False)
    array = input_of("style", blobs(48, 64, 1), 2.0)
    assert array.pixels and array.path == "" and array.weight == 2
    assert (
        input_of("style", Image.open(photo)).sha256
        == array.sha256
        != input_of("style", blobs(48, 64, 2)).sha256
    )
    deep = blobs(48, 64, 1).astype(np.uint16) * 257
    assert (
        len(
            {
                array.sha256,
                input_of("style", deep).sha256,
                input_of("style", np.dstack([blobs(48, 64, 1), blobs(48, 64)[..., :1]])).sha256,
            }
        )
        == 3
    )
    with pytest.raises(PictureError, match="cannot read '.*gone.png': No such file"):
        input_of("content", photo.with_name("gone.png"))


def test_it_is_found_by_path_beside_by_name_and_by_hash(tmp_path, photo, taken):
    assert Finder().find(taken) == photo
    beside, deep = tmp_path / "beside", tmp_path / "pictures/2020/summer"
    beside.mkdir()
    deep.mkdir(parents=True)
    for place, where, given in (
        (beside / "photo.png", beside, []),
        (beside / "other name.dat", beside, []),
        (tmp_path / "pictures/photo.png", None, [str(tmp_path / "pictures")]),
        (deep / "renamed.png", beside, [tmp_path / "pictures"]),
        (deep / "alone.png", None, [deep / "alone.png"]),
    ):
        photo.rename(place)
        assert Finder(where, given).find(taken) == place
        place.rename(photo)


def test_a_changed_file_is_named_with_both_hashes_unless_the_old_one_is_elsewhere(tmp_path, photo, taken):
    old = photo.read_bytes()
    photo.write_bytes(old + b"!")
    new = hashlib.sha256(old + b"!").hexdigest()
    with pytest.raises(
        RecipeError,
        match=rf"content 'photo.png' \(SHA-256 {taken.sha256[:8]}…\).*has changed: "
        rf"its SHA-256 is {new[:8]}…; give the folder of the old file as inputs, or paint again",
    ):
        Finder().find(taken)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x.png").write_bytes(old)
    assert Finder(None, [tmp_path / "kept"]).find(taken) == tmp_path / "kept/x.png"
    photo.unlink()
    with pytest.raises(
        RecipeError,
        match=rf"is not at '{photo}' nor in '{tmp_path / 'none'}'; give its folder as inputs",
    ):
        Finder(tmp_path / "none").find(taken)
    with pytest.raises(RecipeError, match="no folder or file '.*none' to search for inputs"):
        Finder(None, [tmp_path / "none"])
    with pytest.raises(RecipeError, match="a content without a name .* cannot be found"):
        Finder().find(Input(role="content", sha256=taken.sha256, bytes=taken.bytes))


def test_arrays_are_given_again(photo):
    wanted = input_of("style", blobs(48, 64, 1))
    for source in (blobs(48, 64, 1), Image.open(photo)):
        assert Finder(None, [photo, blobs(9, 9), source]).find(wanted) is source
    with pytest.raises(RecipeError, match=r"style 'array' .* came in as an array.*inputs=\[array\]"):
        Finder(None, [photo]).find(wanted)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_strangers_path_opens_no_pipe_no_device_and_no_other_machine(tmp_path, taken, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    opened = []
    monkeypatch.setattr("impasto.recipe.finder._file_sha256", lambda path: opened.append(path) or "")
    for path in (
        str(tmp_path / "pipe"),
        "/dev/zero",
        "//server/share/a.png",
        "\\\\server\\share\\a.png",
        "relative.png",
        "/proc/self/mem",
        "~/a.png",
    ):
        for size in (0, 10):
            with pytest.raises(RecipeError, match="is not at"):
                Finder(tmp_path).find(
                    Input(role="content", sha256=taken.sha256, bytes=size, name="pipe", path=path)
                )
    assert not opened


def test_the_same_result_keeps_the_names_of_its_recipe():
    def some(role, sha256, name):
        return Input(role=role, sha256=sha256 * 64, name=name)

    recorded = [some("content", "a", "1"), some("style", "b", "2"), some("style", "b", "3")]
    found = [
        some("content", "a", "x"),
        some("style", "b", "y"),
        some("style", "b", "y"),
        some("style", "c", "z"),
    ]
    assert [item.name for item in as_recorded(found, recorded)] == ["1", "2", "3", "z"]
