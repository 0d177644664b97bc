"""A living job: changed between two steps, whatever happens around the change, and branched."""

import json
import math
import random
import subprocess
import sys
import time

import pytest
from test_job import PAINT, SMALL, finished

from conftest import blobs
from impasto.cli.words import in_words
from impasto.engine.events import Resumed, ScaleDone, Step
from impasto.errors import JobError, SettingsError
from impasto.jobs import job as module
from impasto.jobs import record as record_module
from impasto.jobs.again import again
from impasto.jobs.branch import branch
from impasto.jobs.control import pause
from impasto.jobs.folder import remove_folder
from impasto.jobs.job import Job
from impasto.jobs.lock import holder
from impasto.jobs.requests import request
from impasto.jobs.status import status
from impasto.recipe.change import Change
from impasto.recipe.recipe import Recipe
from impasto.stills.stylize import Stylization

pytestmark = pytest.mark.usefixtures("own_threads")

QUICK = SMALL.with_changes(content_layers="conv2_2", style_layers="conv1_1,conv2_1")


def start(photo, painting, folder, **changes):
    return Job.start(folder, Stylization(photo, painting, QUICK.with_changes(**changes)))


def painted_with(photo, painting, path, *changes, **settings):
    return finished(Stylization(photo, painting, QUICK.with_changes(**settings), changes=changes), path)


def notes_while(job, asked):
    """Paint to the end and return the notes; `asked` maps steps and ends of scales, (scale,), to changes."""
    notes, asked = [], dict(asked)
    for event in job:
        notes += [words] if (words := in_words(event, str(job.folder))) else []
        key = (
            event.step
            if isinstance(event, Step)
            else (event.scale,)
            if isinstance(event, ScaleDone)
            else None
        )
        if key in asked:
            job.change(**asked.pop(key))
    return notes


@pytest.mark.parametrize("changes", [{}, {"optimizer": "adam", "learning_rate": 5.0}])
def test_a_change_counts_from_its_step_on_and_is_made_again_there(photo, painting, tmp_path, changes):
    with start(photo, painting, tmp_path / "job", **changes) as job:
        notes = notes_while(job, {5: {"strength": "80"}, 7: {"tv_weight": 0.5, "calm": 1.0}})
        result = job.pastiche()
        out = result.save(tmp_path / "out.png")
    scales = [scale.steps for scale in job.run.scales]
    assert scales[0] == 5  # so that the fifth step is its last, and what comes after it is the next one's
    made = (
        Change(scale=2, step=0, settings={"strength": 80.0}),
        Change(scale=2, step=2, settings={"tv_weight": 0.5, "calm": 1.0}),
    )
    assert notes == ["strength 80 from scale 2, step 1 on", "tv weight 0.5, calm 1 from scale 2, step 3 on"]
    assert (
        Recipe.read(out).changes == made
        and Recipe.read(out).settings.strength == 50
        and result.settings.strength == 80
    )
    assert (
        painted_with(photo, painting, tmp_path / "2.png", *made, **changes)
        == again(out).save(tmp_path / "3.png").read_bytes()
        == out.read_bytes()
    )
    assert painted_with(photo, painting, tmp_path / "4.png", made[0], **changes) != out.read_bytes()


def test_a_change_at_the_start_is_as_good_as_a_setting(photo, painting, tmp_path):
    with start(photo, painting, tmp_path / "job") as job:
        job.change(strength=80, tv_weight=0.1)
        list(job)
        result = job.pastiche()
    wanted = Stylization(photo, painting, QUICK.with_changes(strength=80, tv_weight=0.1))
    list(wanted)
    assert (
        result.image.tobytes() == wanted.pastiche().image.tobytes()
        and result.losses == wanted.pastiche().losses
    )


def test_the_weights_of_several_styles_change(photo, tmp_path):
    styles = [(blobs(64, 48, 2), 1.0), (blobs(64, 48, 5), 1.0)]
    with Job.start(tmp_path / "job", Stylization(photo, styles, QUICK)) as job:
        assert notes_while(job, {(1,): {"styles": (0, 2)}, 7: {"styles": "0, 2"}}) == [
            "styles 0,2 from scale 2, step 1 on",
            "styles 0,2 already",
        ]
        changes = job.pastiche().recipe.changes
    assert changes == (Change(scale=2, step=0, styles=(0.0, 2.0)),)
    run = Stylization(photo, styles, QUICK, changes=changes)
    list(run)
    assert run.pastiche().image.tobytes() == job.pastiche().image.tobytes()


