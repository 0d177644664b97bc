"""A batch in worker processes: killed ones are retried, and each picture has the bytes of a single run."""

import multiprocessing
import os
import random
import signal
import sys
from fractions import Fraction

import pytest
from PIL import Image

from conftest import blobs
from impasto.engine.events import Note, Step
from impasto.engine.threads import use_threads
from impasto.errors import OutputError, SettingsError
from impasto.jobs import workers
from impasto.jobs.batch import batch
from impasto.jobs.batch_task import Outcome
from impasto.media.clip import Clip
from impasto.media.film import Film
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint

pytestmark = pytest.mark.usefixtures("own_threads", "untimed")

# The workers have a thread each where two share this machine's, whatever it has.
SMALL = Settings(size=48, steps=40, start_size=32, history=3, min_fall=0, threads=1)


def pictures(folder, count, first):
    folder.mkdir()
    for number in range(count):
        Image.fromarray(blobs(48, 64, first + number)).save(folder / f"{number}.png")
    return folder


def undisturbed(photo, style, settings, path, stock):
    use_threads(settings.threads)  # as the workers do
    return paint(Stylization(photo, style, settings, stock=stock), None).save(path).read_bytes()


def test_killed_in_the_middle_each_picture_is_painted_once_and_as_if_nothing_had_been(tmp_path):
    photos, styles, out = (
        pictures(tmp_path / "photos", 2, 0),
        pictures(tmp_path / "styles", 1, 9),
        tmp_path / "out",
    )
    outcomes, notes, killed, seen = [], [], [], set()
    for event in batch(photos, styles, out, SMALL, jobs=2):
        if isinstance(event, Outcome):
            outcomes.append(event)
            continue
        seen.add(event.worker)
        notes += [(event.task.name, event.event.text)] if isinstance(event.event, Note) else []
        if isinstance(event.event, Step) and event.event.step >= 5 and not killed:
            kill(event.worker)
            killed.append(event.task.name)
    assert sorted((outcome.task.name, outcome.kind) for outcome in outcomes) == [
        ("0+0.png", "painted"),
        ("1+0.png", "painted"),
    ] and seen == {0, 1}
    assert (
        killed[0],
        "its worker was killed by SIGKILL, as happens if memory runs out, "
        "and another resumes from the last step that was kept",
    ) in notes
    stock = Stock()
    for name in ("0", "1"):
        whole = undisturbed(photos / f"{name}.png", styles / "0.png", SMALL, tmp_path / "whole.png", stock)
        assert (out / f"{name}+0.png").read_bytes() == whole
    assert sorted(os.listdir(out)) == ["0+0.png", "1+0.png"] and not multiprocessing.active_children()


def kill(worker: int) -> None:
    victim = next(child for child in multiprocessing.active_children() if child.name == f"impasto-{worker}")
    os.kill(victim.pid, signal.SIGKILL)


DIE = """
import os, sys
def die(event, given):
    if event == "open" and str(given[0]).endswith("trap.png"):
        os.kill(os.getpid(), 9)
sys.addaudithook(die)
"""


def test_a_picture_that_kills_each_of_its_workers_is_given_up_and_the_others_are_painted(
    tmp_path, monkeypatch
):
    """Workers import this sitecustomize when they start, and die as soon as they open the picture."""
    monkeypatch.setattr(workers, "TRIES", 2)
    (tmp_path / "sitecustomize.py").write_text(DIE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    photos, styles = pictures(tmp_path / "photos", 1, 0), pictures(tmp_path / "styles", 1, 9)
    trap = tmp_path / "trap.png"
    trap.write_bytes((photos / "0.png").read_bytes())
    events = list(batch([trap, photos], styles, tmp_path / "out", SMALL.with_changes(steps=2)))
    first, second = (event for event in events if isinstance(event, Outcome))
    assert (first.task.content, first.kind) == (str(trap), "failed")
    assert first.reason.startswith("its worker died 2 times and came no further; the last one was killed")
    assert (
        second.kind == "painted"
        and sum(isinstance(getattr(event, "event", None), Note) for event in events) == 1
    )


def test_what_cannot_be_is_said_before_the_work(tmp_path):
    photos, styles = pictures(tmp_path / "photos", 1, 0), pictures(tmp_path / "styles", 1, 9)
    with pytest.raises(OutputError, match="cannot hold 16 bits"):
        batch(photos, styles, tmp_path / "out", Settings(depth=16), suffix=".jpg")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot make folder"):
        batch(photos, styles, tmp_path / "file")
    with pytest.raises(SettingsError, match="jobs must be >= 1, got 0"):
        batch(photos, styles, tmp_path / "out", jobs=0)


@pytest.mark.slow
def test_forty_pictures_with_a_worker_killed_every_few_seconds(tmp_path, monkeypatch):
    monkeypatch.delenv("IMPASTO_PRECISION")
    generator, settings = random.Random(6), SMALL.with_changes(steps=150)
    photos, styles, out = (
        pictures(tmp_path / "photos", 8, 0),
        pictures(tmp_path / "styles", 5, 20),
        tmp_path / "out",
    )
    outcomes, kills, left = [], 0, 200
    for event in batch(photos, styles, out, settings, jobs=3):
        outcomes += [event] if isinstance(event, Outcome) else []
        left -= isinstance(getattr(event, "event", None), Step)
        if left <= 0:  # a few seconds of three workers
            os.kill(generator.choice(multiprocessing.active_children()).pid, signal.SIGKILL)
            kills, left = kills + 1, generator.randint(150, 350)
    assert sorted(os.listdir(out)) == sorted(
        f"{photo}+{style}.png" for photo in range(8) for style in range(5)
    )
    assert len({outcome.task.output for outcome in outcomes}) == len(outcomes) == 40 and {
        outcome.kind for outcome in outcomes
    } == {"painted"}
    assert kills >= 15
    stock = Stock()
    for photo in range(8):
        for style in range(5):
            whole = undisturbed(
                photos / f"{photo}.png", styles / f"{style}.png", settings, tmp_path / "whole.png", stock
            )
            assert (out / f"{photo}+{style}.png").read_bytes() == whole


def test_a_clip_that_is_named_becomes_a_film_beside_the_pictures(tmp_path):
    photos, styles, out = (
        pictures(tmp_path / "photos", 1, 0),
        pictures(tmp_path / "styles", 1, 9),
        tmp_path / "out",
    )
    frames = [Image.fromarray(blobs(48, 64, 3)[:, i : i + 48]) for i in range(2)]
    clip = tmp_path / "clip.mp4"
    with Film(clip, (48, 48), Fraction(10)) as film:
        for i, frame in enumerate(frames):
            film.add(frame, Fraction(i, 10), Fraction(1, 10))
    settings = SMALL.with_changes(steps=2, content_layers="conv2_2", style_layers="conv1_1,conv2_1")
    outcomes = [event for event in batch([clip, photos], styles, out, settings) if isinstance(event, Outcome)]
    assert [(one.task.name, one.kind, one.reason) for one in outcomes] == [
        ("clip+0.mp4", "painted", ""),
        ("0+0.png", "painted", ""),
    ]
    assert sorted(os.listdir(out)) == ["0+0.png", "clip+0.mp4"]
    recipe = Recipe.read(out / "clip+0.mp4")
    assert (
        recipe.command == "video"
        and recipe.finished
        and len(list(Clip.open(out / "clip+0.mp4").frames())) == 2
    )
    again = [event for event in batch([clip, photos], styles, out, settings) if isinstance(event, Outcome)]
    assert [one.kind for one in again] == ["skipped", "skipped"]
