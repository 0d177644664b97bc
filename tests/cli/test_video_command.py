"""`impasto video`, and what again, show, resume, job and flicker have to do with films."""

import json
import os
import signal

import av
import numpy as np
import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.cli.progress import Json, Lines
from impasto.engine.events import FrameBegun, FrameDone
from impasto.errors import JobError, MemoryShortage, OutputError
from impasto.jobs.job import Job
from impasto.media.clip import Clip
from impasto.recipe.recipe import Recipe
from impasto.video.stylize import Filming, PaintedFilm

SMALL = [
    "--size",
    "48",
    "--steps",
    "4",
    "--frame-steps",
    "2",
    "--start-size",
    "32",
    "--content-weight",
    "0.3",
]
SMALL += ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
VIDEO = ["video", "clip", "painting.png", *SMALL]

pytestmark = pytest.mark.usefixtures("untimed", "own_threads")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, painting):
    monkeypatch.chdir(tmp_path)
    whole = blobs(44, 60, 1)
    frames_in(tmp_path / "clip", [whole[4:40, 2 * i : 2 * i + 48] for i in range(4)])


def frames_in(folder, frames):
    folder.mkdir()
    for i, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"{i:03d}.png")


def all_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def names(tmp_path):
    return sorted(path.name for path in tmp_path.iterdir() if path.name not in ("clip", "painting.png"))


def records(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def stopped(monkeypatch):
    """Stop the next run by a signal or an error, at an event of the listed kind, frame and pass."""
    at, wanted = [], [FrameDone, 2, 1, signal.SIGINT]
    for kind in (Json, Lines):
        show = kind.event

        def event(self, event, show=show):
            show(self, event)
            if at and isinstance(event, at[0]) and (event.frame, event.turn) == (at[1], at[2]):
                how = at[3]
                at.clear()
                if isinstance(how, Exception):
                    raise how
                os.kill(os.getpid(), how)

        monkeypatch.setattr(kind, "event", event)

    def stop(*what):
        at[:] = [*what, *wanted[len(what) :]]

    return stop


# What it writes


def test_a_clip_becomes_a_film_and_nothing_is_left_beside_it(tmp_path, capsys):
    assert run_command([*VIDEO, "-o", "out.mp4"]) == 0
    output = capsys.readouterr()
    lines = output.err.splitlines()
    assert (
        output.out == ""
        and lines[0] == "frame 1/4"
        and lines[1].startswith("frame 2/4")
        and lines[-1].startswith("painted out.mp4 (48x36, 4 frames) in ")
    )
    assert names(tmp_path) == ["out.mp4"]
    assert Clip.open("out.mp4").size == (36, 48)
    for name in ("out.webm", "out.gif", "frames"):
        assert run_command([*VIDEO, "--end", "0.08s", "-o", name, "--quiet"]) == 0
        assert len(list(Clip.open(name).frames())) == 2 and Recipe.read(name).finished
    assert capsys.readouterr() == ("", "")


def test_what_is_left_out_of_a_style_is_said(capsys):
    Image.fromarray(np.pad(blobs(90, 80, 2), ((6, 6), (6, 6), (0, 0)), constant_values=250)).save(
        "framed.png"
    )
    assert run_command(["video", "clip", "framed.png", *SMALL, "--end", "0.04s", "-o", "out.mp4"]) == 0
    assert capsys.readouterr().err.startswith(
        "left out the frame of 'framed': 78x88 px of 92x102 remain; --no-trim keeps it\nframe 1/1\n"
    )


def test_without_a_name_one_is_made(tmp_path):
    for _ in range(2):
        assert run_command([*VIDEO, "--end", "0.04s", "--quiet"]) == 0
    assert names(tmp_path) == ["clip+painting-2.mp4", "clip+painting.mp4"]
    assert (tmp_path / "clip+painting.mp4").read_bytes() == (tmp_path / "clip+painting-2.mp4").read_bytes()


def test_events_are_told_as_json(capsys):
    arguments = [*VIDEO, "--passes", "2", "--preview", "now.png", "-o", "out.mp4", "--json"]
    assert run_command(arguments) == 0
    found = records(capsys)
    kinds = [record["kind"] for record in found]
    assert (
        kinds.count("frame_begun") == kinds.count("frame_done") == kinds.count("preview") == 8
        and kinds[-1] == "done"
    )
    assert found[0] == {
        "kind": "frame_begun",
        "frame": 1,
        "frames": 4,
        "turn": 1,
        "turns": 2,
        "seconds_left": None,
    }
    done = next(record for record in found if record["kind"] == "frame_done")
    assert (
        done.keys() == {"kind", "frame", "frames", "turn", "turns", "seconds", "losses"}
        and done["losses"]["content conv2_2"] > 0
    )
    assert [record["path"] for record in found if record["kind"] == "preview"] == ["now.png"] * 8
    last = found[-1]
    assert (last["output"], last["width"], last["height"], last["frames"], last["interrupted"]) == (
        "out.mp4",
        48,
        36,
        4,
        False,
    ) and last["seconds"] > 0
    with Image.open("now.png") as image:
        assert image.size == (48, 36)


def test_a_strength_is_sought_for_each_shot(capsys):
    at = SMALL.index("--content-weight")
    assert run_command(["video", "clip", "painting.png", *SMALL[:at], *SMALL[at + 2 :], "-o", "out.mp4"]) == 0
    assert (
        capsys.readouterr().err.splitlines()[0] == "shot 1/1: frames 1 to 4; estimating their content weight"
    )


def film_with_sound(path, seconds=0.4):
    """A film of ten frames a second with a hum."""
    whole = blobs(44, 60, 1)
    with av.open(str(path), "w") as out:
        sound, stream = out.add_stream("aac", rate=48_000, layout="mono"), out.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 36, 48, "yuv420p"
        for i in range(round(seconds * 10)):
            out.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(
                        np.ascontiguousarray(whole[4:40, 2 * i : 2 * i + 48]), format="rgb24"
                    )
                )
            )
        out.mux(stream.encode(None))
        for at in range(0, round(seconds * 48_000), 1024):
            frame = av.AudioFrame.from_ndarray(
                np.full((1, 1024), 0.1, np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = 48_000, at
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))