def test_a_changed_run_settles_anew_and_a_scale_that_ended_before_its_change_hands_it_on(
    photo, painting, tmp_path
):
    settings = {"steps": 90, "min_fall": 1.0}
    with start(photo, painting, tmp_path / "job", **settings) as job:
        notes_while(job, {21: {"strength": 80}})
        assert job.run.state.scales[0].steps == 42 and job.pastiche().recipe.changes[0].place == (
            1,
            21,
        )
    late = Stylization(
        photo,
        painting,
        QUICK.with_changes(**settings),
        changes=[Change(scale=1, step=30, settings={"strength": 80.0})],
    )
    list(late)
    at_once = Stylization(
        photo,
        painting,
        QUICK.with_changes(**settings),
        changes=[Change(scale=2, step=0, settings={"strength": 80.0})],
    )
    list(at_once)
    assert (
        late.state.scales[0].steps == 21
        and late.pastiche().image.tobytes() == at_once.pastiche().image.tobytes()
    )


def test_what_cannot_be_is_refused_where_it_is_asked_for(photo, painting, tmp_path):
    folder = tmp_path / "job"
    with start(photo, painting, folder) as job:
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        for values, error, words in (
            ({"strength": 101}, SettingsError, "strength must be >= 0 and <= 100, got 101"),
            ({"strength": "much"}, SettingsError, "strength must be a number, got 'much'"),
            (
                {"size": 64},
                SettingsError,
                "size cannot change while a picture is painted; "
                "settings that can are strength, calm, style_weight, tv_weight, range_weight$",
            ),
            ({"styles": "1,2"}, SettingsError, "styles cannot change"),
            ({}, SettingsError, "nothing to set was given; give what is to change, such as strength=70"),
        ):
            with pytest.raises(error, match=words):
                job.change(**values)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        list(job)
    with pytest.raises(
        JobError,
        match=r"job '.*' is painted to its end, so nothing can change; "
        r"branch it to begin another from one of its scales",
    ):
        request(folder, {"strength": 80})
    with pytest.raises(JobError, match="is no job folder"):
        request(tmp_path, {"strength": 80})


def test_a_wish_that_comes_too_late_or_makes_no_sense_is_said_and_dropped(photo, painting, tmp_path):
    with start(photo, painting, tmp_path / "job") as job:
        said = notes_while(job, {9: {"strength": 80}})
        assert len(said) == 1 and said[0].startswith(
            "strength 80 comes too late, all is painted; 'impasto job "
        )
        assert job.pastiche().recipe.changes == () and not list((tmp_path / "job").glob("set-*"))
    for text, words in (
        ("{", ""),
        ('{"settings": {"size": 3}}', "not changed: size cannot change"),
        ('{"settings": {"strength": 101}}', "not changed: strength must be"),
    ):
        with start(photo, painting, tmp_path / f"job{len(text)}") as job:
            (job.folder / f"set-{1:020}-1.json").write_text(text)
            assert in_words(next(iter(job))).startswith(words) and not list(job.folder.glob("set-*"))
            assert job.run.changes == ()


class Killed(BaseException):
    """Ends a run at any place as kill -9 does: nothing is kept after it."""


@pytest.mark.parametrize("part_of_time", [0.0, math.inf])
@pytest.mark.parametrize(
    ("where", "what"), [("drop", module), ("write_durably", record_module), ("sync_folder", record_module)]
)
def test_a_kill_in_the_midst_of_a_change_leaves_it_whole_or_yet_to_come(
    photo, painting, tmp_path, monkeypatch, where, what, part_of_time
):
    with start(photo, painting, tmp_path / "job") as job:
        job.keeper.part_of_time, events = part_of_time, iter(job)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            for event in events:
                if isinstance(event, Step) and event.step == 7:
                    job.change(strength=80)
                    patch.setattr(what, where, lambda *_: (_ for _ in ()).throw(Killed))
    with Job.resume(tmp_path / "job") as job:
        bytes_ = finished(job, tmp_path / "out.png")
    # Where the record was written the change stays at its step; otherwise it comes where the job goes on.
    changes = Recipe.read(tmp_path / "out.png").changes
    place = (2, 2) if where != "write_durably" or part_of_time else (2, 0)
    assert changes == (Change(scale=place[0], step=place[1], settings={"strength": 80.0}),)
    assert painted_with(photo, painting, tmp_path / "whole.png", *changes) == bytes_


