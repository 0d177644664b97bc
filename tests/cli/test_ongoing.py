"""The job folder that a long run gets by itself."""

import json
import os
import signal

import pytest

from impasto.cli import ongoing, run_command
from impasto.cli.progress import Json
from impasto.engine.events import Step
from impasto.errors import OutputError
from impasto.jobs.job import Job
from impasto.stills.pastiche import Pastiche

SMALL = [
    "--size",
    "48",
    "--steps",
    "9",
    "--start-size",
    "32",
    "--content-layers",
    "conv2_2",
    "--style-layers",
    "conv1_1,conv2_1",
    "--json",
]
PAINT = ["stylize", "photo.png", "painting.png", *SMALL]


@pytest.fixture(autouse=True)
def long(tmp_path, monkeypatch, photo, painting):
    """Every run is long, and lasts more than a step."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ongoing, "LONG", 0.0)


@pytest.fixture
def stopped(monkeypatch):
    """Stops the next run after its sixth step."""
    show, left = Json.event, [1]

    def event(self, event):
        show(self, event)
        if isinstance(event, Step) and event.step == 6 and left:
            left.clear()
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Json, "event", event)
    return left


def notes(capsys):
    records = map(json.loads, capsys.readouterr().out.splitlines())
    said = {"note": "{text}", "resumed": "resuming job after step {done}"}
    return [said[record["kind"]].format(**record) for record in records if record["kind"] in said]


def names(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.name not in ("photo.png", "painting.png"))


def test_a_long_run_is_kept_until_it_is_painted_and_a_short_one_is_not(tmp_path, capsys, monkeypatch):
    assert run_command([*PAINT, "-o", "out.png"]) == 0
    said = notes(capsys)
    assert len(said) == 1 and said[0].endswith(
        "so 'out.png.job' keeps it meanwhile; after any interruption 'impasto resume out.png.job' resumes it"
    )
    assert names(tmp_path) == ["out.png"]
    assert run_command([*PAINT, "-o", "two.png", "--no-job"]) == 0 and notes(capsys) == []
    monkeypatch.setattr(ongoing, "LONG", 1000.0)
    assert run_command([*PAINT, "-o", "three.png"]) == 0 and notes(capsys) == []
    assert names(tmp_path) == ["out.png", "three.png", "two.png"]
    assert (
        (tmp_path / "out.png").read_bytes()
        == (tmp_path / "two.png").read_bytes()
        == (tmp_path / "three.png").read_bytes()
    )


@pytest.mark.parametrize("output", [["-o", "out.png"], []])
@pytest.mark.parametrize("how", ["resume", "repeat"])
def test_what_was_stopped_goes_on_and_leaves_nothing_behind(tmp_path, capsys, stopped, output, how):
    name = output[-1] if output else "photo+painting.png"
    assert run_command([*PAINT, *output]) == 130
    assert notes(capsys)[-1].endswith(f"{name}.job' continues from here") and names(tmp_path) == [
        name,
        f"{name}.job",
    ]
    assert run_command(["resume", f"{name}.job", "--json"] if how == "resume" else [*PAINT, *output]) == 0
    assert (
        "resuming job" in (said := notes(capsys))[0] and said[0].endswith("after step 6") and len(said) == 1
    )
    assert names(tmp_path) == [name]
    assert run_command([*PAINT, "-o", "whole.png", "--no-job"]) == 0
    assert (tmp_path / name).read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_another_runs_folder_is_left_as_it_is_and_said(tmp_path, capsys, stopped):
    assert run_command([*PAINT, "-o", "out.png"]) == 130
    before = {path.name: path.read_bytes() for path in (tmp_path / "out.png.job").iterdir()}
    notes(capsys)
    stopped.append(1)
    other = [*PAINT, "--strength", "80", "-o", "out.png"]
    assert run_command(other) == 130
    said = notes(capsys)
    assert (
        said[0] == "'out.png.job' keeps another run and is left as it is: strength 58 there and 80 here"
        and "'out.png-2.job' keeps it" in said[1]
    )
    assert {path.name: path.read_bytes() for path in (tmp_path / "out.png.job").iterdir()} == before
    assert run_command(other) == 0
    assert "resuming job after step 6" in notes(capsys)
    assert names(tmp_path) == ["out.png", "out.png.job"]
    (tmp_path / "out.png.job/job.json").write_text("{")
    assert run_command([*PAINT, "-o", "out.png"]) == 0
    assert notes(capsys)[0].startswith(
        "'out.png.job' keeps another run and is left as it is: 'out.png.job/job.json' is damaged"
    )


def test_a_result_made_again_is_kept_too(tmp_path, capsys, stopped):
    assert run_command([*PAINT, "-o", "out.png", "--no-job"]) == 130
    for code in (130, 0):
        if code:
            stopped.append(1)
        assert run_command(["again", "out.png", "--json"]) == code
        assert names(tmp_path) == ["out-2.png", *(["out-2.png.job"] if code else []), "out.png"]
    assert "resuming job after step 6" in notes(capsys)


def test_a_name_that_leaves_no_room_for_the_folders_ending_gets_one_that_is_cut(tmp_path, capsys):
    long_name = "a" * 250 + ".png"
    assert run_command([*PAINT, "-o", long_name]) == 0
    (said,) = notes(capsys)
    assert said.startswith("this takes about") and "aaa.job' keeps it meanwhile" in said
    assert names(tmp_path) == [long_name]


def test_where_no_folder_can_be_made_painting_goes_on(tmp_path, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("impasto.jobs.record.write_durably", full)
    assert run_command([*PAINT, "-o", "out.png"]) == 0
    (said,) = notes(capsys)
    assert said.startswith("no folder beside 'out.png' keeps the run: ")
    assert said.endswith("No space left on device; painting continues without") and names(tmp_path) == [
        "out.png"
    ]


def test_it_stays_where_the_picture_could_not_be_written(tmp_path, capsys, monkeypatch):
    save, failed = Pastiche.save, []

    def fail(self, path, **options):
        if not failed:
            failed.append(path)
            raise OutputError(f"cannot write '{path}': No space left on device")
        return save(self, tmp_path / "refuge.png", **options)

    with monkeypatch.context() as patch:
        patch.setattr(Pastiche, "save", fail)
        assert run_command([*PAINT, "-o", "out.png"]) == 4
    assert notes(capsys)[-1] == "'out.png.job' stays; 'impasto resume out.png.job -o FILE' writes the picture"
    assert names(tmp_path) == ["out.png.job", "refuge.png"]
    assert run_command(["resume", "out.png.job", "--quiet"]) == 0
    assert names(tmp_path) == ["out.png", "refuge.png"]


def test_only_what_is_the_jobs_is_removed(tmp_path, stopped):
    assert run_command([*PAINT, "-o", "out.png"]) == 130
    (tmp_path / "out.png.job/letter.txt").write_text("dear")
    assert run_command([*PAINT, "-o", "out.png"]) == 0
    assert [path.name for path in (tmp_path / "out.png.job").iterdir()] == ["letter.txt"]


def test_a_job_that_was_asked_for_stays(tmp_path):
    assert run_command([*PAINT, "-o", "out.png", "--job", "night"]) == 0
    assert names(tmp_path) == ["night", "out.png"]
    with Job.resume("night") as job:
        assert not job.record.temporary
