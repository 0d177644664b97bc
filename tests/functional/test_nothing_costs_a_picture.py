"""The environment of a run never costs its picture: names, streams, signals, pipes and encodings."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import EXAMPLES, blobs, several
from impasto.cli import run_command, streams

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals, ttys and pipes of POSIX"),
    pytest.mark.usefixtures("untimed"),
]

FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
SMALL = ["--size", "64", "--start-size", "0", "--steps", "2", *FEW]
LONG = ["--size", "64", "--start-size", "32", "--steps", "100000", "--min-fall", "0", *FEW]
IMPASTO = [sys.executable, "-P", "-m", "impasto"]


def shell(line: str, folder: Path, **options) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in a folder, `impasto` being the program."""
    program = f'impasto() {{ "{sys.executable}" -P -m impasto "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", program + line], cwd=folder, capture_output=True, check=False, timeout=120, **options
    )


@pytest.fixture(scope="module")
def painted(tmp_path_factory) -> dict[str, bytes]:
    """A small picture as a plain run gives it, with its recipe and without."""
    folder = tmp_path_factory.mktemp("painted")
    Image.fromarray(blobs(48, 64, 1)).save(folder / "photo.png")
    Image.fromarray(blobs(64, 48, 2)).save(folder / "painting.png")
    for name, more in (("plain.png", ""), ("bare.png", "--no-recipe")):
        environment = os.environ | {"IMPASTO_PRECISION": "reference"}
        line = f"impasto stylize photo.png painting.png {' '.join(SMALL)} -o {name} {more}"
        assert shell(line, folder, env=environment).returncode == 0
    return {name: (folder / name).read_bytes() for name in ("plain.png", "bare.png")}


