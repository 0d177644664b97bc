"""A job resumes to the same bytes after each step, kill -9 or a full disk, and rejects another run."""

import errno
import json
import math
import random
import subprocess
import sys
import time

import pytest
from PIL import Image

from conftest import blobs
from impasto.cli.words import in_words
from impasto.engine.events import Note, Resumed, ScaleDone, Step
from impasto.errors import JobError, RecipeError
from impasto.jobs import checkpoints as module
from impasto.jobs.control import pause, unpause
from impasto.jobs.curve import CURVE
from impasto.jobs.folder import PREVIEW
from impasto.jobs.job import Job
from impasto.jobs.lock import Lock
from impasto.jobs.log import LOG
from impasto.objective.whole import Whole
from impasto.settings import Settings
from impasto.stills.stylize import Stylization

SMALL = Settings(size=48, steps=9, start_size=32, strength=50, history=3, min_fall=0)

pytestmark = pytest.mark.usefixtures("own_threads")

PAINT = """
import math, sys
from impasto.jobs.job import Job
from impasto.settings import Settings
from impasto.stills.stylize import Stylization

photo, painting, folder, out, steps = sys.argv[1:]
settings = Settings(size=48, steps=int(steps), start_size=32, strength=50, history=3, min_fall=0)
job = Job.start(folder, Stylization(photo, painting, settings))
job.keeper.part_of_time = math.inf
for event in job:
    print(event.kind, flush=True)
job.pastiche().save(out)
"""


def finished(run, path):
    for _ in run:
        pass
    return run.pastiche().save(path).read_bytes()


def stopped_after(kind, job):
    """Paint until an event of a kind that brings something new, and say whether there was one."""
    before = job.run.state and (job.run.state.index, job.run.state.step)
    return any(
        isinstance(event, kind) and (job.run.state.index, job.run.state.step) != before for event in job
    )


@pytest.mark.parametrize("kind", [Step, ScaleDone])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adam", "learning_rate": 5.0, "init": "noise"},
        {"plan": "keep/2h", "min_fall": 0.9, "steps": 50},
    ],
)
def test_a_run_stopped_again_and_again_gives_the_bytes_of_one_that_was_not(
    photo, painting, tmp_path, kind, changes
):
    settings = SMALL.with_changes(**changes)
    if settings.steps > 9 and kind is Step:
        settings = settings.with_changes(steps=26, start_size=0)
    wanted = finished(Stylization(photo, painting, settings), tmp_path / "whole.png")
    job, stops = Job.start(tmp_path / "job", Stylization(photo, painting, settings)), 0
    while stopped_after(kind, job):
        stops += 1
        job.close()
        job = Job.resume(tmp_path / "job")
        assert len(job.notes) == 1 and isinstance(job.notes[0], Resumed)
    assert stops >= (settings.steps if kind is Step and settings.steps == 9 else 1)
    assert job.pastiche().save(tmp_path / "out.png").read_bytes() == wanted
    assert finished(job, tmp_path / "again.png") == wanted  # a job that is done gives its picture once more
    job.close()


def test_start_goes_on_where_the_run_is_the_same_even_with_its_inputs_moved(photo, painting, tmp_path):
    wanted = finished(Stylization(photo, painting, SMALL), tmp_path / "whole.png")
    with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)) as job:
        stopped_after(Step, job)
    moved = photo.rename(tmp_path / "elsewhere.png")
    with Job.start(tmp_path / "job", Stylization(moved, painting, SMALL)) as job:
        assert job.run.state.step == 1
        assert finished(job, tmp_path / "out.png") == wanted


