"""`impasto stylize --job` and `impasto resume`."""

import os
import signal

import pytest

from impasto.cli import run_command
from impasto.cli.progress import Json
from impasto.engine.events import Step

SMALL = ["--size", "48", "--steps", "6", "--start-size", "32"]
SMALL += ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, photo, painting):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def interrupted(monkeypatch):
    """A signal while the second step is shown, sent once."""
    sent, show = [], Json.event

    def event(self, event):
        show(self, event)
        if isinstance(event, Step) and event.step == 2 and not sent:
            sent.append(os.kill(os.getpid(), signal.SIGTERM))

    monkeypatch.setattr(Json, "event", event)


def test_an_interrupted_job_goes_on_to_the_same_bytes(tmp_path, interrupted, monkeypatch, capsys):
    assert (
        run_command(
            ["stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png", "--job", "night", "--json"]
        )
        == 130
    )
    output = capsys.readouterr().out
    assert "'impasto resume night' continues from here" in output and '"interrupted": true' in output
    before = (tmp_path / "out.png").read_bytes()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run_command(["resume", "../night", "--json"]) == 0
    output = capsys.readouterr().out
    assert '"kind": "resumed", "done": 2' in output and '"step": 3,' in output and '"step": 2,' not in output
    monkeypatch.chdir(tmp_path)
    assert run_command(["stylize", "photo.png", "painting.png", *SMALL, "-o", "whole.png", "--quiet"]) == 0
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "whole.png").read_bytes() != before
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_same_command_goes_on_and_another_is_refused(tmp_path, capsys):
    command = ["stylize", "photo.png", "painting.png", *SMALL, "--job", "night"]
    assert run_command([*command, "--quiet"]) == 0
    first = (tmp_path / "photo+painting.png").read_bytes()
    assert run_command(command) == 0
    assert "resuming job 'night' after step 6" in capsys.readouterr().err
    assert (tmp_path / "photo+painting.png").read_bytes() == first and not (
        tmp_path / "photo+painting-2.png"
    ).exists()
    assert run_command(["resume", "night", "-o", "second.png", "--quiet"]) == 0
    assert (tmp_path / "second.png").read_bytes() == first
    assert run_command([*command, "--strength", "90"]) == 9
    error = capsys.readouterr().err
    assert (
        error.count("\n") == 1
        and "error: job 'night' is of another run: strength 58 there and 90 here; give" in error
    )
    assert run_command(["resume", "nowhere"]) == 9
    assert "error: 'nowhere' is no job folder" in capsys.readouterr().err


def test_a_result_is_made_again_as_a_job_with_what_it_left_out_left_out(tmp_path):
    assert (
        run_command(
            [
                "stylize",
                "photo.png",
                "painting.png",
                *SMALL,
                "-o",
                "out.png",
                "--strip",
                "--private",
                "--quiet",
            ]
        )
        == 0
    )
    for _ in range(2):
        assert run_command(["again", "out.png", "--job", "night", "--quiet"]) == 0
    first = (tmp_path / "out.png").read_bytes()
    assert (tmp_path / "out-2.png").read_bytes() == first
    assert run_command(["resume", "night", "--quiet"]) == 8
    (tmp_path / "out-2.png").unlink()
    assert run_command(["resume", "night", "--quiet", "--inputs", "."]) == 0
    assert (tmp_path / "out-2.png").read_bytes() == first