def test_sound_and_times_are_kept(tmp_path):
    film_with_sound(tmp_path / "clip.mp4")
    assert run_command(["video", "clip.mp4", "painting.png", *SMALL, "-o", "out.mp4", "--quiet"]) == 0
    source, painted = Clip.open("clip.mp4"), Clip.open("out.mp4")
    assert painted.sound and painted.rate == source.rate == 10
    assert [shot.time for shot in painted.frames()] == [shot.time for shot in source.frames()]
    assert run_command(["video", "clip.mp4", "painting.png", *SMALL, "-o", "out.gif", "--quiet"]) == 0
    assert not Clip.open("out.gif").sound


def test_a_truncated_clip_is_painted_as_far_as_it_goes(tmp_path, capsys):
    film_with_sound(tmp_path / "clip.mkv", 2.0)
    data = (tmp_path / "clip.mkv").read_bytes()
    (tmp_path / "clip.mkv").write_bytes(data[: len(data) // 2])
    assert run_command(["video", "clip.mkv", "painting.png", *SMALL, "-o", "out.mp4"]) == 13
    lines = capsys.readouterr().err.splitlines()
    assert "the file is truncated; the readable part was used" in lines[0]
    assert lines[-1].startswith(
        "error: 'out.mp4' is painted, but not all of 'clip.mkv' could be read: "
    ) and lines[-1].endswith("; take another copy of it")
    assert 0 < len(list(Clip.open("out.mp4").frames())) < 17 and names(tmp_path) == ["clip.mkv", "out.mp4"]


def test_a_damaged_frame_costs_that_frame(tmp_path, capsys):
    (tmp_path / "clip/002.png").write_bytes(b"nothing")
    assert run_command([*VIDEO, "-o", "out"]) == 13
    assert "1 damaged frame, each replaced by the one before" in capsys.readouterr().err
    assert len(list((tmp_path / "out").iterdir())) == 4 and names(tmp_path) == ["out", "out.recipe.json"]


# What it refuses


def test_mistakes_are_one_line_and_leave_nothing_behind(tmp_path, capsys):
    film_with_sound(tmp_path / "film.mp4")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("words")
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    before = names(tmp_path)

    def video(clip, *more):
        return ["video", clip, "painting.png", *SMALL, *more]

    for arguments, code, words in (
        (video("none.mp4"), 3, "no file 'none.mp4'"),
        (video("sound.mp4"), 3, "'sound.mp4' has sound but no moving picture; name a film"),
        (video("text.mp4"), 3, "text.mp4"),
        (
            video("empty"),
            3,
            "folder 'empty' contains no pictures; name one with frames such as 000001.png, or a film",
        ),
        (
            video("clip", "--start", "9s"),
            2,
            "start must be before the end of 'clip' at 0.16 s, got 9 s; start earlier",
        ),
        (
            video("film.mp4", "--start", "1:00"),
            2,
            "start must be before the end of 'film' at 0.4 s, got 60 s; start earlier",
        ),
        (video("clip", "--start", "soon"), 2, "start must be seconds or minutes:seconds, got 'soon'"),
        (
            video("clip", "--long-term", "0"),
            2,
            "long term must be offsets of previous frames, such as 1,2,4, got '0'",
        ),
        (
            video("clip", "--flow", "farneback"),
            2,
            "flow must be one of dis, deepflow or a folder of .flo files, got 'farneback'",
        ),
        (video("clip", "--fps", "-1"), 2, "fps must be >= 0"),
        (video("clip", "--passes", "0"), 2, "passes must be >= 1"),
        (
            video("clip", "--preset", "texture"),
            2,
            "preset 'texture' is for 'texture'; for 'video' choose one of",
        ),
        (video("clip", "--style-mask", "none.png"), 3, "no file 'none.png'"),
        (["video", "clip", "none.png", *SMALL], 3, "no file 'none.png'"),
        (["video", "clip"], 2, "Missing argument 'STYLE[:WEIGHT]...'"),
        (
            video("clip", "-o", "out.avi"),
            4,
            "cannot write 'out.avi': a film's name must end in .mp4, .mov, .webm, .mkv, .gif",
        ),
        (video("film.mp4", "-o", "film.mp4"), 4, "'film.mp4' is an input and is never overwritten"),
        (video("clip", "-o", "clip"), 4, "'clip' is an input and is never overwritten"),
        (video("clip", "-o", "none/out.mp4"), 4, "no folder 'none' to write 'out.mp4' into"),
        (video("clip", "-o", "out.mp4", "--preview", "now.txt"), 4, "now.txt"),
        (
            video("clip", "-o", "out.mp4", "--preview", "painting.png"),
            4,
            "'painting.png' is an input and is never overwritten",
        ),
        (
            video("clip", "-o", "out.mp4", "--recipe", "out.mp4"),
            4,
            "'out.mp4' is the film itself; choose another --recipe",
        ),
        (video("clip", "-o", "out.mp4", "--memory", "1M"), 6, "memory"),
        (
            video("clip", "-o", "out.mp4", "--job", "empty/none/x", "--memory", "0"),
            2,
            "memory must be an amount",
        ),
    ):
        assert words in failed(capsys, *arguments, code=code)
        assert names(tmp_path) == before


def test_what_cannot_be_read_at_all_leaves_no_folder(tmp_path, capsys):
    film_with_sound(tmp_path / "film.mp4")
    data = bytearray((tmp_path / "film.mp4").read_bytes())
    at = data.index(b"mdat") + 4
    data[at : at + 4000] = bytes(len(data[at : at + 4000]))
    (tmp_path / "film.mp4").write_bytes(data)
    assert run_command(["video", "film.mp4", "painting.png", *SMALL, "-o", "out.mp4"]) == 3
    assert capsys.readouterr().err.count("error: ") == 1 and names(tmp_path) == ["film.mp4"]


def test_odd_sizes_become_even(tmp_path):
    for name in ("out.mp4", "out"):
        assert run_command([*VIDEO, "--size", "47", "--end", "0.04s", "-o", name, "--quiet"]) == 0
        assert Clip.open(name).size == (34, 46)


# Stopped, and gone on with


def begun(capsys):
    return [
        (record["turn"], record["frame"]) for record in records(capsys) if record["kind"] == "frame_begun"
    ]


@pytest.mark.parametrize(
    ("how", "again", "output"),
    [
        *((signal.SIGINT, again, output) for again in ("resume", "repeat") for output in ("out.mp4", "out")),
        (signal.SIGINT, "repeat", ""),
        (signal.SIGTERM, "resume", "out.mp4"),
    ],
)
def test_what_was_stopped_goes_on_and_leaves_nothing_behind(tmp_path, capsys, stopped, how, again, output):
    command, name = [*VIDEO, "--json", *(["-o", output] if output else [])], output or "clip+painting.mp4"
    stopped(FrameDone, 2, 1, how)
    assert run_command(command) == 130
    found = records(capsys)
    assert (
        found[-2] == {"kind": "note", "text": f"'impasto resume {name}.job' continues from here"}
        or name in found[-2]["text"]
    )
    assert found[-1]["interrupted"] and found[-1]["frames"] == 2
    assert len(list(Clip.open(name).frames())) == 2 and not Recipe.read(name).finished
    beside = [f"{name}.recipe.json"] if name == "out" else []
    assert names(tmp_path) == sorted([name, f"{name}.job", *beside])
    assert run_command(["resume", f"{name}.job", "--json"] if again == "resume" else command) == 0
    assert begun(capsys) == [(1, 3), (1, 4)] and names(tmp_path) == sorted([name, *beside])
    whole = f"whole{(tmp_path / name).suffix}"
    assert run_command([*VIDEO, "-o", whole, "--quiet"]) == 0
    if name == "out":
        assert all_of(tmp_path / "out") == all_of(tmp_path / "whole") and Recipe.read("out") == Recipe.read(
            "whole"
        )
    else:
        assert (tmp_path / name).read_bytes() == (tmp_path / whole).read_bytes()


def test_before_there_is_a_frame_nothing_is_written_and_the_folder_stays_for_what_was_read(
    tmp_path, capsys, stopped
):
    stopped(FrameBegun, 1, 1)
    assert run_command([*VIDEO, "-o", "out.mp4"]) == 130
    assert capsys.readouterr().err.split("\n")[-4:] == [
        "'impasto resume out.mp4.job' continues from here",
        "",
        "interrupted before there was a picture",
        "",
    ]
    assert names(tmp_path) == ["out.mp4.job"]
    assert run_command(["resume", "out.mp4.job", "--quiet"]) == 0 and names(tmp_path) == ["out.mp4"]


def test_without_a_job_nothing_is_kept_or_promised(tmp_path, capsys, stopped):
    stopped()
    assert run_command([*VIDEO, "-o", "out.mp4", "--no-job"]) == 130
    assert "resume" not in capsys.readouterr().err and names(tmp_path) == ["out.mp4"]
    assert run_command([*VIDEO, "-o", "out.mp4", "--no-job", "--quiet"]) == 0 and names(tmp_path) == [
        "out.mp4"
    ]


def test_a_job_that_was_asked_for_stays_and_knows_where_its_film_goes(tmp_path, capsys, stopped):
    stopped()
    assert run_command([*VIDEO, "--job", "night", "--json"]) == 130
    assert run_command([*VIDEO, "--job", "night", "--quiet"]) == 0
    assert names(tmp_path) == ["clip+painting.mp4", "night"]
    assert run_command([*VIDEO, "--job", "night", "-o", "second.mp4", "--quiet"]) == 0
    assert (tmp_path / "second.mp4").read_bytes() == (tmp_path / "clip+painting.mp4").read_bytes()
    (tmp_path / "second.mp4").unlink()
    (tmp_path / "elsewhere").mkdir()
    os.chdir("elsewhere")
    assert run_command(["resume", "../night", "--quiet"]) == 0
    os.chdir("..")
    assert names(tmp_path) == ["clip+painting.mp4", "elsewhere", "night", "second.mp4"] and not list(
        (tmp_path / "elsewhere").iterdir()
    )
    capsys.readouterr()
    assert "cannot write 'x.avi'" in failed(capsys, "resume", "night", "-o", "x.avi", code=4)
    assert run_command(["job", "night"]) == 0
    assert (
        capsys.readouterr().out
        == f"done, 4 of 4 frames painted\nto branch from: frame 1 to 4\ngoes to: {tmp_path / 'second.mp4'}\n"
    )
    assert "is of another film: temporal weight 30 there and 1 here" in failed(
        capsys, *VIDEO, "--job", "night", "--temporal-weight", "1", code=9
    )


def test_another_films_folder_is_left_as_it_is_and_said(tmp_path, capsys, stopped):
    stopped()
    assert run_command([*VIDEO, "-o", "out.mp4", "--json"]) == 130
    before = all_of(tmp_path / "out.mp4.job")
    capsys.readouterr()
    assert run_command([*VIDEO, "-o", "out.mp4", "--temporal-weight", "1"]) == 0
    assert (
        "'out.mp4.job' keeps another run and is left as it is: temporal weight 30 there and 1 here"
        in capsys.readouterr().err.splitlines()
    )
    assert all_of(tmp_path / "out.mp4.job") == before and names(tmp_path) == ["out.mp4", "out.mp4.job"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryShortage("too little memory"), 6),
        (OutputError("cannot write: No space left on device"), 4),
        (JobError("gone"), 9),
    ],
)
def test_what_goes_wrong_on_the_way_leaves_the_film_so_far_and_says_how_to_go_on(
    tmp_path, capsys, stopped, error, code
):
    stopped(FrameBegun, 3, 1, error)
    assert run_command([*VIDEO, "-o", "out.mp4"]) == code
    lines = capsys.readouterr().err.splitlines()
    assert lines[-3] == "'impasto resume out.mp4.job' continues from here" and lines[-2].startswith(
        "stopped early; the film so far is out.mp4 (48x36, 2 frames)"
    )
    assert lines[-1] == f"error: {error}" and len(list(Clip.open("out.mp4").frames())) == 2
    assert run_command(["resume", "out.mp4.job", "--quiet"]) == 0 and names(tmp_path) == ["out.mp4"]