@pytest.mark.parametrize(
    "changes", [{"plan": "tile:32"}, {"threads": 1}, {"convolutions": "64x3@1024=reference"}]
)
def test_what_the_machine_was_told_is_known_again(photo, painting, tmp_path, changes):
    for _ in range(2):
        with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL.with_changes(**changes))) as job:
            stopped_after(Step, job)
    assert job.run.state.step == 2
    other = {"plan": "keep", "threads": 2, "convolutions": "64x3@1024=nnpack"}
    for name in changes:
        with pytest.raises(JobError, match=f"is of another run: {name} .* there and .* here"):
            Job.start(
                tmp_path / "job", Stylization(photo, painting, SMALL.with_changes(**{name: other[name]}))
            )


def test_arrays_are_given_again(tmp_path):
    with Job.start(tmp_path / "job", Stylization(blobs(48, 64, 1), blobs(64, 48, 2), SMALL)) as job:
        stopped_after(Step, job)
    with pytest.raises(RecipeError, match="came in as an array"):
        Job.resume(tmp_path / "job")
    with Job.resume(tmp_path / "job", inputs=[blobs(64, 48, 2), blobs(48, 64, 1)]) as job:
        assert job.run.state.step == 1


def test_a_paused_job_waits_with_its_step_kept_and_changes_no_byte(photo, painting, tmp_path, monkeypatch):
    wanted, slept = finished(Stylization(photo, painting, SMALL), tmp_path / "whole.png"), []
    with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)) as job:

        def sleep(seconds):
            assert job.paused and (tmp_path / "job/checkpoint-1.json").exists()
            slept.append(seconds)
            if len(slept) == 2:
                unpause(tmp_path / "job")

        monkeypatch.setattr(time, "sleep", sleep)
        notes = []
        for event in job:
            if isinstance(event, Step) and event.step == 2:
                pause(tmp_path / "job")
            notes += [words] if (words := in_words(event, str(job.folder))) else []
        assert (
            len(slept) == 2
            and not job.paused
            and notes == [f"paused; 'impasto job {tmp_path / 'job'} continue' resumes it", "resumed"]
        )
        assert job.pastiche().save(tmp_path / "out.png").read_bytes() == wanted
    pause(tmp_path / "job")
    with Job.resume(tmp_path / "job") as job:
        assert finished(job, tmp_path / "2.png") == wanted
    for tell in (pause, unpause):
        with pytest.raises(JobError, match="is no job folder"):
            tell(tmp_path)


def test_what_was_interrupted_within_a_step_is_painted_from_the_last_checkpoint(
    photo, painting, tmp_path, monkeypatch
):
    wanted = finished(Stylization(photo, painting, SMALL), tmp_path / "whole.png")
    with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)) as job:
        job.keeper.part_of_time = math.inf
        stopped_after(Step, job)
        stopped_after(Step, job)

        def interrupt(*arguments):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Whole, "__call__", interrupt)
            list(job)
        assert finished(job, tmp_path / "out.png") == wanted


def killed_and_done(photo, painting, tmp_path, steps, kills, seed):
    """Paint in a process that is killed at random moments, `kills` times, and once not; return the bytes."""
    moments, out = random.Random(seed), tmp_path / "out.png"
    command = [sys.executable, "-c", PAINT, *map(str, (photo, painting, tmp_path / "job", out, steps))]
    for _ in range(kills):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        for _ in range(moments.randint(0, 5)):
            process.stdout.readline()
        time.sleep(moments.random() * 0.05)
        assert process.poll() is None, "it came to its end before it was killed"
        process.kill()
        process.communicate()
    subprocess.run(command, check=True, capture_output=True)
    return out.read_bytes()


def test_a_killed_process_changes_no_byte(photo, painting, tmp_path):
    wanted = finished(Stylization(photo, painting, SMALL.with_changes(steps=30)), tmp_path / "whole.png")
    assert killed_and_done(photo, painting, tmp_path, 30, 2, 0) == wanted


@pytest.mark.slow
def test_thirty_kills_change_no_byte(photo, painting, tmp_path):
    wanted = finished(Stylization(photo, painting, SMALL.with_changes(steps=200)), tmp_path / "whole.png")
    assert killed_and_done(photo, painting, tmp_path, 200, 30, 1) == wanted


