"""Outputs that are links, places that are one under two names, and what a refused command leaves: nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

import impasto.jobs.record
from conftest import blobs, failed
from impasto.cli import run_command
from impasto.errors import ImpastoError, OutputError
from impasto.jobs.batch import batch
from impasto.jobs.job import Job
from impasto.jobs.tasks import tasks_of
from impasto.media.clip import Clip
from impasto.media.film import Film
from impasto.media.formats import SIDECAR
from impasto.media.image import save
from impasto.queue.store import Store
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.stylize import Stylization
from impasto.video.stylize import Filming

pytestmark = [
    pytest.mark.usefixtures("own_threads"),
    pytest.mark.skipif(sys.platform == "win32", reason="links need rights there"),
]

SMALL = ["--size", "48", "--start-size", "32", "--steps", "2"]
FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
STYLIZE = ["stylize", "photo.png", "painting.png", *SMALL, *FEW]
VIDEO = ["video", "clip", "painting.png", *SMALL, "--frame-steps", "1", "--content-weight", "0.3", *FEW]
BATCH = ["batch", "--styles", "painting.png", *SMALL, *FEW]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch, quick_workers, photo, painting):
    monkeypatch.chdir(tmp_path)
    for name in ("clip", "real", "photos", "noflow"):
        Path(name).mkdir()
    whole = blobs(40, 60, 1)
    for i in range(3):
        Image.fromarray(whole[2:34, 2 * i : 2 * i + 48]).save(f"clip/{i + 1}.png")
    Path("bad.png").write_text("no picture")
    Path("bad.mp4").write_text("no film")
    Path("photos/bad.png").write_text("no picture")


def link(name: str, target: str) -> Path:
    Path(name).symlink_to(target)
    return Path(name)


def tree(folder: str | Path = ".") -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


def opens(path: str | Path) -> bool:
    with Image.open(path) as image:
        image.load()
        return image.format == "PNG"


# Links as outputs


@pytest.mark.parametrize("there", [True, False])
def test_a_picture_with_its_preview_and_recipe_is_written_through_links(there):
    files = {"out.png": "real/r.png", "now.png": "real/n.png", "r.json": "real/r.json"}
    for name, target in files.items():
        link(name, target)
        if there:
            Path(target).write_text("before")
    assert (
        run_command(
            [*STYLIZE, "-o", "out.png", "--preview", "now.png", "--preview-every", "1", "--recipe", "r.json"]
        )
        == 0
    )
    assert all(Path(name).readlink() == Path(target) for name, target in files.items())
    assert tree("real") == ["n.png", "r.json", "r.png"] and opens("real/r.png") and opens("real/n.png")
    assert not Path("real/r.png").is_symlink() and Recipe.read("real/r.json") == Recipe.read("real/r.png")


def test_a_link_to_a_link_and_a_relative_link_are_followed_from_where_they_lie():
    link("real/second.png", "third.png")
    link("first.png", "real/second.png")
    assert run_command([*STYLIZE, "-o", "first.png"]) == 0
    assert opens("real/third.png") and not Path("real/third.png").is_symlink()
    assert Path("first.png").is_symlink() and Path("real/second.png").is_symlink()


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (["texture", "painting.png", *SMALL, "-o"], "out.png"),
        (["features", "photo.png", "--layer", "conv1_1", "--channels", "2", "-o"], "out.png"),
        (
            [
                "sheet",
                "photo.png",
                "painting.png",
                "--size",
                "32",
                "--steps",
                "1",
                "--vary",
                "strength=20,40",
                "-o",
            ],
            "out.png",
        ),
        (["compare", "painting.png", "--content", "photo.png", "--style", "painting.png", "-o"], "page.html"),
        (["flicker", "clip", "--source", "clip", "--plot"], "plot.png"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_every_command_writes_through_a_link(command, output, tmp_path):
    link(output, f"real/{output}")
    assert run_command([*command, output]) == 0
    assert (
        Path(output).is_symlink() and tree("real") == [output] and Path("real", output).stat().st_size > 500
    )


@pytest.mark.parametrize("name", ["out.mp4", "out.gif"])
def test_a_film_is_written_through_a_link_and_its_recipe_stays_with_it(name):
    link(name, f"real/film{name[3:]}")
    assert run_command([*VIDEO, "-o", name]) == 0
    beside = [f"film.gif{SIDECAR}"] if name == "out.gif" else []
    assert (
        Path(name).is_symlink()
        and tree("real") == [f"film{name[3:]}", *beside]
        and not list(Path().glob(f"out*{SIDECAR}"))
    )
    assert Clip.open(f"real/film{name[3:]}").size == Clip.open("clip").size
    assert Recipe.read(name) == Recipe.read(f"real/film{name[3:]}") and Recipe.read(name).command == "video"


@pytest.mark.parametrize("there", [True, False])
def test_frames_go_into_the_folder_that_a_link_leads_to(there):
    link("frames", "real/frames")
    if there:
        Path("real/frames").mkdir()
    assert run_command([*VIDEO, "-o", "frames"]) == 0
    assert Path("frames").is_symlink() and tree("real/frames") == [f"00000{i}.png" for i in (1, 2, 3)]
    assert Recipe.read("frames").command == "video"


def test_a_recipe_beside_a_link_is_kept_where_it_is_and_old_ones_go():
    picture = Image.fromarray(blobs(16, 16))
    long = '{"a": "' + "x" * 100_000 + '"}'
    link("out.jpg", "real/r.jpg")
    save(picture, "out.jpg", recipe=long)
    assert tree("real") == ["r.jpg", f"r.jpg{SIDECAR}"] and not Path(f"out.jpg{SIDECAR}").exists()
    link(f"out.jpg{SIDECAR}", f"real/r.jpg{SIDECAR}")  # both names of one file
    save(picture, "out.jpg", recipe=long + " ")
    assert Path(f"out.jpg{SIDECAR}").is_symlink() and Path(f"real/r.jpg{SIDECAR}").read_text() == long + " "
    save(picture, "out.jpg", recipe="{}")  # which has room in the file itself
    assert tree("real") == ["r.jpg"] and not os.path.lexists(f"out.jpg{SIDECAR}")


def test_a_job_resumes_into_the_file_that_its_link_leads_to(photo, painting):
    link("out.png", "real/r.png")
    run = Stylization(photo, painting, Settings(size=48, start_size=32, steps=4))
    with Job.start("job", run, RunOptions(output="out.png")) as job:
        next(iter(job))
    assert run_command(["resume", "job"]) == 0
    assert Path("out.png").is_symlink() and opens("real/r.png")


def test_folders_for_a_job_results_and_examples_are_made_where_dangling_links_lead():
    for name in ("job", "results", "examples"):
        link(name, f"real/{name}/deep")
    assert run_command([*STYLIZE, "-o", "out.png", "--job", "job"]) == 0
    assert run_command([*BATCH, "photo.png", "-o", "results"]) == 0
    assert run_command(["examples", "examples"]) == 0
    assert Path("real/job/deep/job.json").exists() and tree("real/results/deep") == ["photo+painting.png"]
    assert Path("real/examples/deep/README.md").exists() and all(
        Path(name).is_symlink() for name in ("job", "results", "examples")
    )


def test_a_batch_writes_through_links_in_its_folder():
    Path("results").mkdir()
    link("results/photo+painting.png", "../real/r.png")
    assert run_command([*BATCH, "photo.png", "-o", "results"]) == 0
    assert Path("results/photo+painting.png").is_symlink() and opens("real/r.png")


def test_a_result_from_a_store_is_written_through_a_link(tmp_path):
    store = Store(str(tmp_path / "store"))
    store.get(store.put(b"picture"), link("out.png", "real/r.png"))
    assert (
        Path("out.png").is_symlink()
        and Path("real/r.png").read_bytes() == b"picture"
        and tree("real") == ["r.png"]
    )


def test_what_fails_leaves_the_link_and_its_target_as_they_were(monkeypatch):
    link("out.png", "real/r.png")
    Path("real/r.png").write_text("before")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="cannot write 'out.png': No space left on device"):
        save(Image.fromarray(blobs(16, 16)), "out.png")
    assert (
        Path("out.png").is_symlink()
        and tree("real") == ["r.png"]
        and Path("real/r.png").read_text() == "before"
    )


@pytest.mark.parametrize("option", ["-o", "--preview", "--recipe"])
def test_links_that_cannot_be_followed_are_one_line(option, capsys):
    link("loop.png", "other.png")
    link("other.png", "loop.png")
    link("nowhere.png", "missing/folder/r.png")
    os.mkfifo("pipe.png")
    link("topipe.png", "pipe.png")
    other = [] if option == "-o" else ["-o", "out.png"]
    before = tree()
    for name, message in (
        ("loop.png", "'loop.png' is a circular link; remove it or choose another name"),
        (
            "nowhere.png",
            f"'nowhere.png' is a link to '{Path.cwd()}/missing/folder/r.png': "
            f"no folder '{Path.cwd()}/missing/folder' to write 'r.png' into",
        ),
        ("pipe.png", "'pipe.png' is a pipe or a device, which no file can replace; choose another name"),
        ("topipe.png", "'topipe.png' is a pipe or a device"),
    ):
        assert failed(capsys, *STYLIZE, *other, option, name, code=4).startswith(f"error: {message}")
    assert tree() == before


def test_folders_in_a_circle_are_one_line(capsys):
    link("loop", "loop")
    for command in (
        [*VIDEO, "-o", "loop"],
        [*BATCH, "photo.png", "-o", "loop"],
        [*STYLIZE, "-o", "out.png", "--job", "loop"],
        ["examples", "loop"],
    ):
        assert "loop' is a circular link" in failed(capsys, *command, code=4)
    assert sorted(os.listdir()) == sorted(
        ["bad.mp4", "bad.png", "clip", "loop", "noflow", "painting.png", "photo.png", "photos", "real"]
    )


# One place under two names


@pytest.mark.parametrize("results", ["link", "real/../photos", "deep/folder"])
@pytest.mark.parametrize("photos", ["photos", "other", "photos/*.png"])
def test_results_never_go_among_the_photos_whatever_the_folder_is_called(results, photos, capsys):
    link("link", "photos")
    link("other", "photos")
    Path("deep").mkdir()
    link("deep/folder", "../link")
    message = failed(capsys, *BATCH, photos, "-o", results, code=4)
    assert (
        "lies in the folder of the results, which would be inputs themselves next time; choose another -o"
        in message
    )
    with pytest.raises(OutputError, match="lies in the folder of the results"):
        tasks_of(["painting.png"], [photos], results, Settings())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["-o", "out.png", "--recipe", "link.png"],
            "'link.png' is the picture itself; choose another --recipe",
        ),
        (
            ["-o", "link.png", "--recipe", "real/../out.png"],
            "'real/../out.png' is the picture itself; choose another --recipe",
        ),
        (
            ["-o", "out.png", "--preview", "link.png"],
            "'link.png' is the picture itself; choose another --preview",
        ),
        (
            ["-o", "x.png", "--preview", "out.png", "--recipe", "link.png"],
            "'link.png' is the preview too; choose another --recipe",
        ),
        (["-o", "tophoto.png"], "'tophoto.png' is an input and is never overwritten"),
        (["-o", "out.png", "--preview", "tophoto.png"], "'tophoto.png' is an input and is never overwritten"),
        (["-o", "out.png", "--recipe", "tophoto.png"], "'tophoto.png' is an input and is never overwritten"),
        (
            ["-o", "out.png", "--job", "link.png"],
            "'link.png' cannot be the job's folder, as 'out.png' is written there",
        ),
        (
            ["-o", "out.png", "--job", "out.png/job"],
            "'out.png/job' cannot be the job's folder, as 'out.png' is written there",
        ),
        (
            ["-o", "x.png", "--preview", "link.png", "--job", "out.png"],
            "'out.png' cannot be the job's folder, as 'link.png' is written there",
        ),
        (
            ["-o", "x.png", "--recipe", "r.json", "--job", "r.json"],
            "'r.json' cannot be the job's folder, as 'r.json' is written there",
        ),
    ],
)
def test_no_two_outputs_of_a_picture_are_one_file(options, message, capsys):
    link("link.png", "out.png")
    link("tophoto.png", "photo.png")
    before = tree()
    assert failed(capsys, *STYLIZE, *options, code=4).startswith(f"error: {message}")
    assert tree() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "toclip"], "'toclip' is an input and is never overwritten"),
        (["-o", "out.mp4", "--recipe", "real/../out.mp4"], "'real/../out.mp4' is the film itself"),
        (
            ["-o", "frames", "--job", "frames"],
            "'frames' cannot be the job's folder, as 'frames' is written there",
        ),
        (
            ["-o", "frames", "--job", "frames/job"],
            "'frames/job' cannot be the job's folder, as 'frames' is written there",
        ),
        (
            ["-o", "out.mp4", "--job", "out.mp4"],
            "'out.mp4' cannot be the job's folder, as 'out.mp4' is written there",
        ),
        (
            ["-o", "noflow", "--preview", "noflow/now.png"],
            "'noflow/now.png' lies in 'noflow', a folder of frames; choose another --preview",
        ),
        (
            ["-o", "out.mp4", "--preview", "toclip/now.png"],
            "'toclip/now.png' lies in 'clip', a folder of frames; choose another --preview",
        ),
    ],
)
def test_no_two_outputs_of_a_film_are_one_place(options, message, capsys):
    link("toclip", "clip")
    before = tree()
    assert failed(capsys, *VIDEO, *options, code=4).startswith(f"error: {message}")
    assert tree() == before


def test_a_film_of_frames_replaces_its_own_ones_under_another_name_of_the_folder(capsys):
    assert run_command([*VIDEO, "-o", "real/frames", "--job", "job"]) == 0
    link("frames", "real/frames")
    Path("real/frames/000002.png").unlink()
    assert run_command([*VIDEO, "-o", "frames", "--job", "job"]) == 0
    assert Path("frames").is_symlink() and tree("real/frames") == [f"00000{i}.png" for i in (1, 2, 3)]


def test_a_result_is_never_made_again_over_itself_through_a_link(capsys):
    assert run_command([*STYLIZE, "-o", "out.png"]) == 0
    link("link.png", "out.png")
    capsys.readouterr()
    assert "'link.png' is an input and is never overwritten" in failed(
        capsys, "again", "out.png", "-o", "link.png", code=4
    )


# What a refused command leaves


REFUSED = {
    "wrong ending": [*STYLIZE, "--job", "new/job", "-o", "out.bmp"],
    "no such folder": [*STYLIZE, "--job", "new/job", "-o", "missing/out.png"],
    "missing photo": ["stylize", "none.png", "painting.png", "--job", "new/job"],
    "missing style": ["stylize", "photo.png", "none.png", "--job", "new/job", "-o", "out.png"],
    "damaged style": ["stylize", "photo.png", "bad.png", "--job", "new/job", "-o", "out.png"],
    "missing mask": [*STYLIZE, "--job", "new/job", "--content-mask", "none.png"],
    "style masks": [*STYLIZE, "--job", "new/job", "--style-mask", "bad.png"],
    "memory": [*STYLIZE, "--job", "new/job", "-o", "out.png", "--memory", "1"],
    "recipe": [*STYLIZE, "--job", "new/job", "--recipe", "missing/r.json"],
    "preview": [*STYLIZE, "--job", "new/job", "--preview", "missing/now.png"],
    "job in a file": [*STYLIZE, "--job", "photo.png/job"],
    "job of a long name": [*STYLIZE, "--job", f"new/{'j' * 300}"],
    "job among files": [*STYLIZE, "--job", "photos"],
    "texture": ["texture", "painting.png", *SMALL, "--job", "new/job", "-o", "out.bmp"],
    "reconstruct": ["reconstruct", "photo.png", *SMALL, "--job", "new/job", "-o", "missing/out.png"],
    "features": ["features", "bad.png"],
    "sheet": ["sheet", "photo.png", "painting.png", *SMALL, "--vary", "strength=20,40", "-o", "out.bmp"],
    "memory of a sheet": [
        "sheet",
        "photo.png",
        "painting.png",
        *SMALL,
        "--vary",
        "strength=20,40",
        "--memory",
        "1",
    ],
    "film": ["video", "bad.mp4", "painting.png", *SMALL, "-o", "out.mp4"],
    "style of a film": ["video", "clip", "none.png", *SMALL, "-o", "out.mp4"],
    "memory of a film": [*VIDEO, "-o", "out.mp4", "--memory", "1"],
    "recipe of a film": [*VIDEO, "-o", "out.mp4", "--recipe", "out.mp4"],
    "flow of a film": [*VIDEO, "-o", "out.mp4", "--flow", "noflow"],
    "flow of a film in a job": [*VIDEO, "-o", "out.mp4", "--flow", "noflow", "--job", "new/job"],
    "flow of a film without job": [*VIDEO, "-o", "out.mp4", "--flow", "noflow", "--no-job"],
    "depth of a batch": [*BATCH, "photo.png", "-o", "new/results", "--format", "jpg", "--depth", "16"],
    "pattern of a batch": [*BATCH, "none*.png", "-o", "new/results"],
    "bad photo of a batch": [*BATCH, "photos", "-o", "new/results"],
    "memory of a batch": [*BATCH, "photo.png", "-o", "new/results", "--memory", "1"],
    "mask of a batch": [*BATCH, "photo.png", "-o", "new/results", "--content-mask", "none.png"],
    "queue of a batch": [*BATCH, "photo.png", "-o", "new/results", "--queue", "sqlite:///missing/queue.db"],
    "store of a batch": [
        *BATCH,
        "photo.png",
        "-o",
        "new/results",
        "--queue",
        "sqlite:///queue.db",
        "--store",
        "nope://store",
    ],
    "queue of a worker": ["worker", "--queue", "sqlite:///missing/queue.db", "--folder", "new/folder"],
    "folder of a worker": ["worker", "--queue", "sqlite:///queue.db", "--folder", "photo.png/folder"],
    "store of a worker": [
        "worker",
        "--queue",
        "sqlite:///queue.db",
        "--store",
        "nope://store",
        "--folder",
        "new/folder",
    ],
    "queue": ["queue", "--queue", "sqlite:///queue.db"],
    "page": ["compare", "bad.png", "--content", "photo.png", "--style", "painting.png", "-o", "page.html"],
    "plot": ["flicker", "clip", "--source", "bad.mp4", "--plot", "plot.png"],
    "examples": ["examples", "photo.png/pictures"],
    "examples of a long name": ["examples", f"new/{'e' * 300}"],
    "resume": ["resume", "photos"],
    "job": ["job", "photos", "pause"],
    "branch": ["job", "photos", "branch", "new/job"],
    "again": ["again", "painting.png", "-o", "out.png"],
}


@pytest.mark.parametrize("command", REFUSED.values(), ids=REFUSED)
def test_a_refused_command_leaves_nothing(command, capsys):
    before = tree()
    assert run_command(command) in (2, 3, 4, 6, 8, 9, 10, 11)
    assert "error: " in capsys.readouterr().err and tree() == before


@pytest.mark.parametrize("there", [True, False])
def test_a_job_folder_that_cannot_be_begun_is_left_as_it_was(there, photo, painting, monkeypatch, capsys):
    if there:
        Path("job").mkdir()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    before = tree()
    monkeypatch.setattr(impasto.jobs.record, "write_durably", full)
    assert "No space left on device" in failed(capsys, *STYLIZE, "-o", "out.png", "--job", "job", code=9)
    assert tree() == before
    assert "No space left on device" in failed(capsys, *VIDEO, "-o", "out.mp4", "--job", "job", code=9)
    assert tree() == before


@pytest.mark.parametrize(
    "command", [[*STYLIZE, "-o", "out.png"], [*VIDEO, "-o", "out.mp4"]], ids=["stylize", "video"]
)
def test_a_job_that_fails_before_anything_is_painted_goes_and_no_advice_to_resume_it_is_given(
    command, monkeypatch, capsys
):
    def fails(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr("impasto.stills.stylize.optimise", fails)
    before = tree()
    assert run_command([*command, "--job", "new/job"]) == 6
    assert "resume" not in capsys.readouterr().err and tree() == before


def test_a_job_that_was_there_stays_whatever_is_refused(photo, painting, capsys):
    assert run_command([*STYLIZE, "-o", "out.png", "--job", "job"]) == 0
    Path("out.png").unlink()
    before = tree("job")
    for command in (
        [*STYLIZE, "-o", "out.bmp", "--job", "job"],
        [*STYLIZE, "-o", "x.png", "--steps", "9", "--job", "job"],
        ["job", "job", "branch", "job"],
    ):
        assert run_command(command) in (4, 9)
    assert tree("job") == before
    Path("photo.png").rename("photos/elsewhere.png")
    capsys.readouterr()
    assert "content 'photo.png'" in failed(capsys, "resume", "job", code=8)
    assert tree("job") == before


def test_an_interrupted_job_stays_even_before_its_first_step(photo, painting):
    with (
        pytest.raises(KeyboardInterrupt),
        Job.start("job", Stylization(photo, painting, Settings(size=48, start_size=32, steps=3))),
    ):
        raise KeyboardInterrupt
    with Job.resume("job") as job:
        assert len(list(job)) > 3
    assert Path("job/job.json").exists()


def test_a_batch_from_python_leaves_no_folder_where_nothing_is_painted():
    before = tree()
    with pytest.raises(ImpastoError):
        batch("photo.png", "painting.png", "new/results", jobs=0)
    with pytest.raises(ImpastoError):
        batch("photo.png", "painting.png", "new/results", device="cuda")
    assert tree() == before
    assert [
        outcome.kind
        for outcome in batch("photos", "painting.png", "new/results", Settings(size=48, steps=2))
        if hasattr(outcome, "kind")
    ] == ["failed"]
    assert tree() == before


def test_a_result_whose_recorded_folder_is_gone_makes_no_folder(photo, painting, capsys):
    run = Stylization(photo, painting, Settings(size=48, start_size=32, steps=3))
    with Job.start("job", run) as job:
        job.goes_to(RunOptions(output="gone/out.png"), reserved=True)
        next(iter(job))
    assert "no folder" in failed(capsys, "resume", "job", code=4)
    assert not Path("gone").exists()


def test_a_film_that_fails_leaves_no_part(monkeypatch):
    filming = Filming("clip", "painting.png", Settings(size=48, steps=1))
    link("out.gif", "real/r.gif")
    with pytest.raises(RuntimeError), Film("out.gif", filming.size, 25):
        raise RuntimeError
    assert tree("real") == [] and Path("out.gif").is_symlink()