def test_where_the_film_cannot_be_written_its_frames_stay(tmp_path, capsys, monkeypatch):
    def full(self, path, **options):
        raise OutputError(
            f"cannot write '{path}': No space left on device; free some space or choose another -o"
        )

    with monkeypatch.context() as patch:
        patch.setattr(PaintedFilm, "save", full)
        assert run_command([*VIDEO, "-o", "out.mp4"]) == 4
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == [
        "'out.mp4.job' stays; 'impasto resume out.mp4.job -o FILE' writes the film",
        "error: cannot write 'out.mp4': No space left on device; free some space or choose another -o",
    ]
    assert run_command(["resume", "out.mp4.job", "-o", "elsewhere.mp4", "--json"]) == 0
    assert begun(capsys) == [] and names(tmp_path) == ["elsewhere.mp4"]


def test_only_what_is_the_jobs_is_removed_and_what_cannot_be_is_said(tmp_path, capsys, stopped, monkeypatch):
    stopped()
    assert run_command([*VIDEO, "-o", "out.mp4"]) == 130
    (tmp_path / "out.mp4.job/letter.txt").write_text("dear")
    assert run_command([*VIDEO, "-o", "out.mp4"]) == 0
    assert [path.name for path in (tmp_path / "out.mp4.job").iterdir()] == ["letter.txt"]

    def refuse(self):
        raise JobError("cannot remove job folder 'x'; delete it yourself")

    monkeypatch.setattr(Job, "remove", refuse)
    capsys.readouterr()
    assert run_command([*VIDEO, "-o", "two.mp4"]) == 0
    assert "cannot remove job folder 'x'; delete it yourself" in capsys.readouterr().err


