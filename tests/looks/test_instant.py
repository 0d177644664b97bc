"""Photos painted with looks: strengths, mixes, regions, brushes and sizes, and recipes that repeat them."""

import numpy as np
import pytest
from PIL import Image
from somelooks import look, shelve_two
from test_network import trunk

import impasto
from conftest import blobs, failed
from impasto.cli import run_command
from impasto.engine.events import Painted
from impasto.errors import LookError, SettingsError
from impasto.looks import making, manner, shelf
from impasto.looks.instant import Instant
from impasto.looks.look import trunk_hash
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings


@pytest.fixture(autouse=True)
def shelved(tmp_path, monkeypatch):
    shelve_two(tmp_path, monkeypatch)
    yield
    shelf._shared.cache_clear()


SMALL = Settings(size=96)


@pytest.fixture
def photo():
    return blobs(72, 96, 1)


def pixels(content, look="red", **settings):
    return np.asarray(impasto.instant(content, look, SMALL.with_changes(**settings)).image, float)


def test_a_look_paints_a_photo_at_the_size_asked_for(photo):
    painted = impasto.instant(photo, "red", SMALL)
    assert painted.image.size == (96, 72) and painted.losses == {}
    events = list(Instant(photo, "red", SMALL))
    assert [type(event) for event in events] == [Painted]
    assert np.abs(pixels(photo) - photo).mean() > 5


def test_strength_0_is_the_photo_and_more_is_farther_from_it(photo):
    distances = [np.abs(pixels(photo, strength=strength) - photo).mean() for strength in (0, 20, 40)]
    assert distances[0] < 1 < distances[1] < distances[2]
    assert (pixels(photo, strength=60) != pixels(photo, strength=40)).any()


def test_looks_are_mixed_by_their_weights(photo):
    red, blue, mixed = (pixels(photo, one) for one in ("red", "blue", [("red", 1.0), ("blue", 1.0)]))
    assert blue[..., 2].mean() < red[..., 2].mean() or red[..., 0].mean() != blue[..., 0].mean()
    almost = pixels(photo, [("red", 1.0), ("blue", 1e-6)])
    assert np.abs(almost - red).mean() < 1 < np.abs(mixed - red).mean()


def test_a_mask_gives_each_look_its_region(photo, tmp_path):
    masks = []
    for name, half in (("left", slice(0, 48)), ("right", slice(48, 96))):
        mask = np.zeros((72, 96), np.uint8)
        mask[:, half] = 255
        Image.fromarray(mask).save(tmp_path / f"{name}.png")
        masks.append(str(tmp_path / f"{name}.png"))
    both = pixels(photo, ["red", "blue"], style_mask=tuple(masks))
    alone = pixels(photo, ["red"], style_mask=(masks[0],))
    assert np.abs(alone[:, 64:] - photo[:, 64:]).mean() < 6 < np.abs(alone[:, :32] - photo[:, :32]).mean()
    assert np.abs(both[:, :32] - alone[:, :32]).mean() < 2


def test_looks_with_trunks_of_their_own_are_mixed_as_pictures(photo, tmp_path):
    other = {name: kernel.half().float() for name, kernel in trunk().items()}
    other["expand3"] = -other["expand3"]
    own = look("own", 2, trunk=other, trunk_sha256=trunk_hash(other))
    own.write(tmp_path / "own.look")
    one, two = pixels(photo, "red"), pixels(photo, str(tmp_path / "own.look"))
    both = pixels(photo, ["red", str(tmp_path / "own.look")])
    assert np.abs(both - (one + two) / 2).mean() < 1


def test_a_smaller_brush_paints_finer_and_the_size_changes_nothing_else(photo):
    coarse, fine = pixels(photo), pixels(photo, brush=0.5)
    assert np.abs(coarse - fine).mean() > 1
    large = impasto.instant(photo, "red", Settings(size=192)).image.resize((96, 72), Image.Resampling.BOX)
    assert np.abs(np.asarray(large, float) - coarse).mean() < 6


