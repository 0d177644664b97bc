"""`impasto batch`: what it says, its exit codes, and what an interrupt leaves."""

import json
import os
import signal

import pytest
from PIL import Image

from conftest import blobs
from impasto.cli import run_command
from impasto.cli.batch_progress import Bars, Json
from impasto.engine.events import Step
from impasto.jobs.batch_task import Outcome
from impasto.jobs.tasks import Task
from impasto.jobs.workers import Progress
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings

SMALL = ["--size", "48", "--steps", "2", "--start-size", "32"]
LONG = [*SMALL, "--steps", "60", "--min-fall", "0"]
LONG += ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, quick_workers):
    monkeypatch.chdir(tmp_path)
    for name, pictures in (("photos", ["a", "b"]), ("styles", ["x"])):
        (tmp_path / name).mkdir()
        for number, picture in enumerate(pictures):
            Image.fromarray(blobs(48, 64, number + len(name))).save(tmp_path / name / f"{picture}.png")


def test_bad_files_are_named_once_the_others_painted_and_the_exit_code_says_so(tmp_path, capsys):
    (tmp_path / "styles/notes.txt").write_text("bought in Arles")
    Image.fromarray(blobs(2, 64)).save(tmp_path / "photos/thin.png")
    (tmp_path / "photos/broken.png").write_bytes((tmp_path / "photos/a.png").read_bytes()[:500])
    command = [
        "batch",
        "photos",
        "--styles",
        "styles",
        "--styles",
        "styles/notes.txt",
        "-o",
        "out",
        "--format",
        "jpg",
        *SMALL,
    ]
    assert run_command(command) == 10
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "4 photos with 2 styles: 8 pictures" and sorted(os.listdir("out")) == [
        "a+x.jpg",
        "b+x.jpg",
    ]
    assert sorted(
        line.split(" in ")[0] for line in lines if line.startswith("painted ") and "," not in line
    ) == ["painted a+x.jpg", "painted b+x.jpg"]
    assert not any(line.startswith("left out") for line in lines)
    failed = [line for line in lines if line.startswith("failed ")]
    assert len(failed) == 3 and all(
        any(word in line for line in failed)
        for word in (
            "notes.txt' is not a readable picture",
            "'thin' at 48x2 px is too",
            "broken.png': damaged",
        )
    )
    summary = next(i for i, line in enumerate(lines) if line.startswith("painted 2, skipped 0, failed 6 in "))
    assert (
        len(lines[summary + 1 :]) == 4
        and sum(int(line.split()[1].strip(":")) for line in lines[summary + 1 : -1]) == 6
    )
    assert lines[-1].startswith("error: 6 of 8 pictures could not be painted")
    assert Recipe.read("out/a+x.jpg").finished


def test_an_interrupted_batch_goes_on_to_the_bytes_of_stylize(tmp_path, monkeypatch, capsys):
    sent, show = [], Json.progress

    def progress(self, progress):
        show(self, progress)
        if isinstance(progress.event, Step) and progress.event.step == 2 and not sent:
            sent.append(os.kill(os.getpid(), signal.SIGTERM))

    monkeypatch.setattr(Json, "progress", progress)
    command = ["batch", "photos/a.png", "--styles", "styles/x.png", "-o", "out", "--json", *LONG]
    assert run_command(command) == 130
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (
        records[-1]["interrupted"]
        and records[-1]["painted"] == 0
        and "stopping after the current steps" in records[-2]["text"]
    )
    assert os.listdir("out") == [".jobs"] and "checkpoint" in "".join(os.listdir("out/.jobs/a+x.png"))
    assert run_command(command) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert records[1]["picture"] == "a+x.png" and records[1]["kind"] == "resumed" and records[2]["step"] >= 2
    done = records[-2]
    assert (done["kind"], done["picture"], done["style"], done["output"]) == (
        "painted",
        "a+x.png",
        str(tmp_path / "styles/x.png"),
        str(tmp_path / "out/a+x.png"),
    )
    assert (
        records[-1].items()
        >= {"kind": "done", "painted": 1, "skipped": 0, "failed": 0, "interrupted": False}.items()
    )
    assert os.listdir("out") == ["a+x.png"]
    assert run_command(["stylize", "photos/a.png", "styles/x.png", *LONG, "-o", "whole.png", "--quiet"]) == 0
    assert (tmp_path / "out/a+x.png").read_bytes() == (tmp_path / "whole.png").read_bytes()


def test_a_dry_run_says_what_would_become_of_each_and_paints_nothing(tmp_path, capsys):
    pair, out = (
        ["photos/a.png", "styles/x.png"],
        ["batch", "photos", "--styles", "styles", "-o", "out", "--dry-run"],
    )
    (tmp_path / "out").mkdir()
    assert run_command(["stylize", *pair, *SMALL, "-o", "out/a+x.png", "--quiet"]) == 0
    for more, what, code in (
        (SMALL, "skip", 0),
        (["--size", "64"], "leave, of another recipe: size 48 there and 64 here", 10),
        (["--size", "64", "--repaint"], "repaint, of", 0),
    ):
        assert run_command([*out, *more]) == code
        first, second = capsys.readouterr().out.splitlines()
        assert first.startswith(f"a+x.png  {what}") and second == "b+x.png  paint"
    assert os.listdir("out") == ["a+x.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["photos", "--styles", "none", "-o", "out"],
            3,
            "no style 'none': there is no such file, folder or pattern",
        ),
        (["photos", "--styles", "styles", "-o", "photos"], 4, "lies in the folder of the results"),
        (["photos", "--styles", "styles", "-o", "photos/a.png"], 4, "cannot make folder"),
        (
            ["photos", "--styles", "styles", "-o", "out", "--format", "jpg", "--depth", "16"],
            4,
            "cannot hold 16 bits",
        ),
        (["photos", "--styles", "styles", "-o", "out", "--memory", "much"], 2, "memory must be an amount"),
        (["photos", "--styles", "styles", "-o", "out", "--jobs", "0"], 2, "--jobs"),
        (["photos", "-o", "out"], 2, "--styles"),
    ],
)
def test_what_cannot_be_is_one_line_before_the_work(arguments, code, message, capsys):
    assert run_command(["batch", *arguments]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error


def test_bars_and_their_end(capsys):
    task = Task(content="/a.png", styles=(("/x.png", 1.0),), output="/out/a+x.png", settings=Settings())
    bars = Bars(2)
    bars.progress(Progress(task, Step(1, 1, 48, 36, 3, 6, 0.5, {}, 1.0, 1.0), 0))
    row = bars.bars.tasks[1]
    assert (row.description, row.completed, row.total) == ("a+x.png", 3, 6)
    bars.outcome(Outcome(task, "painted", seconds=2.0))
    bars.outcome(Outcome(task, "failed", "[no] markup"))
    assert bars.bars.tasks[0].completed == 2
    bars.close()
    bars.summary([Outcome(task, "painted"), Outcome(task, "failed", "[no] markup")], 3.0, interrupted=True)
    said = capsys.readouterr().err
    assert (
        "painted a+x.png in 2 s" in said
        and "failed a+x.png: [no] markup" in said
        and "painted 1, skipped 0, failed 1 in 3 s; interrupted" in said
    )