def test_a_films_job_is_looked_at(tmp_path, capsys, stopped):
    stopped(FrameDone, 3)
    assert run_command([*VIDEO, "-o", "out.mp4", "--job", "night"]) == 130
    capsys.readouterr()
    assert run_command(["job", "night"]) == 0
    assert (
        capsys.readouterr().out
        == f"stopped, 3 of 4 frames painted\nto branch from: frame 1 to 3\ngoes to: {tmp_path / 'out.mp4'}\n"
    )
    assert run_command(["job", "night", "pause"]) == 0 and (tmp_path / "night/pause").exists()
    assert run_command(["job", "night", "continue"]) == 0 and not (tmp_path / "night/pause").exists()
    assert run_command(["job", "night", "pause"]) == 0
    assert run_command(["resume", "night", "--quiet"]) == 0  # whoever takes it up wants it to go on


# Recipes


def test_a_film_is_shown_and_made_again(tmp_path, capsys):
    for name in ("out.mp4", "out", "out.gif"):
        assert run_command([*VIDEO, "--end", "0.08s", "-o", name, "--quiet"]) == 0
        assert run_command(["show", name]) == 0
        table = json.loads(capsys.readouterr().out)
        assert table["command"] == "video" and [item["name"] for item in table["inputs"]] == [
            "clip",
            "painting.png",
        ]
        assert run_command(["again", name, "--quiet"]) == 0
    films = ["out", "out-2", "out-2.gif", "out-2.mp4", "out.gif", "out.mp4"]
    assert names(tmp_path) == sorted(
        [*films, *(f"{name}.recipe.json" for name in films if not name.endswith(".mp4"))]
    )
    assert (
        all_of(tmp_path / "out") == all_of(tmp_path / "out-2")
        and (tmp_path / "out.mp4").read_bytes() == (tmp_path / "out-2.mp4").read_bytes()
    )
    assert run_command(["again", "out.mp4", "-o", "frames", "--quiet"]) == 0 and all_of(
        tmp_path / "frames"
    ) == all_of(tmp_path / "out")
    assert (
        run_command(["again", "out.mp4", "--size", "32", "--passes", "2", "-o", "small.mp4", "--quiet"]) == 0
    )
    assert Clip.open("small.mp4").size == (24, 32) and Recipe.read("small.mp4").settings.passes == 2
    assert "'out.mp4' is an input and is never overwritten" in failed(
        capsys, "again", "out.mp4", "-o", "out.mp4", code=4
    )


