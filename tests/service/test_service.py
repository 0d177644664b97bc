"""One suite over every service and kind: a job can do the same wherever it is carried out."""

import io
from dataclasses import replace

import pytest
from PIL import Image
from services import film_task, picture_task, running, service, texture_task

from conftest import until
from impasto.engine.events import (
    Branched,
    Cancelled,
    Changed,
    Done,
    Failed,
    FrameBegun,
    FrameDone,
    Painted,
    Paused,
    Resumed,
    Step,
)
from impasto.errors import (
    JobBusy,
    JobEnded,
    JobNotFound,
    NoBranch,
    NotDone,
    PictureError,
    SettingsError,
)
from impasto.jobs.kinds import KINDS, make
from impasto.jobs.tasks import Task
from impasto.looks.shelf import path_of
from impasto.recipe.recipe import Recipe
from impasto.settings.presets import preset

pytestmark = pytest.mark.usefixtures("own_threads", "untimed")

UNITS = (Step, FrameDone)


PLACES, KINDS_OF_TASK = ("folders", "sqlite", "postgresql"), ("picture", "texture", "film")


def pytest_generate_tests(metafunc):
    """Every kind in every place; on PostgreSQL all but films are slow, since SQLite has shown the same."""
    if "task" in metafunc.fixturenames:
        slow = {("postgresql", "picture"), ("postgresql", "texture")}
        pairs = [
            pytest.param(place, kind, marks=[pytest.mark.slow] if (place, kind) in slow else [])
            for place in PLACES
            for kind in KINDS_OF_TASK
        ]
        metafunc.parametrize(("running", "kind"), pairs, indirect=True)
    elif "running" in metafunc.fixturenames:
        metafunc.parametrize("running", PLACES[:2], indirect=True)


@pytest.fixture
def kind(request):
    return request.param


@pytest.fixture
def task(request, kind):
    return request.getfixturevalue(f"{kind}_task")


def events_of(service, job, *kinds):
    return [one.event for one in service.events(job) if isinstance(one.event, kinds)]


def reach(service, job, state):
    return until(lambda: service.state(job).state == state, f"job that is {state}")


def begun(service, job, units=1):
    """Wait until a job has taken some steps, or painted frames of a film."""
    kind = FrameDone if service.state(job).kind == "video" else Step
    return until(lambda: len(events_of(service, job, kind)) >= units, f"{units} {kind.__name__}")


def bytes_of(service, job, path):
    return service.result(job, path).read_bytes()


def plain(task, path, tmp_path):
    """The bytes of a result that was made in this process without interruption."""
    run = make(task)
    run.folder = tmp_path / "plain"  # of a film
    list(run)
    return run.result().save(path).read_bytes()


def test_a_job_is_followed_from_any_event_on_to_its_result(service, task, tmp_path):
    job = service.create(task)
    reach(service, job, "done")
    numbered = service.events(job)
    assert [one.number for one in numbered] == list(range(1, len(numbered) + 1))
    assert isinstance(numbered[-1].event, Done) and numbered[-1].event.facts["seconds"] > 0
    assert service.events(job, after=len(numbered) - 2) == numbered[-2:]
    assert service.events(job, after=len(numbered)) == []
    progress = FrameBegun if task.kind == "video" else Step
    assert isinstance(service.state(job).progress, progress)
    state = service.state(job)
    assert (state.id, state.kind, state.name) == (job, task.kind, task.name)
    assert service.jobs() == [state]
    name = f"out{KINDS[task.kind].suffix}"
    assert bytes_of(service, job, tmp_path / name) == plain(task, tmp_path / f"plain-{name}", tmp_path)
    assert max(Image.open(io.BytesIO(service.preview(job))).size) <= 512


def test_equal_tasks_are_two_jobs_and_one_s_end_is_not_the_other_s(service, task):
    one, other = service.create(task), service.create(task)
    assert one != other
    begun(service, one)
    service.cancel(one)
    reach(service, one, "cancelled")
    until(lambda: isinstance(service.events(one)[-1].event, Cancelled), "event that says so")
    reach(service, other, "done")
    with pytest.raises(NotDone, match="is cancelled"):
        service.result(one, "out.png")
    for act in (service.cancel, service.pause, lambda job: service.change(job, {"tv_weight": 1})):
        with pytest.raises(JobEnded):
            act(other)
    service.remove(one)
    assert [state.id for state in service.jobs()] == [other]
    with pytest.raises(JobNotFound):
        service.state(one)


def test_a_paused_job_leaves_its_worker_to_others_and_continues_to_the_same_bytes(service, task, tmp_path):
    job = service.create(task)
    begun(service, job)
    service.pause(job)
    reach(service, job, "paused")
    until(lambda: isinstance(service.events(job)[-1].event, Paused), "event that says so")
    done = len(events_of(service, job, *UNITS))
    other = service.create(task)
    reach(service, other, "done")
    assert len(events_of(service, job, *UNITS)) == done and service.state(job).state == "paused"
    service.resume(job)
    reach(service, job, "done")
    assert events_of(service, job, Resumed)
    name = f"out{KINDS[task.kind].suffix}"
    assert bytes_of(service, job, tmp_path / name) == bytes_of(service, other, tmp_path / f"other-{name}")
    with pytest.raises(JobEnded):
        service.resume(job)