def in_terminal(
    *arguments: str,
    folder: Path,
    act: Callable[[bytes, subprocess.Popen[bytes], int], bool] = lambda *_: True,
) -> tuple[int, str]:
    """Run the program in a pseudo-terminal; return its exit code and the terminal's output.

    `act` is called with all output so far until it returns True.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*IMPASTO, *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown, acted, end = b"", False, time.monotonic() + 200
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:
                break
        acted = acted or act(shown, process, ours)
    return process.wait(60), shown.decode(errors="replace")


def whole(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
        return image.width == 64


# Names


def test_two_runs_at_once_without_a_name_give_two_pictures(photo, painting, tmp_path):
    paint = f"impasto stylize photo.png painting.png {' '.join(SMALL)}"
    result = shell(f"{paint} --strength 20 & {paint} --strength 90 & wait", tmp_path)
    assert whole(tmp_path / "photo+painting.png") and whole(tmp_path / "photo+painting-2.png"), result.stderr
    assert b"photo+painting.png" in result.stderr and b"photo+painting-2.png" in result.stderr
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_job_that_waits_keeps_the_name_it_was_given(photo, painting, tmp_path):
    begin = f"impasto stylize photo.png painting.png {' '.join(LONG)} --job night --quiet &"
    wait = "while ! ls night/checkpoint-* >/dev/null 2>&1; do sleep 0.1; done"
    stop = f"{begin} {wait}; kill -9 $(cat night/holder)"
    shell(stop, tmp_path)
    assert not (tmp_path / "photo+painting.png").exists()
    other = shell(f"impasto stylize photo.png painting.png {' '.join(SMALL)} --strength 90", tmp_path)
    assert other.returncode == 0 and whole(tmp_path / "photo+painting.png")
    theirs = (tmp_path / "photo+painting.png").read_bytes()
    shell("impasto job night set strength=70", tmp_path)
    process = subprocess.Popen(
        [*IMPASTO, "resume", "night", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    steps = 0
    while steps < 5:  # the first evaluates the start
        steps += json.loads(process.stdout.readline())["kind"] == "step"
    process.send_signal(signal.SIGINT)
    done = json.loads(process.communicate(timeout=60)[0].splitlines()[-1])
    assert Path(done["output"]).name == "photo+painting-2.png" and whole_or_half(
        tmp_path / "photo+painting-2.png"
    )
    assert (tmp_path / "photo+painting.png").read_bytes() == theirs


# Streams


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("2>&1 | head -1", 14),
        ("2>/dev/full", 14),
        ("2>&-", 0),
        ("--json | head -1", 14),
        ("--json > /dev/full", 14),
        (">&- 2>&- <&-", 0),
        ("--json >&-", 0),
    ],
)
def test_where_nobody_reads_the_picture_is_written(photo, painting, tmp_path, end, code):
    result = shell(
        f"set -o pipefail; impasto stylize photo.png painting.png {' '.join(SMALL)} -o out.png {end}",
        tmp_path,
    )
    assert result.returncode == code and b"Traceback" not in result.stderr + result.stdout
    assert whole(tmp_path / "out.png")
    if "/dev/full" in end and "json" in end:
        assert (
            result.stderr
            == b"error: stdout could not be written: No space left on device; all else is done\n"
        )


def test_a_result_never_gets_the_words_meant_for_a_closed_stream(photo, painting, tmp_path, painted):
    shell(
        f"impasto stylize photo.png painting.png {' '.join(SMALL)} --no-recipe -o out.png 2>&- >&-", tmp_path
    )
    assert (tmp_path / "out.png").read_bytes() == painted["bare.png"]


@pytest.mark.parametrize("command", ["presets", "stylize --help", "show out.png", "examples pictures"])
def test_an_answer_that_cannot_be_printed_is_one_line(tmp_path, painted, command):
    (tmp_path / "out.png").write_bytes(painted["plain.png"])
    result = shell(f"impasto {command} > /dev/full", tmp_path)
    assert (
        result.returncode == 14
        and result.stderr.count(b"\n") == 1
        and b"No space left on device" in result.stderr
    )
    assert (
        b"error" not in shell(f"set -o pipefail; impasto {command} | head -c 1 > /dev/null", tmp_path).stderr
    )


# Text from outside


def test_brackets_in_names_are_no_markup(photo, painting, tmp_path):
    (tmp_path / "k[").mkdir()
    act = interrupt_at(b"step 1")
    code, shown = in_terminal(
        "stylize",
        "photo.png",
        "painting.png",
        *LONG,
        "--job",
        "k[/tmp]",
        "-o",
        "o [final].png",
        folder=tmp_path,
        act=act,
    )
    flat = " ".join(shown.split())
    assert code == 130 and whole_or_half(tmp_path / "o [final].png"), shown
    assert (
        "'impasto resume k[/tmp]' continues from here" in flat
        and "o [final].png" in flat
        and "MarkupError" not in flat
    )


def test_names_cannot_command_the_terminal(photo, painting, tmp_path):
    evil = tmp_path / "a\x1b]0;owned\x07:smile:[red].png"
    evil.write_bytes(photo.read_bytes())
    code, shown = in_terminal("stylize", evil.name, "painting.png", *SMALL, "--no-trim", folder=tmp_path)
    assert code == 0 and "\x1b]0;" not in shown and ":smile:[red]" in shown
    code, shown = in_terminal("stylize", "none\x1b]0;owned\x07.png", "painting.png", folder=tmp_path)
    assert code == 3 and "\x1b]0;" not in shown


def interrupt_at(word: bytes) -> Callable[[bytes, subprocess.Popen[bytes], int], bool]:
    def act(shown: bytes, process: subprocess.Popen[bytes], terminal: int) -> bool:
        if b"step " not in shown or not any(f"step {n}".encode() in shown for n in range(3, 100)):
            return False
        os.write(terminal, b"\x03") if os.tcgetpgrp(terminal) == process.pid else process.send_signal(
            signal.SIGINT
        )
        return True

    return act


def whole_or_half(path: Path) -> bool:
    with Image.open(path) as image:
        image.load()
        return image.width in (32, 64)


# Signals


@pytest.fixture
def hangups():
    """Let programs hear of a closed terminal, also where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