def test_a_recipe_file_stands_for_the_film(tmp_path):
    assert run_command([*VIDEO, "-o", "out.gif", "--recipe", "mine.json", "--end", "0.08s", "--quiet"]) == 0
    assert run_command([*VIDEO, "-o", "out", "--end", "0.08s", "--quiet"]) == 0
    for recipe, made in (
        ("out.gif.recipe.json", "out-2.gif"),
        ("mine.json", "mine.mp4"),
        ("out.recipe.json", "out-2"),
    ):
        assert run_command(["again", recipe, "--quiet"]) == 0
        assert Recipe.read(made) == Recipe.read("out.gif")


def test_what_it_leaves_out_stays_out(tmp_path):
    assert (
        run_command([*VIDEO, "--end", "0.08s", "-o", "out.mp4", "--private", "--quiet", "--recipe", "r.json"])
        == 0
    )
    assert run_command(["again", "out.mp4", "--quiet"]) == 0
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "out-2.mp4").read_bytes() and Recipe.read(
        "r.json"
    ).private
    assert run_command([*VIDEO, "--end", "0.04s", "-o", "bare.mp4", "--no-recipe", "--quiet"]) == 0
    assert b"painting" not in (tmp_path / "bare.mp4").read_bytes()


def test_a_clip_that_changed_is_refused(tmp_path, capsys):
    assert run_command([*VIDEO, "-o", "out.mp4", "--quiet"]) == 0
    (tmp_path / "clip/003.png").write_bytes((tmp_path / "clip/002.png").read_bytes())
    said = failed(capsys, "again", "out.mp4", code=8)
    assert "content 'clip' (SHA-256" in said and "has changed: its SHA-256 is" in said
    assert names(tmp_path) == ["out.mp4"]


