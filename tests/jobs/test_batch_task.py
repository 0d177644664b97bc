"""A task: painted once, recognised by its recipe, resumed, and never written over another file."""

from dataclasses import replace

import pytest
from PIL import Image

from conftest import blobs
from impasto.engine.events import Resumed, Step
from impasto.errors import JobError, OutputError, PictureError
from impasto.jobs import batch_task
from impasto.jobs.batch_task import amiss, job_folder, paint
from impasto.jobs.job import Job
from impasto.jobs.lock import Lock
from impasto.jobs.tasks import Task, tasks_of
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, stylize

pytestmark = pytest.mark.usefixtures("own_threads", "untimed")

SMALL = Settings(size=48, steps=6, start_size=32, history=3, min_fall=0)
STOCK = Stock()


@pytest.fixture
def task(photo, painting, tmp_path) -> Task:
    (tmp_path / "out").mkdir()
    return tasks_of([photo], [painting], tmp_path / "out", SMALL)[0]


def outcome(task, **options):
    """Paint and return the outcome and the events."""
    run, events = paint(task, stock=STOCK, **options), []
    while True:
        try:
            events.append(next(run))
        except StopIteration as end:
            return end.value, events


def changed(task, **changes):
    return replace(task, settings=task.settings.with_changes(**changes))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_that_of_stylize_and_is_painted_once(task, photo, painting, tmp_path):
    done, events = outcome(task)
    assert (
        (done.kind, done.reason) == ("painted", "")
        and done.seconds > 0
        and [e.step for e in events if isinstance(e, Step)] == [1, 2, 3, 4, 5, 6]
    )
    assert names(tmp_path / "out") == ["photo+painting.png"] == [task.name]
    whole = stylize(photo, painting, SMALL).save(tmp_path / "whole.png")
    first = (tmp_path / "out" / task.name).read_bytes()
    assert first == whole.read_bytes()
    done, events = outcome(task, threads=1, memory=10**12)
    assert done.kind == "skipped" and events == [] and (tmp_path / "out" / task.name).read_bytes() == first


def test_threads_are_those_of_the_settings_or_else_those_given(task):
    outcome(task, threads=1)
    assert Recipe.read(task.output).settings.threads == 1
    other = replace(changed(task, threads=2), repaint=True)
    outcome(other, threads=1)
    assert Recipe.read(task.output).settings.threads == 2
    outcome(replace(changed(task, strength=70), repaint=True), threads=1)
    assert Recipe.read(task.output).settings.threads == 1


@pytest.mark.parametrize(
    ("differing", "why"),
    [
        (lambda task: changed(task, strength=70), "of another recipe: strength 58 there and 70 here"),
        (lambda task: replace(task, strip=True), "with the photo's metadata"),
        (lambda task: replace(task, private=True), "with the names of its inputs"),
        (
            lambda task: replace(task, styles=((task.content, 1.0),)),
            "of another recipe: style 'painting.png' .* there and style 'photo.png' .* here",
        ),
    ],
)
def test_what_is_there_by_another_recipe_stays_unless_it_is_to_be_repainted(task, differing, why):
    outcome(task)
    before, other = Image.open(task.output).tobytes(), differing(task)
    with pytest.raises(OutputError, match=f"there is a picture already, {why}; repaint paints it again"):
        outcome(other)
    assert Image.open(task.output).tobytes() == before and amiss(task) == ""
    assert outcome(replace(other, repaint=True))[0].kind == "painted"
    assert amiss(other) == "" != amiss(task)
    assert outcome(replace(other, repaint=True))[0].kind == "skipped"


def test_a_changed_photo_a_foreign_picture_and_one_that_was_stopped_are_something_else(task, photo, painting):
    Image.fromarray(blobs(9, 9)).save(task.output)
    assert amiss(task) == "without a recipe that can be read"
    run = Stylization(photo, painting, SMALL)
    next(iter(run))
    run.pastiche().save(task.output)
    assert amiss(task) == "stopped early"
    stylize(photo, painting, SMALL).save(task.output)
    assert amiss(task) == ""
    Image.fromarray(blobs(48, 64, 5)).save(photo)
    assert amiss(task).startswith("of another recipe: content 'photo.png'")
    photo.unlink()
    with pytest.raises(PictureError, match="cannot read"):
        amiss(task)


def test_another_machine_s_device_will_do_where_that_is_said_and_the_task_leaves_it_open(
    task, photo, painting
):
    pastiche = stylize(photo, painting, SMALL)
    replace(pastiche, recipe=replace(pastiche.recipe, device="cuda")).save(task.output)
    assert amiss(task) == "of another recipe: device cuda there and cpu here"
    assert amiss(task, anywhere=True) == ""
    assert amiss(replace(task, device="cpu"), anywhere=True) == amiss(task)


def test_a_task_that_was_let_go_goes_on_to_the_same_bytes(task, photo, painting, tmp_path):
    whole = stylize(photo, painting, SMALL).save(tmp_path / "whole.png").read_bytes()
    run = paint(task)
    for event in run:
        if isinstance(event, Step) and event.step == 4:
            break
    run.close()
    assert names(tmp_path / "out") == [".jobs"] and job_folder(task).is_dir()
    with pytest.raises(
        JobError,
        match=r"it was begun, by another recipe: strength 58 there and 70 here; "
        r"repaint restarts it, or resume the job in '",
    ):
        outcome(changed(task, strength=70))
    _, events = outcome(task)
    assert [e.step for e in events if isinstance(e, Step)] == [5, 6] and isinstance(events[0], Resumed)
    assert (tmp_path / "out" / task.name).read_bytes() == whole and names(tmp_path / "out") == [task.name]


def test_a_job_of_another_recipe_is_begun_anew_where_that_is_asked_for(task):
    run = paint(task)
    next(run)
    run.close()
    other = replace(changed(task, strength=70), repaint=True)
    lock = Lock(job_folder(task))
    with pytest.raises(JobError, match="being painted by another process"):
        outcome(other)
    lock.release()
    _, events = outcome(other)
    assert [e.step for e in events if isinstance(e, Step)] == [1, 2, 3, 4, 5, 6] and Recipe.read(
        task.output
    ).settings.strength == 70


def test_what_a_death_left_in_the_job_folder_does_not_matter(task, monkeypatch, tmp_path):
    folder = job_folder(task)
    folder.mkdir(parents=True)
    (folder / "checkpoint-9.json").write_text("half deleted")
    assert outcome(task)[0].kind == "painted" and not folder.parent.exists()
    # Killed between the writing of the picture and the end of its job.
    (tmp_path / "out" / task.name).unlink()
    monkeypatch.setattr(batch_task, "_remove", lambda folder: None)
    outcome(task)
    assert folder.exists()
    monkeypatch.undo()
    assert outcome(task)[0].kind == "skipped" and not folder.parent.exists()


def test_a_job_of_a_batch_can_be_gone_on_with_by_hand(task, tmp_path):
    run = paint(replace(task, strip=True))
    next(run)
    run.close()
    with Job.resume(job_folder(task)) as job:
        assert job.record.run.output == task.output and job.record.run.strip