def test_kills_around_changes_change_no_byte(photo, painting, tmp_path):
    moments, folder, out = random.Random(5), tmp_path / "job", tmp_path / "out.png"
    command = [sys.executable, "-c", PAINT, *map(str, (photo, painting, folder, out, 40))]
    for strength in (80, 30):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        for _ in range(moments.randint(3, 6)):
            process.stdout.readline()
        request(folder, {"strength": strength})
        for _ in range(moments.randint(0, 3)):
            process.stdout.readline()
        time.sleep(moments.random() * 0.05)
        assert process.poll() is None, "it came to its end before it was killed"
        process.kill()
        process.communicate()
    subprocess.run(command, check=True, capture_output=True)
    changes = Recipe.read(out).changes
    assert [change.settings["strength"] for change in changes] == [80, 30]
    assert (
        finished(
            Stylization(photo, painting, SMALL.with_changes(steps=40), changes=changes),
            tmp_path / "whole.png",
        )
        == out.read_bytes()
    )


def test_what_is_set_while_nothing_runs_counts_where_it_goes_on(photo, painting, tmp_path):
    folder = tmp_path / "job"
    with start(photo, painting, folder) as job:
        next(event for event in job if isinstance(event, Step) and event.step == 6)
    assert (
        request(folder, {"strength": "70"}) == "strength 70"
        and request(folder, {"strength": 80, "tv_weight": "0.1"}) == "strength 80, tv weight 0.1"
    )
    assert status(folder).asked == "strength 80, tv weight 0.1"
    with Job.resume(folder) as job:
        bytes_ = finished(job, tmp_path / "out.png")
        assert job.record.changes == (Change(scale=2, step=1, settings={"strength": 80.0, "tv_weight": 0.1}),)
    assert painted_with(photo, painting, tmp_path / "whole.png", *job.record.changes) == bytes_