def test_the_colours_of_the_photo_can_stay(photo):
    kept = pixels(photo, colors="content")
    assert np.abs(kept.mean((0, 1)) - photo.mean((0, 1))).max() < 40


def test_opacity_and_depth_come_along(photo, tmp_path):
    alpha = np.full((72, 96), 255, np.uint8)
    alpha[:36] = 0
    picture = Image.fromarray(np.dstack([photo, alpha]), "RGBA")
    painted = impasto.instant(picture, "red", SMALL.with_changes(depth=16))
    painted.save(tmp_path / "out.png")
    assert painted.image.mode == "RGBA" and painted.image.getchannel("A").getextrema() == (0, 255)
    assert impasto.instant(tmp_path / "out.png", "red", SMALL).image.mode == "RGBA"


def test_a_recipe_paints_the_same_bytes_again(photo, tmp_path, capsys):
    Image.fromarray(photo).save(tmp_path / "photo.png")
    out, same, other = (str(tmp_path / f"{name}.png") for name in ("out", "same", "other"))
    assert (
        run_command(["instant", str(tmp_path / "photo.png"), "--look", "red", "-o", out, "--size", "96"]) == 0
    )
    assert run_command(["again", out, "-o", same]) == 0
    assert run_command(["again", out, "-o", other, "--strength", "30"]) == 0
    assert (tmp_path / "same.png").read_bytes() == (tmp_path / "out.png").read_bytes()
    assert (tmp_path / "other.png").read_bytes() != (tmp_path / "out.png").read_bytes()
    recipe = Recipe.read(out)
    assert (recipe.command, [item.role for item in recipe.inputs]) == ("instant", ["content", "style"])
    assert recipe.weights == shelf.shared_hash()


def test_many_photos_go_into_a_folder(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    for seed in range(2):
        Image.fromarray(blobs(48, 64, seed)).save(tmp_path / f"photos/{seed}.png")
    message = failed(capsys, "instant", str(tmp_path / "photos"), "--look", "red", code=4)
    assert "several photos need a folder" in message and " -o" in message


def test_any_painting_is_learnt_once_and_repeated(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "cache"))
    for module in (making, manner):
        monkeypatch.setattr(module, "WORKING", 64)
    Image.fromarray(blobs(48, 64, 5)).save(tmp_path / "photo.png")
    Image.fromarray(blobs(80, 60, 6)).save(tmp_path / "A painting.png")
    out, same = str(tmp_path / "out.png"), str(tmp_path / "same.png")
    command = ["instant", str(tmp_path / "photo.png"), "--style", str(tmp_path / "A painting.png"), "-o", out]
    assert run_command([*command, "--size", "64"]) == 0
    assert "learnt '" in capsys.readouterr().err
    assert run_command([*command, "--size", "64"]) == 0
    assert "learnt '" not in capsys.readouterr().err
    assert run_command(["again", out, "-o", same]) == 0
    assert (tmp_path / "same.png").read_bytes() == (tmp_path / "out.png").read_bytes()
    assert list(shelf.looks()) == ["blue", "red"]
    capsys.readouterr()
    assert "name a --look" in failed(capsys, "instant", str(tmp_path / "photo.png"), code=2)


def test_what_is_no_look_is_told_in_one_line(photo, tmp_path, capsys):
    with pytest.raises(LookError, match="there is no look 'pink'; there are blue, red"):
        Instant(photo, "pink")
    with pytest.raises(SettingsError, match="a look must be a name or a file, got ndarray"):
        Instant(photo, photo)
    (tmp_path / "bad.look").write_bytes(b"no look")
    Image.fromarray(photo).save(tmp_path / "photo.png")
    message = failed(
        capsys, "instant", str(tmp_path / "photo.png"), "--look", str(tmp_path / "bad.look"), code=15
    )
    assert "bad.look" in message
    look("old", 2, trunk_sha256="0" * 64).write(tmp_path / "old.look")
    with pytest.raises(LookError, match="another version"):
        impasto.instant(photo, str(tmp_path / "old.look"), SMALL)
