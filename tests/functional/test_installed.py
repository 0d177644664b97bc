"""The installed program, as a user runs it: a new process in an empty folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import impasto
from conftest import EXAMPLES, ROOT, blobs, several

SMALL = ["--size", "64", "--start-size", "32", "--steps", "6"]

pytestmark = pytest.mark.usefixtures("untimed")


def run(*arguments: str, folder: Path, **options) -> subprocess.CompletedProcess[str]:
    # -P: the folder is not on the path, so that what is imported is what is installed.
    command = [sys.executable, "-P", "-m", "impasto", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=300, **options
    )


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def test_the_wheel_is_what_is_tested():
    if os.environ.get("CI"):
        assert not Path(impasto.__file__).is_relative_to(ROOT / "src")


def test_a_photo_becomes_a_painting_under_a_new_name(photo, painting, tmp_path, monkeypatch):
    monkeypatch.delenv("IMPASTO_PRECISION")  # as a user runs it
    folder = tmp_path / "empty"
    folder.mkdir()
    for name in ("photo+painting.png", "photo+painting-2.png"):
        result = run("stylize", photo, painting, *SMALL, folder=folder)
        assert result.returncode == 0, result.stderr
        assert size(folder / name) == (64, 48)
        assert f"painted {folder / name}" in result.stderr and result.stdout == ""
    assert len(os.listdir(folder)) == 2
    assert (folder / "photo+painting.png").read_bytes() == (folder / "photo+painting-2.png").read_bytes()


def test_json_is_one_object_per_event_and_nothing_else(photo, painting, tmp_path):
    result = run(
        "stylize",
        photo,
        painting,
        *SMALL,
        "--json",
        "-o",
        "out.webp",
        "--preview",
        "p.png",
        "--preview-every",
        "2",
        folder=tmp_path,
    )
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.stderr == ""
    assert [r["step"] for r in records if r["kind"] == "step"] == [1, 2, 3, 4, 5, 6]
    assert {r["path"] for r in records if r["kind"] == "preview"} == {"p.png"}
    step, done = records[0], records[-1]
    assert {"scale", "scales", "steps", "loss", "losses", "seconds", "seconds_left"} <= set(step)
    assert (
        done["kind"] == "done"
        and Path(done["output"]).name == "out.webp"
        and set(done["losses"]) == set(step["losses"])
    )
    assert size(tmp_path / "out.webp") == (64, 48) and (tmp_path / "p.png").exists()


def test_quiet_says_nothing(photo, painting, tmp_path):
    result = run("stylize", photo, painting, *SMALL, "--quiet", "-o", "out.png", folder=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_an_existing_output_is_replaced_only_by_a_whole_one(photo, painting, tmp_path):
    (tmp_path / "out.png").write_text("old")
    assert (
        run("stylize", photo, tmp_path / "none.png", *SMALL, "-o", "out.png", folder=tmp_path).returncode == 3
    )
    assert (tmp_path / "out.png").read_text() == "old"
    assert run("stylize", photo, painting, *SMALL, "-o", "out.png", folder=tmp_path).returncode == 0
    assert size(tmp_path / "out.png") == (64, 48)


def test_bad_outputs_are_refused_at_once(photo, painting, tmp_path):
    refused = [
        ("none/out.png", 4, "no folder"),
        ("out.bmp", 4, "must end in"),
        ("photo.png", 4, "never overwritten"),
        ("painting.png", 4, "never overwritten"),
    ]
    commands = [["stylize", photo, painting, "--steps", "100000", "-o", output] for output, _, _ in refused]
    for (output, code, message), result in zip(refused, several(commands, tmp_path), strict=True):
        error = result.stderr.decode()
        assert result.returncode == code and message in error and error.count("\n") == 1, (output, error)


def test_bad_pictures_and_weights_end_in_one_line(photo, painting, tmp_path):
    (tmp_path / "text.png").write_text("words")
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:300])
    Image.fromarray(blobs(4, 400)).save(tmp_path / "flat.png")
    Image.fromarray(np.dstack([blobs(32, 32), blobs(32, 32)[..., :1]])).save(tmp_path / "clear.png")
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    refused = [
        (["text.png", painting], 3, "not a readable picture"),
        (["cut.png", painting], 3, "damaged or truncated"),
        (["flat.png", painting], 3, "too small for conv4_2"),
        ([photo, tmp_path], 3, "is a folder"),
        (["clear.png", painting, "-o", "out.jpg"], 4, "transparency"),
        ([photo, painting, "--weights", "bad.safetensors"], 5, "damaged or truncated"),
        ([photo, painting, "--device", "mps"], 2, "device 'mps' is not available"),
        ([photo, painting, "--size", "60000"], 6, "needs about"),
    ]
    results = several([["stylize", *arguments] for arguments, _, _ in refused], tmp_path)
    for (_, code, message), result in zip(refused, results, strict=True):
        error = result.stderr.decode()
        assert result.returncode == code and message in error, error
        assert error.count("\n") == 1 and "Traceback" not in error


def test_a_loss_that_diverges_before_anything_is_painted_writes_nothing(photo, painting, tmp_path):
    result = run(
        "stylize",
        photo,
        painting,
        *SMALL,
        "--range-weight",
        "0",
        "--optimizer",
        "adam",
        "--learning-rate",
        "1e36",
        "-o",
        "out.png",
        folder=tmp_path,
    )
    assert result.returncode == 7 and "became" in result.stderr and "at step" in result.stderr
    assert (
        "nothing was painted, so no picture is written" in result.stderr
        and not (tmp_path / "out.png").exists()
    )


def test_a_sheet_then_the_full_run_then_a_page_that_compares(photo, painting, tmp_path):
    commands = (
        [
            "sheet",
            photo,
            painting,
            "--vary",
            "strength=20,80",
            "--size",
            "48",
            "--steps",
            "2",
            "-o",
            "sheet.png",
        ],
        ["again", "sheet.png", "--cell", "B1", *SMALL, "-o", "b.png"],
        ["compare", "b.png", "-o", "report.html"],
    )
    for result in several(commands, tmp_path):
        assert result.returncode == 0, result.stderr
    assert size(tmp_path / "b.png") == (64, 48) and "<svg" not in (tmp_path / "report.html").read_text(
        encoding="utf-8"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupt_writes_the_sheet_so_far(photo, painting, tmp_path):
    options = ["--vary", "seed=0,1", "--size", "48", "--steps", "100000", "-o", "sheet.png", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "impasto", "sheet", photo, painting, *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert [json.loads(process.stdout.readline())["kind"] for _ in range(2)] == ["cell_begun", "step"]
    for _ in range(5):  # the first step evaluates the start
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and json.loads(out.splitlines()[-1])["interrupted"] is True, error
    assert size(tmp_path / "sheet.png")[0] > 2 * 48


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_writes_the_picture_so_far(photo, painting, tmp_path, number):
    command = [
        sys.executable,
        "-P",
        "-m",
        "impasto",
        "stylize",
        photo,
        painting,
        "--size",
        "64",
        "--steps",
        "100000",
        "-o",
        "out.png",
        "--json",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    steps = 0
    while steps < 5:  # the first evaluates the start
        steps += json.loads(process.stdout.readline())["kind"] == "step"
    process.send_signal(number)
    out, error = process.communicate(timeout=60)
    assert process.returncode == 130 and json.loads(out.splitlines()[-1])["interrupted"] is True, error
    assert size(tmp_path / "out.png")[0] == 64


def test_examples_are_written_with_their_licences(tmp_path):
    first, second = several([["examples", "pictures"]] * 2, tmp_path)
    assert first.returncode == 0
    written = {path.name for path in (tmp_path / "pictures").rglob("*") if path.is_file()}
    assert written == {path.name for path in EXAMPLES.rglob("*") if path.is_file()}
    licences = (tmp_path / "pictures/README.md").read_text(encoding="utf-8")
    assert all(name in licences for name in written - {"README.md"})
    assert b"kept" in second.stderr


def test_doctor_times_a_step(tmp_path, monkeypatch):
    monkeypatch.delenv("IMPASTO_PRECISION")
    result = run("doctor", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    for word in ("impasto", "torch", "device", "processor", "SHA-256 966416a7", "one step"):
        assert word in result.stdout