def test_a_full_disk_puts_a_change_off_and_says_so_once(photo, painting, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with start(photo, painting, tmp_path / "job") as job, monkeypatch.context() as patch:
        job.keeper.part_of_time, notes = 0.0, []
        for event in job:
            notes += [words] if (words := in_words(event, str(job.folder))) else []
            if isinstance(event, Step) and event.step == 2:
                job.change(strength=80)
                patch.setattr(record_module, "write_durably", full)
            if isinstance(event, Step) and event.step == 4:
                patch.undo()
    assert (
        len(notes) == 2
        and notes[0].startswith("nothing is changed yet: cannot write")
        and notes[1] == "strength 80 from scale 1, step 5 on"
    )


def test_a_branch_begins_where_a_scale_ended_and_its_result_is_made_again(photo, painting, tmp_path):
    folder, day = tmp_path / "night", tmp_path / "day"
    with start(photo, painting, folder) as job:
        with pytest.raises(
            JobError, match="keeps no scale yet from which others follow; wait until its first one is painted"
        ):
            branch(folder, day)
        for event in job:
            if isinstance(event, Step) and event.step == 7:
                assert status(folder).branches == (1,) and branch(folder, day) == 1  # while it is running
                job.change(strength=20)
        whole = job.pastiche().save(tmp_path / "whole.png").read_bytes()
    for again_, words in (
        (day, "is a job already; choose a new folder"),
        (tmp_path, "has other files in it"),
    ):
        with pytest.raises(JobError, match=words):
            branch(folder, again_)
    with pytest.raises(JobError, match="has no scale 2 to branch from; take 1"):
        branch(folder, tmp_path / "none", from_scale=2)
    request(day, {"strength": 80})
    with Job.resume(day) as job:
        assert job.run.place == (1, 0) and job.run.changes == ()
        bytes_ = finished(job, tmp_path / "day.png")
    made = (Change(scale=2, step=0, settings={"strength": 80.0}),)
    assert Recipe.read(tmp_path / "day.png").changes == made and bytes_ != whole
    assert (
        painted_with(photo, painting, tmp_path / "2.png", *made)
        == again(tmp_path / "day.png").save(tmp_path / "3.png").read_bytes()
        == bytes_
    )
    assert (
        branch(folder, tmp_path / "third", from_scale=1) == 1
    )  # of one that is done, without what was changed later
    with Job.resume(tmp_path / "third") as job:
        assert finished(job, tmp_path / "third.png") == painted_with(photo, painting, tmp_path / "plain.png")


def test_a_damaged_scale_is_not_branched(photo, painting, tmp_path):
    with start(photo, painting, tmp_path / "job") as job:
        list(job)
    number = min(
        int(path.stem.removeprefix("checkpoint-")) for path in (tmp_path / "job").glob("checkpoint-*")
    )
    (tmp_path / f"job/state-{number}.safetensors").write_bytes(b"")
    with pytest.raises(JobError, match="scale 1 of job .* is damaged .* take another scale"):
        branch(tmp_path / "job", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_lost_pair_costs_both_checkpoints_of_its_scale_and_not_the_scale_before(photo, painting, tmp_path):
    wanted = painted_with(photo, painting, tmp_path / "whole.png", steps=16)
    with start(photo, painting, tmp_path / "job", steps=16) as job:
        job.keeper.part_of_time = math.inf
        next(event for event in job if isinstance(event, Step) and event.step == 14)
    pair = min((tmp_path / "job").glob("pair-1-*"))
    pair.write_bytes(pair.read_bytes()[:-1])
    with Job.resume(tmp_path / "job") as job:
        assert (
            "checkpoint-14.json, checkpoint-13.json are damaged in" in job.notes[0].text
            and "the one before is used" in job.notes[0].text
        )
        assert job.notes[1] == Resumed(9) and job.run.place == (1, 0)
        assert finished(job, tmp_path / "out.png") == wanted


def test_a_folder_that_has_gone_stops_no_run(photo, painting, tmp_path):
    wanted = painted_with(photo, painting, tmp_path / "whole.png")
    with start(photo, painting, tmp_path / "job") as job:
        notes = []
        for event in job:
            notes += [words] if (words := in_words(event, str(job.folder))) else []
            if isinstance(event, Step) and event.step == 2:
                remove_folder(job.folder)
        assert not job.folder.exists() and len(notes) == 1 and "no checkpoint can be written" in notes[0]
        assert job.pastiche().save(tmp_path / "out.png").read_bytes() == wanted


def test_another_run_of_changes_is_another_job(photo, painting, tmp_path):
    change = Change(scale=2, step=1, settings={"strength": 80.0})
    with start(photo, painting, tmp_path / "job") as job:
        job.change(strength=80)
        next(event for event in job if isinstance(event, Step) and event.step == 3)
    with start(photo, painting, tmp_path / "job") as job:  # what was changed since makes it no other
        assert job.run.changes[0].place == (1, 0)
    with pytest.raises(
        JobError,
        match="is of another run: no change while it is painted there "
        "and strength 80 from scale 2, step 2 on here",
    ):
        Job.start(tmp_path / "job", Stylization(photo, painting, QUICK, changes=[change]))
    with Job.start(tmp_path / "other", Stylization(photo, painting, QUICK, changes=[change])) as job:
        bytes_ = finished(job, tmp_path / "out.png")
    assert bytes_ == painted_with(photo, painting, tmp_path / "whole.png", change)


def test_status_says_where_a_job_stands(photo, painting, tmp_path):
    folder = tmp_path / "job"
    with start(photo, painting, folder) as job:
        found = status(folder)
        assert (
            found.running
            and not found.paused
            and (found.scale, found.steps_kept, found.branches) == (0, 0, ())
        )
        assert holder(folder) and json.loads(holder(folder)) > 0
        next(event for event in job if isinstance(event, Step) and event.step == 7)
        job.stop()
        pause(folder)
        found = status(folder)
        assert found.paused and (
            found.scale,
            found.scales,
            found.steps_kept,
            found.steps,
            found.branches,
            found.done,
        ) == (2, 2, 7, 9, (1,), False)
    assert not status(folder).running and holder(tmp_path) is None
    with Job.resume(folder) as job:
        list(job)
    assert status(folder).done and status(folder).steps_kept == 9 and not status(folder).paused