def test_a_change_takes_effect_and_is_in_the_recipe(service, task, tmp_path):
    service.pause(waiting := service.create(task))
    assert service.change(waiting, {"tv_weight": "0.25"}) == "tv weight 0.25"
    job = service.create(task)
    begun(service, job)
    assert service.change(job, {"tv_weight": 0.5}) == "tv weight 0.5"
    with pytest.raises(SettingsError, match="size cannot change"):
        service.change(job, {"size": 64})
    reach(service, job, "done")
    (changed,) = events_of(service, job, Changed)
    recipe = Recipe.read(service.result(job, tmp_path / f"out{KINDS[task.kind].suffix}"))
    (change,) = recipe.changes
    assert changed.settings == change.settings == {"tv_weight": 0.5} and change.place > (1, 0)
    service.resume(waiting)
    reach(service, waiting, "done")
    recipe = Recipe.read(service.result(waiting, tmp_path / f"waiting{KINDS[task.kind].suffix}"))
    assert [(change.place, change.settings) for change in recipe.changes] == [((1, 0), {"tv_weight": 0.25})]


def test_a_branch_starts_from_what_is_painted_during_and_after(service, task, tmp_path):
    job = service.create(task)
    with pytest.raises(NoBranch):
        service.branch(job)
    during = until(lambda: branch_of(service, job), "branch")
    reach(service, job, "done")
    after = service.branch(job, 1)
    name = f"out{KINDS[task.kind].suffix}"
    whole = bytes_of(service, job, tmp_path / name)
    for branch in (during, after):
        reach(service, branch, "done")
        (branched,) = events_of(service, branch, Branched)
        assert branched.at >= 1 and events_of(service, branch, Resumed)[0].done >= 1
        assert bytes_of(service, branch, tmp_path / f"{branch}-{name}") == whole
    with pytest.raises(NoBranch):
        service.branch(job, 999)


def branch_of(service, job):
    try:
        return service.branch(job)
    except NoBranch:
        return None


def test_a_killed_worker_loses_nothing(service, task, tmp_path):
    job = service.create(task)
    begun(service, job, 2)
    service.kill()
    reach(service, job, "done")
    numbers = [one.number for one in service.events(job)]
    assert numbers == sorted(set(numbers))
    name = f"out{KINDS[task.kind].suffix}"
    assert bytes_of(service, job, tmp_path / name) == plain(task, tmp_path / f"plain-{name}", tmp_path)


def test_the_same_key_and_task_are_the_same_job(service, picture_task):
    job = service.create(picture_task, key="me")
    assert service.create(picture_task, key="me") == job != service.create(picture_task, key="you")
    assert len(service.jobs()) == 2


def test_a_failure_is_an_event_with_a_code(service, picture_task, tmp_path):
    with pytest.raises(PictureError):
        service.create(replace(picture_task, content=str(tmp_path / "none.png")))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    job = service.create(replace(picture_task, content=str(broken)))
    reach(service, job, "failed")
    failed = service.events(job)[-1].event
    assert isinstance(failed, Failed) and failed.code == "picture_error" and "broken.png" in failed.text
    assert (service.state(job).code, service.state(job).error) == ("picture_error", failed.text)
    service.resume(job)
    until(lambda: len(events_of(service, job, Failed)) == 2, "second failure")


def test_what_is_no_job_is_said_and_what_runs_is_not_removed(service, picture_task):
    for act in (
        service.state,
        service.events,
        service.preview,
        service.pause,
        service.cancel,
        service.remove,
    ):
        with pytest.raises(JobNotFound):
            act("nothing")
    job = service.create(picture_task)
    begun(service, job)
    with pytest.raises(JobBusy):
        service.remove(job)


def test_an_instant_picture_is_a_job_like_others(service, photo, tmp_path):
    looks = ((str(path_of("night_cafe")), 1.0),)
    settings = preset("instant").with_changes(size=64, threads=1)
    task = Task(kind="instant", content=str(photo), styles=looks, output="out.png", settings=settings)
    service.pause(waiting := service.create(task))
    job = service.create(task)
    reach(service, job, "done")
    assert events_of(service, job, Painted) and service.preview(job)
    with pytest.raises(NoBranch, match="in one pass|keeps nothing"):
        service.branch(job)
    assert service.change(waiting, {"strength": 20}) == "strength 20"
    service.resume(waiting)
    reach(service, waiting, "done")
    one, other = (bytes_of(service, each, tmp_path / f"{each}.png") for each in (job, waiting))
    assert one != other
