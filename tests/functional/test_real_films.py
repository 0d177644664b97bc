"""Films in the wild: truncated, with several tracks and covers, moved or replaced during a job, of one frame.

Each error is one line that names the clip.
"""

from __future__ import annotations

import io
import json
import os
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.cli.progress import Lines
from impasto.engine.events import FrameDone
from impasto.media.clip import Clip
from impasto.stills import stylize

SMALL = [
    "--size",
    "48",
    "--steps",
    "2",
    "--frame-steps",
    "1",
    "--start-size",
    "32",
    "--content-weight",
    "0.3",
]
SMALL += ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
CUT = "the file is truncated; the readable part was used"

pytestmark = pytest.mark.usefixtures("untimed", "own_threads")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, painting):
    monkeypatch.chdir(tmp_path)


def film(
    path: str,
    frames: int = 5,
    *,
    codec: str = "libx264",
    voices: tuple[str, ...] = ("aac",),
    cover: bool = False,
    chapters: float = 0,
    subtitles: bool = False,
) -> Path:
    """Make a panning clip with a sound of increasing volume for each of `voices`, and typical extras."""
    whole = blobs(44, 48 + 2 * frames, 1)
    with av.open(
        path, "w", options={"movflags": "faststart"} if path.endswith(("mp4", "mov")) else {}
    ) as out:
        stream = out.add_stream(codec, rate=10, width=48, height=36, pix_fmt="yuv420p")
        sounds = [out.add_stream(name, rate=48_000, layout="mono") for name in voices]
        for sound, language in zip(sounds, ("deu", "eng", "fra"), strict=False):
            sound.metadata["language"] = language
        after = [_cover(out, path)] if cover else []
        if chapters:
            table = {
                "id": 1,
                "start": 0,
                "end": round(chapters * 1000),
                "time_base": Fraction(1, 1000),
                "metadata": {"title": "All"},
            }
            out.set_chapters([table])
        if subtitles:
            Path("words.srt").write_text("1\n00:00:00,100 --> 00:00:09,000\nhello\n")
            with av.open("words.srt") as words:
                text = out.add_stream_from_template(words.streams.subtitles[0])
                line = next(words.demux())
                line.stream = text
                after.append(line)
        for i in range(frames):
            out.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(
                        np.ascontiguousarray(whole[4:40, 2 * i : 2 * i + 48]), format="rgb24"
                    )
                )
            )
        out.mux(stream.encode(None))
        for number, sound in enumerate(sounds, 1):
            frame = av.AudioFrame.from_ndarray(
                np.full((1, 4800 * frames), 0.1 * number, np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate = 48_000
            out.mux(sound.encode(frame) + sound.encode(None))
        for packet in after:
            out.mux(packet)
    return Path(path)


def _cover(out: av.container.OutputContainer, path: str) -> Any:
    """Add a red cover picture, as phones and shops do; returned if it is a packet to write later."""
    red = Image.new("RGB", (32, 32), (255, 0, 0))
    if path.endswith("mkv"):
        file = io.BytesIO()
        red.save(file, "JPEG")
        out.add_attachment("cover.jpg", "image/jpeg", file.getvalue())
        return []
    stream = out.add_stream("mjpeg", rate=1, width=32, height=32, pix_fmt="yuvj420p")
    stream.disposition = av.stream.Disposition.attached_pic
    picture = av.VideoFrame.from_image(red).reformat(format="yuvj420p")
    picture.pts = 0
    return stream.encode(picture) + stream.encode(None)


def paint(clip: str, *more: str) -> int:
    return run_command(["video", clip, "painting.png", *SMALL, "-o", "out.mp4", *more])


# Every message names the clip


@pytest.mark.parametrize("clip", ["my.film.mkv", "frames.of.it"])
def test_what_is_wrong_with_a_clip_names_it(capsys, clip):
    film("my.film.mkv")
    Path("frames.of.it").mkdir()
    Image.fromarray(blobs(36, 48)).save("frames.of.it/1.png")
    Image.new("L", (50, 50), 255).save("square.png")
    Image.new("L", (48, 36), 0).save("black.png")
    name = "my.film" if clip == "my.film.mkv" else clip
    for arguments, code, words in (
        (
            ["--size", "16"],
            3,
            f"'{name}' at 16x12 px is too small for optical flow, which needs 16 px a side; "
            "give a larger --size",
        ),
        (
            [*SMALL, "--content-mask", "square.png"],
            3,
            f"mask 'square.png' of 50x50 px does not have the aspect of '{name}', 48x36 px; ",
        ),
        (
            [*SMALL, "--style-mask", "square.png"],
            3,
            f"mask 'square.png' of 50x50 px does not have the aspect of '{name}', 48x36 px; ",
        ),
        ([*SMALL, "--protect", "square.png"], 3, f"does not have the aspect of '{name}'"),
        (
            [*SMALL, "--memory", "100M"],
            6,
            f"cannot paint the frames of '{clip}': a picture of 48 px needs about ",
        ),
        ([*SMALL, "--start", "9"], 2, f"start must be before the end of '{name}' at "),
    ):
        said = failed(capsys, "video", clip, "painting.png", "-o", "out.mp4", *arguments, code=code)
        assert words in said and "'picture'" not in said


def test_what_goes_wrong_with_a_frame_names_that_frame(capsys, monkeypatch):
    film("clip.mp4")
    begun, real = [], stylize.optimise

    def optimise(*arguments):
        begun.append(1)
        if len(begun) > 2:  # the first frame has two scales
            raise MemoryError
        return real(*arguments)

    monkeypatch.setattr(stylize, "optimise", optimise)
    assert paint("clip.mp4", "--no-job") == 6
    assert "error: frame 2: a picture of 48 px needs about " in capsys.readouterr().err


def test_flicker_names_both_films(capsys):
    film("short.mp4", 3)
    film("long.mp4", 6)
    said = failed(capsys, "flicker", "long.mp4", "--source", "short.mp4", "--flow", "dis", code=3)
    assert said.startswith("error: 'short.mp4' ends at frame 3, before 'long.mp4'; ")


# Tracks


@pytest.mark.parametrize(
    ("voices", "note"),
    [
        (("aac", "aac"), "audio track 1 of 2 (deu) is kept; the other is ignored"),
        (("aac",) * 3, "audio track 1 of 3 (deu) is kept; the others are ignored"),
    ],
)
def test_of_several_sound_tracks_the_kept_one_is_told(capsys, voices, note):
    film("clip.mp4", voices=voices)
    assert paint("clip.mp4") == 0
    assert capsys.readouterr().err.splitlines()[0] == note
    with av.open("out.mp4") as out:
        assert len(out.streams.audio) == 1
        loudest = max(float(frame.to_ndarray().max()) for frame in out.decode(audio=0))
    assert loudest == pytest.approx(0.1, abs=0.05)
    assert paint("clip.mp4", "--json", "-o", "again.mp4") == 0
    assert note in [json.loads(line).get("text") for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
def test_a_cover_and_chapters_cost_nothing(capsys, ending):
    film(f"clip.{ending}", cover=True, chapters=3)
    assert paint(f"clip.{ending}") == 0
    said = capsys.readouterr().err
    assert "ignored" not in said and CUT not in said and "painted out.mp4 (48x36, 5 frames)" in said
    plain, covered = (list(Clip.open(path).frames()) for path in (film(f"plain.{ending}"), f"clip.{ending}"))
    assert [one.image.tobytes() for one in covered] == [one.image.tobytes() for one in plain]


def test_subtitles_are_told_and_make_no_film_longer(capsys):
    film("clip.mkv", subtitles=True)
    assert paint("clip.mkv", "--start", "0.2") == 0
    assert capsys.readouterr().err.splitlines()[0] == "its subtitles are ignored"
    assert "start must be before the end of 'clip' at 0.5 s" in failed(
        capsys, "video", "clip.mkv", "painting.png", *SMALL, "--start", "5", code=2
    )


# Losses


@pytest.mark.parametrize("ending", ["mkv", "mp4", "webm", "ts", "avi"])
def test_a_film_that_is_cut_off_ends_with_13_and_its_name(capsys, ending):
    codec, voice = {"webm": ("libvpx-vp9", "libopus"), "avi": ("mpeg4", "libmp3lame")}.get(
        ending, ("libx264", "aac")
    )
    data = film(f"whole.{ending}", 8, codec=codec, voices=(voice,)).read_bytes()
    assert paint(f"whole.{ending}") == 0 and CUT not in capsys.readouterr().err
    codes = []
    for percent in (60, 90, 97):
        length = len(data) * percent // 100
        Path(f"cut.{ending}").write_bytes(data[: length - (length % 188 == 0)])
        codes.append(paint(f"cut.{ending}"))
        last = capsys.readouterr().err.splitlines()[-1]
        if codes[-1] == 3:
            assert last.startswith(f"error: 'cut.{ending}' ") and last.endswith(
                "take another copy, or convert it to MP4"
            )
        else:
            assert (
                last == f"error: 'out.mp4' is painted, but not all of 'cut.{ending}' could be read: {CUT}; "
                "take another copy of it"
            )
    assert set(codes) <= {3, 13} and codes[-1] == 13


def test_a_part_before_the_cut_is_painted_without_a_word(capsys):
    data = film("clip.mkv", 30).read_bytes()
    Path("clip.mkv").write_bytes(data[: len(data) * 9 // 10])
    assert paint("clip.mkv", "--end", "0.3") == 0
    assert CUT not in capsys.readouterr().err


def test_flicker_of_a_film_that_is_cut_off_says_so(capsys):
    data = film("clip.mkv", 12).read_bytes()
    Path("cut.mkv").write_bytes(data[: len(data) * 9 // 10])
    assert run_command(["flicker", "cut.mkv", "--source", "clip.mkv", "--flow", "dis"]) == 13
    output = capsys.readouterr()
    assert (
        output.out.startswith("warping error ")
        and output.err == f"error: not all of it could be measured: 'cut.mkv': {CUT}; take another copy\n"
    )
    assert run_command(["flicker", "clip.mkv", "--source", "clip.mkv", "--flow", "dis"]) == 0


# Odd clips


@pytest.mark.parametrize("more", [[], ["--loop"], ["--passes", "2"], ["--fps", "24"]])
def test_a_clip_of_one_frame_is_a_film_of_one_frame(capsys, more):
    film("one.mp4", 1)
    assert paint("one.mp4", *more) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("painted out.mp4 (48x36, 1 frame) in ") or (
        "--fps" in more and said.startswith("painted out.mp4 (48x36, 2 frames) in ")
    )


def test_a_start_within_the_last_frame_paints_that_frame(capsys):
    film("clip.mp4", 5)
    assert paint("clip.mp4", "--start", "0.49") == 0
    assert "(48x36, 1 frame)" in capsys.readouterr().err
    said = failed(capsys, "video", "clip.mp4", "painting.png", *SMALL, "--start", "0.5", code=2)
    assert said == "error: start must be before the end of 'clip' at 0.5 s, got 0.5 s; start earlier\n"


# A job whose clip has gone


@pytest.fixture
def stopped(monkeypatch, capsys):
    """A job that was stopped after its second frame."""
    film("clip.mp4")
    show = Lines.event

    def event(self, event):
        show(self, event)
        if isinstance(event, FrameDone) and event.frame == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Lines, "event", event)
        assert paint("clip.mp4", "--job", "night") == 130
    capsys.readouterr()


@pytest.mark.usefixtures("stopped")
def test_resume_finds_a_clip_that_was_moved_by_inputs(capsys):
    Path("elsewhere").mkdir()
    Path("clip.mp4").rename("elsewhere/renamed.mp4")
    said = failed(capsys, "resume", "night", code=8)
    assert said.startswith("error: content 'clip.mp4' (SHA-256 ") and said.endswith(
        "; give its folder as --inputs\n"
    )
    assert run_command(["resume", "night", "--inputs", "elsewhere"]) == 0
    assert len(list(Clip.open("out.mp4").frames())) == 5


@pytest.mark.usefixtures("stopped")
def test_resume_refuses_a_clip_that_was_replaced_and_takes_the_old_one_from_inputs(capsys):
    Path("old").mkdir()
    Path("clip.mp4").rename("old/clip.mp4")
    film("clip.mp4", 4)
    said = failed(capsys, "resume", "night", code=8)
    assert (
        "is needed, but '" in said
        and "has changed: its SHA-256 is " in said
        and said.endswith("; give the folder of the old file as --inputs, or paint again\n")
    )
    assert "is of another film: content 'clip.mp4'" in failed(
        capsys, "video", "clip.mp4", "painting.png", *SMALL, "--job", "night", code=9
    )
    assert run_command(["resume", "night", "--inputs", "old"]) == 0
    assert len(list(Clip.open("out.mp4").frames())) == 5