def test_again_is_kept_while_it_is_painted_too(tmp_path, stopped):
    assert run_command([*VIDEO, "-o", "out.mp4", "--quiet"]) == 0
    stopped()
    assert run_command(["again", "out.mp4", "--json"]) == 130
    assert names(tmp_path) == ["out-2.mp4", "out-2.mp4.job", "out.mp4"]
    assert run_command(["again", "out.mp4", "--quiet"]) == 0
    assert (
        names(tmp_path) == ["out-2.mp4", "out.mp4"]
        and (tmp_path / "out-2.mp4").read_bytes() == (tmp_path / "out.mp4").read_bytes()
    )


# Flicker


def test_flicker_is_said_in_words_as_json_and_as_a_plot(tmp_path, capsys):
    assert run_command([*VIDEO, "-o", "out", "--quiet"]) == 0
    assert run_command(["flicker", "out", "--source", "clip", "--flow", "dis", "--plot", "plot.png"]) == 0
    words = capsys.readouterr().out
    assert (
        words.startswith("warping error ")
        and " times the clip's " in words
        and words.endswith(", over 4 frames, by dis\n")
    )
    with Image.open("plot.png") as image:
        assert image.width > 400
    assert run_command(["flicker", "out", "--source", "clip", "--flow", "dis", "--json"]) == 0
    (found,) = records(capsys)
    assert (
        found["kind"] == "flicker"
        and found["flow"] == "dis"
        and len(found["frames"]["result"]) == len(found["frames"]["source"]) == 3
    )
    assert (
        found["mean"] == pytest.approx(sum(found["frames"]["result"]) / 3) and f"{found['mean']:.3g}" in words
    )
    from impasto import flicker

    assert flicker("out", "clip", "dis").mean == found["mean"]
    assert run_command(["flicker", "clip", "--source", "clip", "--flow", "dis"]) == 0
    assert "1.00 times the clip's" in capsys.readouterr().out