def test_a_closed_terminal_saves_the_picture(photo, painting, tmp_path):
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        output = f"{number.name}.png"
        process = subprocess.Popen(
            [*IMPASTO, "stylize", "photo.png", "painting.png", *LONG, "-o", output, "--json"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        while json.loads(process.stdout.readline()).get("step", 0) < 3:
            pass
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 130 and json.loads(out.splitlines()[-1])["interrupted"] is True
        assert whole_or_half(tmp_path / output)


@pytest.mark.usefixtures("hangups")
def test_a_terminal_that_really_goes_away_saves_the_picture(photo, painting, tmp_path):
    ours, theirs = pty.openpty()
    command = (
        "import os, pty, sys, fcntl, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    arguments = [
        sys.executable,
        "-c",
        command,
        *IMPASTO,
        "stylize",
        "photo.png",
        "painting.png",
        *LONG,
        "-o",
        "out.png",
    ]
    process = subprocess.Popen(arguments, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"step 5" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    assert process.wait(60) == 130 and whole_or_half(tmp_path / "out.png")


def test_nohup_goes_on(photo, painting, tmp_path):
    paint = f"stylize photo.png painting.png {' '.join(SMALL)} --steps 90 --min-fall 0 -o out.png --json"
    wait = "while ! grep -q step log; do sleep 0.05; done"
    line = f"nohup {' '.join(IMPASTO)} {paint} > log & {wait}; kill -HUP $!; wait $!"
    assert shell(line, tmp_path).returncode == 0 and whole(tmp_path / "out.png")


def test_an_interrupt_before_the_first_step_writes_nothing(photo, painting, tmp_path):
    # A thousand pixels more than a step of a second needs, so that the interrupt comes within the first one.
    large = tmp_path / "large.png"
    Image.fromarray(np.asarray(Image.open(photo).resize((1600, 1200)))).save(large)
    command = [
        *IMPASTO,
        "stylize",
        "large.png",
        "painting.png",
        "--size",
        "1600",
        "--start-size",
        "0",
        "--steps",
        "9",
        "--json",
        "--memory",
        "20G",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not lock_of(tmp_path):
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=120)
    assert (
        process.returncode == 130
        and error.strip() == "interrupted before there was a picture"
        and "NaN" not in out
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.png", "painting.png", "photo.png"]


def lock_of(folder: Path) -> list[Path]:
    return list(folder.glob(".large+painting.png.lock"))


# Pipes


def test_pipes_go_in_and_a_picture_goes_out(photo, painting, tmp_path, painted):
    small, plain = " ".join(SMALL), painted["bare.png"]
    for line in (
        f"impasto stylize - painting.png {small} -o - --no-recipe < photo.png > out.png",
        f"cat photo.png | impasto stylize - painting.png {small} --no-recipe -o out.png",
        f"impasto stylize <(cat photo.png) <(cat painting.png) {small} --no-recipe -o out.png",
        f"cat painting.png | impasto stylize photo.png /dev/stdin:2 {small} --no-recipe -o out.png",
        "mkfifo pipe; cat photo.png > pipe & "
        f"impasto stylize pipe painting.png {small} --no-recipe -o out.png",
    ):
        (tmp_path / "out.png").unlink(missing_ok=True)
        result = shell(line, tmp_path)
        assert result.returncode == 0, (line, result.stderr)
        assert (tmp_path / "out.png").read_bytes() == plain, line


def test_other_commands_take_pipes_too(photo, painting, tmp_path):
    small = " ".join(SMALL)
    for line, size in (
        ("cat photo.png | impasto texture - --size 64x48 --start-size 32 --steps 3 -o - > out.png", (64, 48)),
        ("cat photo.png | impasto reconstruct - --layer conv1_2 --size 64 --steps 3 -o out.png", (64, 48)),
        ("cat photo.png | impasto features - --layer conv1_1 --channels 1 -o - > out.png", None),
        (
            "impasto presets default | "
            f"impasto stylize photo.png painting.png --settings /dev/stdin {small} -o out.png",
            (64, 48),
        ),
        (
            f"impasto stylize photo.png painting.png {small} --content-mask <(cat photo.png) -o out.png",
            (64, 48),
        ),
        (
            "cat out.png | impasto again - --inputs . -o out2.png; "
            "cat out2.png | impasto show - > shown.json; mv out2.png out.png",
            (64, 48),
        ),
    ):
        result = shell(line, tmp_path)
        assert result.returncode == 0, (line, result.stderr)
        with Image.open(tmp_path / "out.png") as image:
            assert size in (None, image.size)
    assert json.loads((tmp_path / "shown.json").read_text())["settings"]["size"] == 64


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("impasto stylize - painting.png < /dev/null", 3, "'-' delivered nothing"),
        ("true | impasto stylize - painting.png", 3, "'-' delivered nothing"),
        ("echo words | impasto stylize - painting.png", 3, "is not a readable picture"),
        ("impasto stylize /dev/zero painting.png", 3, "'/dev/zero' is a device and no file"),
        (
            "impasto stylize photo.png painting.png -o - --json",
            2,
            "--json and -o - would both write to stdout",
        ),
        ("impasto video photo.png painting.png -o -", 4, "a film cannot go to stdout"),
        (
            "impasto stylize photo.png painting.png --size 64 --steps 3 -o - > /dev/full",
            4,
            "cannot write the picture to stdout: No space left on device. It is kept at '",
        ),
        ("mkfifo p; impasto batch p --styles painting.png -o results; rm p", 10, "is a pipe"),
    ],
)
def test_a_pipe_that_gives_no_picture_is_one_line(photo, painting, tmp_path, line, code, message):
    result = shell(
        line + "; exit $?" if ";" not in line else line.replace("; rm p", "; code=$?; rm p; exit $code"),
        tmp_path,
    )
    errors = result.stderr.decode().splitlines()
    assert (
        result.returncode == code
        and message in result.stderr.decode()
        and "Traceback" not in result.stderr.decode()
    ), result.stderr
    if kept := [line.split("kept at '")[1].rstrip("'") for line in errors if "kept at '" in line]:
        assert whole(Path(kept[0]))
        Path(kept[0]).unlink()


def test_a_pipe_without_a_writer_does_not_hang(photo, painting, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(streams, "PATIENCE", 0.5)
    monkeypatch.chdir(tmp_path)
    os.mkfifo("p")
    assert run_command(["stylize", "p", "painting.png"]) == 3
    said = capsys.readouterr().err
    assert (
        "waiting for something to be written into the pipe 'p'" in said
        and "nothing came through the pipe 'p'" in said
    )


def test_a_job_keeps_what_came_through_a_pipe(photo, painting, tmp_path, painted):
    small = " ".join(SMALL)
    assert (
        shell(
            f"cat photo.png | impasto stylize - painting.png {small} -o out.png --job night --no-recipe",
            tmp_path,
        ).returncode
        == 0
    )
    photo.unlink()
    again = shell("impasto resume night -o again.png", tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.png").read_bytes() == painted["bare.png"] == (tmp_path / "out.png").read_bytes()


# Encodings


HELPFUL = (
    "stylize",
    "video",
    "flicker",
    "compare",
    "texture",
    "reconstruct",
    "features",
    "again",
    "sheet",
    "batch",
)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_output_that_is_not_utf8_is_spelled_out(photo, painting, tmp_path, painted, encoding):
    picture = tmp_path / "bild ñ é 画.png"
    picture.write_bytes(painted["plain.png"])
    commands = [
        ["compare", picture],
        ["batch", photo, "--styles", painting, "-o", "results", "--dry-run"],
        ["show", picture],
        *([command, "--help"] for command in HELPFUL),
    ]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    for result in several(commands, tmp_path, env=environment):
        assert result.returncode == 0 and b"Traceback" not in result.stderr, result.stderr
        assert result.stdout.decode(encoding)


def test_the_program_spells_its_help_in_an_encoding_that_is_not_utf8(tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    result = shell("impasto stylize --help-all", tmp_path, env=environment)
    assert result.returncode == 0 and b"conv4_2" in result.stdout and result.stdout.decode("cp1252")


# Completion


@pytest.mark.parametrize(
    ("name", "source"), [("bash", "bash_source"), ("zsh", "zsh_source"), ("fish", "fish_source")]
)
def test_completion_has_a_line_for_each_shell(tmp_path, name, source):
    script = shell("impasto", tmp_path, env=os.environ | {"_IMPASTO_COMPLETE": source})
    assert script.returncode == 0 and b"_IMPASTO_COMPLETE" in script.stdout


def test_completion_knows_commands_presets_and_files(tmp_path):
    def complete(words: str, at: int) -> list[str]:
        environment = os.environ | {
            "_IMPASTO_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(at),
        }
        return shell("impasto", tmp_path, env=environment).stdout.decode().splitlines()

    assert "plain,stylize" in complete("impasto sty", 1)
    assert complete("impasto stylize pho", 2) == ["file,pho"]
    assert "plain,johnson" in complete("impasto stylize a b --preset j", 5)
    assert complete("impasto stylize a b -o o", 5) == ["file,o"]


def test_the_bundled_castle_is_painted_in_a_terminal(tmp_path):
    picture, style = EXAMPLES / "photos/eilean_donan.webp", EXAMPLES / "paintings/night_cafe.webp"
    code, shown = in_terminal("stylize", str(picture), str(style), *SMALL, "-o", "out.png", folder=tmp_path)
    assert code == 0 and "painted out.png" in shown and whole(tmp_path / "out.png")