def test_checkpoints_are_written_as_time_allows_and_each_pair_once(photo, painting, tmp_path, monkeypatch):
    written = []
    durably = module.write_durably
    monkeypatch.setattr(
        module, "write_durably", lambda path, chunks: written.append(path.name) or durably(path, chunks)
    )
    with Job.start(tmp_path / "rare", Stylization(photo, painting, SMALL)) as job:
        job.keeper.part_of_time = 0.0
        list(job)
    scales = len(job.run.scales)
    assert len([name for name in written if name.startswith("checkpoint")]) == scales and not any(
        "pair" in name for name in written
    )
    written.clear()
    with Job.start(tmp_path / "often", Stylization(photo, painting, SMALL)) as job:
        job.keeper.part_of_time = math.inf
        list(job)
    assert len([name for name in written if name.startswith("checkpoint")]) == 9
    pairs = [name for name in written if name.startswith("pair")]
    assert pairs and len(pairs) == len(set(pairs))
    left = sorted(path.name for path in (tmp_path / "often").iterdir())
    assert [name for name in left if name.startswith("checkpoint")] == [
        f"checkpoint-{end}.json" for end in (5, 8, 9)
    ]
    assert all(
        name in ("job.json", "lock", "holder", "losses.csv", "events.jsonl", "preview.jpg")
        or name.split("-")[0] in ("checkpoint", "state", "pair")
        for name in left
    )


def test_a_full_disk_is_said_once_and_the_last_checkpoint_stays(photo, painting, tmp_path, monkeypatch):
    wanted = finished(Stylization(photo, painting, SMALL), tmp_path / "whole.png")
    job = Job.start(tmp_path / "job", Stylization(photo, painting, SMALL))
    job.keeper.part_of_time = math.inf
    stopped_after(Step, job)
    before = {
        path.name: path.read_bytes()
        for path in job.folder.iterdir()
        if path.name not in (CURVE, LOG, PREVIEW)
    }
    durably = module.write_durably

    def full(path, chunks):
        if path.name.startswith("state"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return durably(path, chunks)

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_durably", full)
        notes = [event.text for event in job if isinstance(event, Note)]
    assert (
        len(notes) == 1
        and "No space left on device; painting continues" in notes[0]
        and "Free some space" in notes[0]
    )
    assert job.pastiche().save(tmp_path / "out.png").read_bytes() == wanted
    assert {
        path.name: path.read_bytes()
        for path in job.folder.iterdir()
        if path.name not in (CURVE, LOG, PREVIEW)
    } == before
    job.close()
    with Job.resume(tmp_path / "job") as job:
        assert job.run.state.step == 1
        assert finished(job, tmp_path / "2.png") == wanted


def test_a_damaged_checkpoint_gives_way_to_the_one_before_and_says_so(photo, painting, tmp_path):
    wanted = finished(Stylization(photo, painting, SMALL), tmp_path / "whole.png")
    with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)) as job:
        job.keeper.part_of_time = math.inf
        for event in job:
            if isinstance(event, Step) and event.step == 4:
                break
    newest = max((tmp_path / "job").glob("state-*"))
    newest.write_bytes(newest.read_bytes()[:-1])
    with Job.resume(tmp_path / "job") as job:
        assert (
            "checkpoint-4.json is damaged in" in job.notes[0].text
            and "the one before is used" in job.notes[0].text
            and job.notes[1].done == 3
        )
        assert finished(job, tmp_path / "out.png") == wanted
    for file in (tmp_path / "job").glob("state-*"):
        file.write_bytes(b"")
    with Job.resume(tmp_path / "job") as job:
        assert "painting restarts" in job.notes[0].text and job.run.state is None
        assert finished(job, tmp_path / "2.png") == wanted


