"""Films painted with looks: steadier than frame by frame, resumed to the same bytes, and repeated."""

from itertools import islice

import numpy as np
import pytest
import torch
from PIL import Image
from somelooks import look, shelve_two

from conftest import blobs
from impasto.cli import run_command
from impasto.engine.events import FrameDone
from impasto.errors import LookError
from impasto.looks import shelf
from impasto.looks.look import trunk_hash
from impasto.losses.moment import Moment
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.video import instant as instants
from impasto.video.flicker import warping_errors
from impasto.video.instant import HALF, InstantFilming, steadied

SMALL = Settings(size=64, instant=True, flow="dis")
COUNT = 4


@pytest.fixture(autouse=True)
def shelved(tmp_path, monkeypatch):
    shelve_two(tmp_path, monkeypatch)
    monkeypatch.setattr(instants, "WORKING", 64)
    yield
    shelf._shared.cache_clear()


@pytest.fixture
def clip(tmp_path):
    """A folder of frames of a camera that moves over a picture by two pixels a frame."""
    whole, folder = blobs(48, 64 + 2 * COUNT, 1), tmp_path / "clip"
    folder.mkdir()
    for i in range(COUNT):
        Image.fromarray(whole[:, 2 * i : 2 * i + 64]).save(folder / f"{i:03d}.png")
    return folder


def film(clip, folder, **changes):
    run = InstantFilming(clip, "red", SMALL.with_changes(**changes), folder=folder)
    return run, list(run)


def pictures(run):
    return [np.asarray(image) for image, _, _ in run.pictures()]


def test_every_frame_is_painted_in_one_pass(clip, tmp_path):
    run, events = film(clip, tmp_path / "film")
    done = [event for event in events if isinstance(event, FrameDone)]
    assert [event.frame for event in done] == [1, 2, 3, 4] and run.finished
    frames = [run.frames.array(i) for i in range(COUNT)]
    assert all(np.abs(a.astype(int) - b).mean() > 5 for a, b in zip(frames, pictures(run), strict=True))


def test_a_film_flickers_less_than_its_frames_one_by_one(clip, tmp_path):
    """The looks are untrained, so that their frames alone are almost noise."""
    errors = []
    for weight in (30, 0):
        run, _ = film(clip, tmp_path / f"film{weight}", temporal_weight=weight)
        frames = [run.frames.array(i) for i in range(COUNT)]
        errors.append(warping_errors(frames, pictures(run), "dis").mean)
    assert errors[0] < 0.9 * errors[1]


def test_a_frame_moves_towards_the_one_before_by_the_weight_of_its_trust():
    painted, before = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 100.0)
    trust = torch.tensor([[0.0, 1.0], [1.0, 1.0]])[None, None]
    moment = Moment(before=((before, trust),))
    found = steadied(painted, moment, HALF)
    assert found[0, 0].tolist() == [[0, 50], [50, 50]]
    torch.testing.assert_close(steadied(painted, moment, 0), painted)
    torch.testing.assert_close(steadied(painted, Moment(), HALF), painted)


def test_a_resumed_film_has_the_same_bytes(clip, tmp_path):
    whole, _ = film(clip, tmp_path / "whole")
    run = InstantFilming(clip, "red", SMALL, folder=tmp_path / "part")
    list(islice(run, 5))
    again, _ = film(clip, tmp_path / "part")
    assert [a.tobytes() for a in pictures(again)] == [b.tobytes() for b in pictures(whole)]


def test_frames_larger_than_the_working_size_are_enlarged(clip, tmp_path, monkeypatch):
    monkeypatch.setattr(instants, "WORKING", 32)
    run, _ = film(clip, tmp_path / "film")
    assert pictures(run)[0].shape == (48, 64, 3)
    fine, _ = film(clip, tmp_path / "fine", brush=0.5)
    assert (pictures(fine)[0] != pictures(run)[0]).any()


def test_the_command_paints_a_film_and_repeats_it(clip, tmp_path, capsys):
    pytest.importorskip("av")
    out, same = str(tmp_path / "film.mp4"), str(tmp_path / "same.mp4")
    arguments = ["--instant", "--size", "64", "--quiet"]
    assert run_command(["video", str(clip), "red", "blue:0.5", "-o", out, *arguments]) == 0
    recipe = Recipe.read(out)
    assert recipe.settings.instant and recipe.weights == shelf.shared_hash()
    assert run_command(["again", out, "-o", same, "--quiet"]) == 0
    assert (tmp_path / "same.mp4").read_bytes() == (tmp_path / "film.mp4").read_bytes()
    with pytest.raises(LookError, match="there is no look 'painting.jpg'"):
        InstantFilming(clip, "painting.jpg", SMALL)


def test_looks_with_regions_and_trunks_of_their_own_paint_films_as_well(clip, tmp_path):
    other = {name: -kernel for name, kernel in shelf.shared_trunk().items()}
    look("own", 2, trunk=other, trunk_sha256=trunk_hash(other)).write(tmp_path / "own.look")
    run = InstantFilming(clip, ["red", str(tmp_path / "own.look")], SMALL, folder=tmp_path / "film")
    assert list(run) and run.finished
