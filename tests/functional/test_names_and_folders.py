"""Names, folders, links, batches and advice, as a user meets them: one clear line, nothing left behind, no name that changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.recipe.recipe import Recipe

SMALL = ["--size", "48", "--start-size", "32", "--steps", "3"]
LONG_NAME = "a" * 300 + ".png"
MODES_COUNT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Runs a command of root's for whom the modes of files count, as they do for every other user."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPASTO_PRECISION", "reference")
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


def program(*arguments: str, before: list[str] | None = None, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [*(before or []), sys.executable, "-P", "-m", "impasto", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=env)


# Names that are too long, folders that may not be entered, users without a home


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
    assert run_command(["video", "c" * 250, "painting.png", "--size", "48", "--start-size", "32", "--frame-steps", "1", "--steps", "2", "--quiet"]) == 0
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
        for arguments, code in (
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
        ):
            result = program(*arguments, before=before)
            assert (result.returncode, result.stdout) == (code, ""), result.stderr
            assert result.stderr.count("\n") == 1 and "Permission denied" in result.stderr and "shut" in result.stderr, result.stderr
    finally:
        Path("shut").chmod(0o755)
    assert everything() == {"photo.png", "painting.png", "shut", "shut/photo.png"}


@posix
def test_a_user_whom_the_system_does_not_know_paints_without_a_home(folder):
    if os.getuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root may be another user, by setpriv")
    folder.chmod(0o777)
    capabilities = "+dac_override,+dac_read_search"  # to reach Python, wherever it lies
    user = ["setpriv", "--reuid", "54321", "--clear-groups", f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}"]
    picture("photo.png"), picture("painting.png")
    env = {"PATH": os.environ["PATH"], "IMPASTO_PRECISION": "reference"} | ({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {})
    result = program("stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png", "--quiet", before=user, env=env)
    assert (result.returncode, result.stderr) == (0, "") and Path("out.png").exists()


def test_an_error_of_the_file_system_that_nobody_expected_is_one_line(monkeypatch, capsys):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device", "/disk/file")

    monkeypatch.setattr("impasto.cli.again.shown", refuse)
    assert "'/disk/file': No space left on device" in failed(capsys, "show", "out.png", code=4)


# Links


@posix
def test_a_results_folder_that_a_link_leads_to_is_still_that_of_the_photos(capsys):
    picture("photos/a.png"), picture("styles/x.png")
    Path("link").symlink_to("photos")
    assert "lies in the folder of the results" in failed(capsys, "batch", "photos", "--styles", "styles", "-o", "link", code=4)
    assert "lies in the folder of the results" in failed(capsys, "batch", "link", "--styles", "styles", "-o", "photos", code=4)
    assert "lies in the folder of the results" in failed(capsys, "batch", "photos", "--styles", "link/../styles", "-o", "styles", code=4)


@posix
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "link.png"], "is an input and is never overwritten"),
        (["-o", "out.png", "--recipe", "to-out.png"], "is the picture itself"),
        (["-o", "to-out.png", "--recipe", "out.png"], "is the picture itself"),
        (["-o", "out.png", "--preview", "to-out.png"], "is the picture itself"),
        (["-o", "out.png", "--preview", "link.png"], "is an input and is never overwritten"),
        (["-o", "out.png", "--recipe", "link.png"], "is an input and is never overwritten"),
        (["-o", "out.png", "--job", "to-out.png"], "cannot be a file and the folder of the job"),
    ],
)
def test_two_names_of_one_file_are_one_file(options, message, capsys):
    picture("photo.png"), picture("painting.png")
    Path("link.png").symlink_to("photo.png")
    Path("to-out.png").symlink_to("out.png")
    before = everything()
    assert message in failed(capsys, "stylize", "photo.png", "painting.png", *options, code=4)
    assert everything() == before


@posix
def test_outputs_that_are_links_write_what_they_lead_to():
    picture("photo.png"), picture("painting.png"), Path("real").mkdir()
    names = ("out.png", "recipe.json", "now.png", "out.jpg")
    for name in names:
        Path(name).symlink_to(f"real/{name}")  # which dangles
    Path("real/out.png").write_text("old")
    command = ["stylize", "photo.png", "painting.png", *SMALL, "--quiet"]
    assert run_command([*command, "-o", "out.png", "--recipe", "recipe.json", "--preview", "now.png", "--preview-every", "1"]) == 0
    assert run_command([*command, "-o", "out.jpg"]) == 0
    assert all(Path(name).is_symlink() for name in names) and {path.name for path in Path("real").iterdir()} == set(names)
    assert Recipe.read("real/out.png") == Recipe.read("recipe.json") and Image.open("real/out.jpg").size == (48, 36)
    assert run_command(["compare", "out.png", "-o", "page.html"]) == 0
    Path("page.html").rename("real/page.html")
    Path("page.html").symlink_to("real/page.html")
    assert run_command(["compare", "out.png", "out.jpg", "-o", "page.html"]) == 0
    assert Path("page.html").is_symlink() and "out.jpg" in Path("real/page.html").read_text(encoding="utf-8")


@posix
@pytest.mark.parametrize("name", ["film.mp4", "film.gif", "film"])
def test_films_that_are_links_write_what_they_lead_to(name):
    clip("clip")
    picture("painting.png"), Path("real").mkdir()
    Path(name).symlink_to(f"real/{name}")
    assert (
        run_command(["video", "clip", "painting.png", "-o", name, "--size", "48", "--start-size", "32", "--frame-steps", "1", "--steps", "2", "--quiet"]) == 0
    )
    assert Path(name).is_symlink() and Path("real", name).exists()
    assert Recipe.read(name) == Recipe.read(f"real/{name}")
    assert not [path for path in everything() if path.endswith((".part", ".job", ".lock"))]


@posix
def test_a_job_goes_on_to_the_link_that_its_result_was_to_be():
    picture("photo.png"), picture("painting.png"), Path("real").mkdir()
    Path("out.png").symlink_to("real/out.png")
    assert run_command(["stylize", "photo.png", "painting.png", *SMALL, "--quiet", "--job", "night", "-o", "out.png"]) == 0
    Path("real/out.png").unlink()
    assert run_command(["resume", "night", "--quiet"]) == 0
    assert Path("out.png").is_symlink() and Path("real/out.png").is_file()


@posix
def test_links_in_a_circle_are_one_line(capsys):
    picture("photo.png"), picture("painting.png")
    Path("a.png").symlink_to("b.png"), Path("b.png").symlink_to("a.png")
    for arguments, code in (
        (["stylize", "photo.png", "painting.png", "-o", "a.png"], 4),
        (["stylize", "a.png", "painting.png"], 3),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--job", "a.png"], 9),
        (["batch", "photo.png", "--styles", "painting.png", "-o", "a.png"], 4),
        (["show", "a.png"], 8),
        (["examples", "a.png"], 4),
    ):
        assert "levels of symbolic links" in failed(capsys, *arguments, code=code)
    assert everything() == {"photo.png", "painting.png", "a.png", "b.png"}


# Nothing stays of what was refused


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["stylize", "photo.png", "none.png", "--job", "job"], 3),
        (["stylize", "photo.png", "painting.png", "-o", "out.bmp", "--job", "deep/job"], 4),
        (["stylize", "photo.png", "painting.png", "-o", "job", "--job", "job"], 4),
        (["stylize", "photo.png", "painting.png", "-o", "out.png", "--job", "out.png"], 4),
        (["stylize", "photo.png", "painting.png", "-o", "none/out.png", "--job", "job"], 4),
        (["stylize", "photo.png", "painting.png", "--size", "60000", "--job", "job"], 6),
        (["stylize", "photo.png", "painting.png", "--style-mask", "none.png", "--job", "job"], 3),
        (["stylize", "photo.png", "painting.png", "--weights", "none.pth", "--job", "job"], 5),
        (["texture", "painting.png", "-o", "out", "--job", "job"], 4),
        (["texture", "none.png", "--job", "job"], 3),
        (["sheet", "photo.png", "painting.png", "--vary", "strength=20,200"], 2),
        (["video", "frames", "painting.png", "-o", "out.avi"], 4),
        (["video", "frames", "painting.png", "-o", "out.mp4", "--flow", "frames"], 3),
        (["video", "frames", "painting.png", "-o", "out.mp4", "--flow", "frames", "--job", "job"], 3),
        (["video", "frames", "none.png", "-o", "out.mp4", "--job", "job"], 3),
        (["video", "frames", "painting.png", "-o", "job", "--job", "job"], 4),
        (["batch", "photo.png", "--styles", "none.png", "-o", "out"], 3),
        (["batch", "photo.png", "--styles", "painting.png", "-o", "deep/out", "--format", "jpg", "--depth", "16"], 4),
        (["batch", "photo.png", "--styles", "painting.png", "-o", "out", "--device", "mps"], 2),
        (["reconstruct", "photo.png", "-o", "out.mp4", "--job", "job"], 4),
        (["again", "photo.png", "--job", "job"], 8),
    ],
)
def test_a_refused_command_leaves_nothing_behind(arguments, code, capsys):
    picture("photo.png"), picture("painting.png"), clip("frames")
    before = everything()
    assert run_command(arguments) == code, capsys.readouterr().err
    assert everything() == before


def test_a_batch_of_which_nothing_is_painted_leaves_no_folder(capsys):
    picture("painting.png"), Path("photo.png").write_text("words")
    assert run_command(["batch", "photo.png", "--styles", "painting.png", "-o", "deep/out", *SMALL]) == 10
    assert everything() == {"photo.png", "painting.png"}


def test_a_job_that_cannot_begin_leaves_no_folder(monkeypatch, capsys):
    picture("photo.png"), picture("painting.png"), Path("there").mkdir()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("impasto.jobs.record.write_durably", full)
    for job in ("deep/job", "there"):
        failed(capsys, "stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png", "--job", job, code=9)
    assert everything() == {"photo.png", "painting.png", "there"}