def test_one_folder_has_one_run_and_a_dead_process_holds_nothing(photo, painting, tmp_path):
    with Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)):
        for second in (
            lambda: Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)),
            lambda: Job.resume(tmp_path / "job"),
        ):
            with pytest.raises(
                match=r"job '.*job' is being painted by another process, number \d+; "
                r"wait for it, stop it, or",
            ):
                second()
    code = """
import pathlib, sys
from impasto.jobs.lock import Lock
from impasto.jobs.log import LOG
lock = Lock(pathlib.Path(sys.argv[1]))
print('held', flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "job"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    with pytest.raises(JobError, match=f"number {process.pid};"):
        Lock(tmp_path / "job")
    process.kill()
    process.communicate()
    Lock(tmp_path / "job").release()


def test_another_run_is_refused_with_what_differs_and_nothing_is_lost(photo, painting, tmp_path):
    folder = tmp_path / "job"
    with Job.start(folder, Stylization(photo, painting, SMALL)) as job:
        stopped_after(Step, job)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    other = tmp_path / "other.png"
    Image.fromarray(blobs(48, 64, 7)).save(other)
    for run, words in (
        (
            Stylization(other, painting, SMALL),
            r"content 'photo.png' \(SHA-256 .*…\) there and content 'other.png' .* here",
        ),
        (
            Stylization(photo, (painting, 2.0), SMALL),
            "style 'painting.png' .* there and style 'painting.png' .* of weight 2 here",
        ),
        (Stylization(photo, [painting, other], SMALL), r"1 style\(s\) there and 2 here"),
        (Stylization(photo, painting, SMALL.with_changes(strength=70)), "strength 50 there and 70 here"),
        (
            Stylization(photo, painting, SMALL.with_changes(content_mask=str(other))),
            "content mask none there and the file of SHA-256 .* here",
        ),
        (
            Stylization(photo, painting, SMALL.with_changes(plan="tile:32")),
            "plan keep/3,.* there and tile:32/3,.* here",
        ),
    ):
        with pytest.raises(
            JobError, match=f"is of another run: {words}; give what it began with, or choose another job"
        ):
            Job.start(folder, run)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    photo.write_bytes(other.read_bytes())
    with pytest.raises(RecipeError, match="has changed"):
        Job.resume(folder)


def test_what_is_no_job_folder_is_refused(photo, painting, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("dear")
    with pytest.raises(
        JobError,
        match="has other files in it, such as 'letter.txt', and no job; choose a new folder for job",
    ):
        Job.start(tmp_path / "full", Stylization(photo, painting, SMALL))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]
    with pytest.raises(JobError, match="cannot make job folder .* choose another job"):
        Job.start(photo, Stylization(photo, painting, SMALL))
    for folder in (tmp_path / "nothing", tmp_path / "full"):
        with pytest.raises(JobError, match=r"is no job folder: it has no job.json; name one that job made"):
            Job.resume(folder)
    Job.start(tmp_path / "job", Stylization(photo, painting, SMALL)).close()
    record = tmp_path / "job/job.json"
    table = json.loads(record.read_text())
    for text, words in (
        ("", "is damaged: it is no JSON; restart in another folder"),
        ("[]", "is damaged: it has not the two tables"),
        (json.dumps(table | {"format": 2}), "has format 2, and this impasto knows 1; update impasto"),
        (json.dumps(table | {"recipe": None}), "is damaged: "),
        (json.dumps(table | {"run": {"output": 3}}), "is damaged: output must be a string, got 3"),
        (json.dumps(table | {"changes": 3}), "is damaged: changes must be a list, got 3"),
        (
            json.dumps(table | {"changes": [{"scale": 1, "step": 0, "settings": {"size": 64}}]}),
            r"is damaged: changes\[0\]: size cannot change",
        ),
        (json.dumps(table | {"taken": 3}), "is damaged: "),
    ):
        record.write_text(text)
        with pytest.raises(JobError, match=words):
            Job.resume(tmp_path / "job")
