"""Invalid file names, inaccessible folders and users without a home: one clear line each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from conftest import blobs, failed, several
from impasto.cli import run_command
from impasto.recipe.recipe import Recipe

FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
SMALL = ["--size", "48", "--start-size", "32", "--steps", "2", *FEW]
LONG_NAME = "a" * 300 + ".png"
MODES_COUNT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Runs a command of root's for whom the modes of files count, as they do for every other user."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, quick_workers):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def picture(path: str | Path, seed: int = 0) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(blobs(48, 64, seed)).save(path)
    return Path(path)


def clip(folder: str, frames: int = 2) -> None:
    for number in range(frames):
        picture(f"{folder}/{number:06d}.png", 1)


def everything(folder: Path = Path()) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def program(
    *arguments: str, before: list[str] | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [*(before or []), sys.executable, "-P", "-m", "impasto", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=env)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["stylize", "photo.png", "painting.png", "-o", LONG_NAME], 4),
        (["stylize", LONG_NAME, "painting.png"], 3),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--recipe", LONG_NAME], 4),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--preview", LONG_NAME], 4),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--job", LONG_NAME], 9),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--style-mask", LONG_NAME], 3),
        (["stylize", "photo.png", "painting.png", "-o", "out\0.png"], 4),
        (["stylize", "photo\0.png", "painting.png"], 3),
        (["stylize", "photo.png/x.png", "painting.png"], 3),
        (["stylize", "photo.png", "painting.png", "-o", "photo.png/x.png"], 4),
        (["batch", LONG_NAME, "--styles", "painting.png", "-o", "out"], 3),
        (["batch", "photo.png", "--styles", "painting.png", "-o", LONG_NAME], 4),
        (["video", LONG_NAME, "painting.png"], 3),
        (["video", "frames", "painting.png", "-o", LONG_NAME.replace("png", "mp4")], 4),
        (["again", LONG_NAME], 8),
        (["show", "photo\0.png"], 8),
        (["resume", LONG_NAME], 9),
        (["job", LONG_NAME, "pause"], 9),
        (["examples", LONG_NAME], 4),
        (["compare", LONG_NAME], 3),
        (["features", LONG_NAME], 3),
        (["sheet", "photo.png", LONG_NAME, "painting.png"], 3),
    ],
)
def test_a_name_that_no_file_can_have_is_one_line(arguments, code, capsys):
    picture("photo.png"), picture("painting.png"), clip("frames")
    before = everything()
    failed(capsys, *arguments, code=code)
    assert everything() == before


def test_a_result_of_twelve_long_names_gets_one_that_fits(capsys):
    styles = [picture(f"{letter * 100}.png") for letter in "bcdefghijklm"]
    picture("é" * 60 + ".png")
    assert run_command(["stylize", "é" * 60 + ".png", *map(str, styles), *SMALL, "--quiet"]) == 0
    (made,) = Path().glob("*+*.png")
    assert made.name.startswith("é" * 60 + "+b") and 200 < len(os.fsencode(made.name)) < 230
    assert Recipe.read(made).finished


def test_a_clip_of_the_longest_name_becomes_a_film():
    clip("c" * 250)
    picture("painting.png")
    assert (
        run_command(
            [
                "video",
                "c" * 250,
                "painting.png",
                "--size",
                "48",
                "--start-size",
                "32",
                "--frame-steps",
                "1",
                "--steps",
                "2",
                "--quiet",
                *FEW,
            ]
        )
        == 0
    )
    (made,) = Path().glob("*.mp4")
    assert made.name.startswith("ccc") and not list(Path().glob("*.job"))


@posix
def test_folders_that_may_not_be_entered_are_one_line_with_the_reason():
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may enter every folder, and setpriv is not there to take that away")
    picture("photo.png"), picture("painting.png"), picture("shut/photo.png")
    Path("shut").chmod(0)
    pair, before = ["photo.png", "painting.png"], MODES_COUNT if os.getuid() == 0 else []
    try:
        refused = (
            (["stylize", "shut/photo.png", "painting.png"], 3),
            (["stylize", *pair, "-o", "shut/out.png"], 4),
            (["stylize", *pair, "-o", "out.png", "--job", "shut/job"], 9),
            (["stylize", *pair, "-o", "out.png", "--recipe", "shut/recipe.json"], 4),
            (["batch", "shut", "--styles", "painting.png", "-o", "out"], 3),
            (["batch", "shut/photo.png", "--styles", "painting.png", "-o", "out"], 3),
            (["batch", "photo.png", "--styles", "painting.png", "-o", "shut/out"], 4),
            (["video", "shut", "painting.png"], 3),
            (["again", "shut/out.png"], 8),
            (["resume", "shut/job"], 9),
            (["examples", "shut"], 4),
        )
        results = several([arguments for arguments, _ in refused], Path(), before=before)
        for (_, code), result in zip(refused, results, strict=True):
            error = result.stderr.decode()
            assert (result.returncode, result.stdout) == (code, b""), error
            assert error.count("\n") == 1 and "Permission denied" in error and "shut" in error, error
    finally:
        Path("shut").chmod(0o755)
    assert everything() == {"photo.png", "painting.png", "shut", "shut/photo.png"}


@posix
def test_a_user_whom_the_system_does_not_know_paints_without_a_home(folder):
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root may be another user, by setpriv")
    folder.chmod(0o777)
    capabilities = "+dac_override,+dac_read_search"  # to reach Python, wherever it lies
    user = [
        "setpriv",
        "--reuid",
        "54321",
        "--clear-groups",
        f"--inh-caps={capabilities}",
        f"--ambient-caps={capabilities}",
    ]
    picture("photo.png"), picture("painting.png")
    env = {"PATH": os.environ["PATH"], "IMPASTO_PRECISION": "reference"} | (
        {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    )
    result = program(
        "stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png", "--quiet", before=user, env=env
    )
    assert (result.returncode, result.stderr) == (0, "") and Path("out.png").exists()


def test_an_error_of_the_file_system_that_nobody_expected_is_one_line(monkeypatch, capsys):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "/disk/file")

    monkeypatch.setattr("impasto.cli.again.shown", refuse)
    assert "'/disk/file': No space left on device" in failed(capsys, "show", "out.png", code=4)


def test_a_batch_of_long_names_paints_each_pair_under_a_name_that_fits(capsys):
    photos = [picture(f"photos/{'p' * 149}{number}.png", number) for number in (1, 2)]
    picture(f"styles/{'s' * 150}.png", 3), picture("styles/x.png", 4)
    command = ["batch", "photos", "--styles", "styles", "-o", "out", *SMALL]
    assert run_command(command) == 0
    names = sorted(path.name for path in Path("out").glob("*.png"))
    assert len(names) == 4 and max(map(len, names)) < 230
    assert {f"{photo.stem}+x.png" for photo in photos} < set(names)
    assert run_command(command) == 0 and "skipped 4" in capsys.readouterr().err
