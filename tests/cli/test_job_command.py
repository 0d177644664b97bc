"""`impasto job`: looked at, set and branched from the command line."""

import os
import signal

import pytest

from impasto.cli import run_command
from impasto.cli.progress import Lines
from impasto.engine.events import Step
from impasto.recipe.recipe import Recipe

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
]


@pytest.fixture(autouse=True)
def night(tmp_path, monkeypatch, photo, painting):
    """A job that was stopped in its second scale."""
    monkeypatch.chdir(tmp_path)
    sent, show = [], Lines.event

    def event(self, event):
        show(self, event)
        if isinstance(event, Step) and event.step == 7 and not sent:
            sent.append(os.kill(os.getpid(), signal.SIGINT))

    monkeypatch.setattr(Lines, "event", event)
    assert (
        run_command(["stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png", "--job", "night"])
        == 130
    )


def said(capsys, *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run_command(["job", *arguments]) == code
    output = capsys.readouterr()
    assert not (output.out if code else output.err) and (not code or output.err.count("\n") == 1)
    return output.err if code else output.out


def test_a_job_is_looked_at_set_and_branched(tmp_path, capsys):
    goes_to = f"goes to: {tmp_path / 'out.png'}\n"
    assert (
        said(capsys, "night")
        == f"stopped, kept up to step 7 of 9, in scale 2 of 2\nto branch from: scale 1\n{goes_to}"
    )
    assert (
        said(capsys, "night", "set", "strength=80", "tv-weight=0.1")
        == "strength 80, tv weight 0.1 when 'impasto resume night' is run\n"
    )
    assert "asked for: strength 80, tv weight 0.1\n" in said(capsys, "night")
    assert said(capsys, "night", "branch", "day") == (
        "'day' starts from scale 1 of 'night': 'impasto job day set …' changes it, "
        "'impasto resume day' paints it\n"
    )
    assert f"goes to: {tmp_path / 'day.png'}\n" in said(capsys, "day")
    said(capsys, "day", "set", "strength=20")
    assert run_command(["resume", "day"]) == 0
    assert "strength 20 from scale 2, step 1 on" in capsys.readouterr().err.splitlines()
    assert run_command(["resume", "night", "--quiet"]) == 0
    assert said(capsys, "night").startswith(
        "done, kept up to step 9 of 9, in scale 2 of 2\n"
        "changed: strength 80, tv weight 0.1 from scale 2, step 3 on\n"
    )
    for name in ("out", "day"):
        assert run_command(["again", f"{name}.png", "-o", f"{name}2.png", "--quiet"]) == 0
        assert (tmp_path / f"{name}2.png").read_bytes() == (tmp_path / f"{name}.png").read_bytes()
    assert run_command(["show", "day.png"]) == 0
    assert '"changes": [\n    {\n      "scale": 2,\n      "step": 0,' in capsys.readouterr().out
    assert run_command(["again", "out.png", "--size", "64", "-o", "large.png"]) == 0
    assert (
        "what was changed while it was painted applies from the start: "
        "strength 80, tv weight 0.1 from scale 2, step 3 on" in capsys.readouterr().err
    )
    assert Recipe.read("large.png").settings.strength == 80 and Recipe.read("large.png").changes == ()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["night", "set", "strength=101"], 2, "error: strength must be >= 0 and <= 100, got 101"),
        (
            ["night", "set", "size=9"],
            2,
            "error: size cannot change while a picture is painted; "
            "settings that can are strength, calm, style_weight, tv_weight, range_weight",
        ),
        (
            ["night", "set", "strength"],
            2,
            "'set' takes NAME=VALUE, such as strength=70, got 'strength'; see 'impasto job --help'",
        ),
        (["night", "set"], 2, "nothing to set was given; give what is to change, such as strength=70"),
        (["night", "set", "a=1", "--at", "2"], 2, "--at is for 'branch'"),
        (["night", "pause", "now"], 2, "'pause' takes nothing more, got 'now'"),
        (["night", "branch"], 2, "'branch' takes the name of one new folder, got 0"),
        (
            ["night", "branch", "day", "--from-scale", "2"],
            9,
            "job 'night' has no scale 2 to branch from; take 1",
        ),
        (["night", "branch", "day", "--at", "0"], 2, "0 is not in the range x>=1"),
        (["night", "branch", "night"], 9, "'night' is a job already; choose a new folder"),
        (["none"], 9, "'none' is no job folder"),
        (["none", "set", "strength=3"], 9, "'none' is no job folder"),
        (["none", "branch", "day"], 9, "'none' is no job folder"),
    ],
)
def test_a_mistake_is_one_line_with_the_way_out(arguments, code, message, capsys):
    assert message in said(capsys, *arguments, code=code)