def test_flickers_mistakes_are_one_line(tmp_path, capsys):
    frames_in(tmp_path / "one", [blobs(36, 48)])
    frames_in(tmp_path / "long", [blobs(36, 48)] * 6)
    for arguments, code, words in (
        (["none", "--source", "clip"], 3, "no file 'none'"),
        (["clip", "--source", "one"], 3, "'one' ends at frame 1, before 'clip'"),
        (
            ["one", "--source", "clip"],
            3,
            "'one' has a single frame, but flicker needs at least two; use a longer film",
        ),
        (["clip", "--source", "long", "--start", "9s"], 2, "start must be before the end of 'long'"),
        (["clip", "--source", "clip", "--plot", "plot.txt"], 4, "plot.txt"),
        (["clip"], 2, "Missing option '--source'"),
    ):
        assert words in failed(capsys, "flicker", *arguments, code=code)


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    at = SMALL.index("--content-weight")
    assert (
        run_command(
            ["video", "clip", "painting.png", *SMALL[:at], *SMALL[at + 2 :], "--passes", "2", "-o", "out.mp4"]
        )
        == 0
    )
    assert "painted out.mp4 (48x36, 4 frames)" in capsys.readouterr().err


def test_all_is_checked_before_the_clip_is_read(monkeypatch, capsys):
    monkeypatch.setattr(Filming, "__iter__", lambda self: pytest.fail("it was begun"))
    failed(capsys, *VIDEO, "-o", "out.avi", code=4)
    failed(capsys, *VIDEO, "--job", "painting.png", code=9)
