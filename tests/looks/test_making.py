"""A look of one's own: made, measured, resumed, taken back when it diverges, and put on the shelf."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from somelooks import shelve_two

import impasto
from conftest import blobs, failed
from impasto.cli import run_command
from impasto.engine.events import Note, Preview, Step
from impasto.errors import LookError, PictureError
from impasto.looks import making, manner, shelf, training
from impasto.looks.look import read_look
from impasto.looks.making import Making, doubts
from impasto.looks.manner import Manner
from impasto.looks.measure import Reached
from impasto.settings import Settings


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """Make looks from tiny pictures, with two looks to start from."""
    shelve_two(tmp_path, monkeypatch)
    for module in (manner, making):
        monkeypatch.setattr(module, "WORKING", 64)
    yield
    shelf._shared.cache_clear()


def painting(width=6):
    rows = np.arange(80) % width < width / 2
    return np.tile(rows[:, None, None], (1, 96, 3)) * np.array([180, 90, 30], np.uint8) + np.uint8(30)


def made(tmp_path, steps=16, **changes):
    folder = tmp_path / "training"
    folder.mkdir(exist_ok=True)
    given = dict(
        photos=[blobs(64, 80, 1), blobs(64, 80, 2)], unseen=[blobs(48, 64, 3)], folder=folder, minutes=1
    )
    found = Making(painting(), **(given | changes))
    found._set_pace = lambda state, measuring: pace(state, steps)
    return found


def pace(state, steps):
    state.steps, state.every, state.side = steps, 4, 32


def test_a_look_comes_closer_to_its_painting_and_paints(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "ANCHOR", 0.0)  # looks of an untrained trunk are far from any colour
    run = made(tmp_path, 24)
    events = list(run)
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.step for step in steps] == list(range(1, 25)) and steps[-1].scale == 2
    assert sum(isinstance(event, Preview) for event in events) == 6
    before = run._measure.reached(shelf.shared_trunk(), read_look(shelf.path_of("red")).values, making.MIX)
    assert run.reached.style < before.style
    assert making._score(run.reached) < making._score(before)
    look = run.look("stripes", "stripes")
    look.write(tmp_path / "stripes.look")
    painted = impasto.instant(blobs(48, 64, 3), str(tmp_path / "stripes.look"), Settings(size=64))
    assert painted.image.size == (64, 48)
    assert bool((look.dial.diff(dim=0) > 0).all()) and look.dial[0].tolist() == [-1, 0]


def test_a_resumed_training_equals_an_uninterrupted_one(tmp_path):
    whole = made(tmp_path, 16)
    list(whole)
    for file in (tmp_path / "training").iterdir():
        file.unlink()
    first = made(tmp_path, 16)
    for event in first:
        if isinstance(event, Step) and event.step == 6:
            first.keep()
            break
    second = made(tmp_path, 99)
    events = list(second)
    assert any(isinstance(event, Note) and "step 6" in event.text for event in events)
    torch.testing.assert_close(second.state.values, whole.state.values, rtol=0, atol=0)
    assert second.reached == whole.reached


def test_a_training_that_diverges_goes_back_once_and_then_keeps_the_best(tmp_path, monkeypatch):
    run, real = made(tmp_path, 40), training.Training._step
    monkeypatch.setattr(
        training.Training,
        "_step",
        lambda self: real(self) if self.state.step < 9 else real(self)._replace(loss=math.nan),
    )
    notes = [event.text for event in run if isinstance(event, Note)]
    assert ["half the step size" in notes[-2], "the best is kept" in notes[-1]] == [True, True]
    assert run.state.retried and math.isfinite(run.reached.style)
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(training.Training, "_step", lambda self: real(self)._replace(loss=math.nan))
    other = made(tmp_path, 8, folder=tmp_path / "other")
    list(other)
    assert other.best.step == 0 and math.isfinite(other.reached.style)


def test_a_training_without_gain_ends_early(tmp_path, monkeypatch):
    run = made(tmp_path, 80)
    run._measure.reached = lambda *arguments: Reached(0.5, 0.3)
    list(run)
    assert run.early and run.state.step == 4 * 4


def test_without_time_it_is_the_look_that_fits_best_in_the_colours_of_the_painting(tmp_path):
    run = made(tmp_path, minutes=0)
    assert not any(isinstance(event, Step) for event in run)
    look, values = run.look("quick", "quick"), [read_look(path).values for path in shelf.looks().values()]
    assert look.trunk is None and any(torch.equal(look.values, one) for one in values)
    torch.testing.assert_close(look.palette.mean, run.manner.colours.mean)


@pytest.mark.parametrize(
    ("minutes", "measuring", "steps", "every", "side"),
    [(20, 6.0, 1104, 69, 256), (20, 60.0, 900, 180, 256), (1, 6.0, 192, 96, 128), (0.1, 6.0, 40, 40, 128)],
)
def test_measuring_takes_a_share_of_the_time_and_crops_are_small_if_it_is_short(
    tmp_path, minutes, measuring, steps, every, side
):
    run = made(tmp_path, minutes=minutes)
    del run._set_pace
    run._seconds_a_step = lambda state: (state.side / 256) ** 2
    state = training.State(torch.zeros(1), {})
    run._set_pace(state, measuring)
    assert (state.steps, state.every, state.side) == (steps, every, side)


def test_another_painting_in_the_same_folder_is_refused(tmp_path):
    run = made(tmp_path, 4)
    list(run)
    with pytest.raises(LookError, match="keeps the training of another painting"):
        made(tmp_path, photos=[blobs(64, 80, 9)])
    with pytest.raises(PictureError, match="no photo to train on"):
        made(tmp_path, photos=[])


def test_paintings_to_expect_little_of_are_told():
    grey = Manner.of(torch.full((1, 3, 40, 40), 90.0))
    found = doubts((40, 40), grey)
    assert len(found) == 3 and "40x40" in found[0]
    assert doubts((400, 400), Manner.of(torch.rand(1, 3, 40, 40) * 255)) == []


def test_the_command_puts_a_look_on_the_shelf(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Making, "_set_pace", lambda self, state, measuring: pace(state, 4))
    Image.fromarray(painting()).save(tmp_path / "stripes.png")
    assert run_command(["train", str(tmp_path / "stripes.png"), "--name", "mine", "--quiet"]) == 0
    assert "mine" in shelf.looks() and not list(shelf.folder().glob("*.training"))
    assert run_command(["looks"]) == 0
    assert "mine  stripes" in capsys.readouterr().out
    message = failed(capsys, "train", str(tmp_path / "stripes.png"), "--name", "mine", code=15)
    assert "there is a look 'mine' already" in message
    message = failed(
        capsys, "train", str(tmp_path / "stripes.png"), "--name", "x", "-o", str(tmp_path / "x.png"), code=4
    )
    assert ".look" in message
