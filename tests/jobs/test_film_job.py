"""A film in a job folder: stopped, killed and gone on with to the same bytes; and `film` from Python."""

import random
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.cli.words import in_words
from impasto.engine.events import Changed, FrameBegun, FrameDone, Resumed, Step
from impasto.errors import JobError, OutputError, RecipeError, SettingsError
from impasto.jobs import films
from impasto.jobs.control import pause, unpause
from impasto.jobs.film import film
from impasto.jobs.films import again
from impasto.jobs.job import Job
from impasto.jobs.status import Status, status
from impasto.media.clip import Clip
from impasto.media.film import Film
from impasto.media.image import load
from impasto.recipe.finder import Finder, input_of
from impasto.recipe.recipe import Recipe
from impasto.settings.presets import preset
from impasto.settings.run import RunOptions
from impasto.video.stylize import Filming

TINY = preset("default").with_changes(
    size=48,
    steps=4,
    frame_steps=2,
    start_size=32,
    content_weight=0.3,
    content_layers="conv2_2",
    style_layers="conv1_1,conv2_1",
    history=3,
    min_fall=0,
)

pytestmark = pytest.mark.usefixtures("untimed", "own_threads")

KILLED = """
import sys
from pathlib import Path
from impasto.jobs.job import Job
from impasto.settings.presets import settings_from
from impasto.video.stylize import Filming

clip, painting, folder, out, settings = sys.argv[1:]
with Job.start(folder, Filming(clip, painting, settings_from(settings))) as job:
    for event in job:
        print(event.kind, flush=True)
    job.result().save(Path(out))
"""


def moving(count, speed=2, seed=1):
    whole = blobs(44, 48 + speed * count, seed)
    return [whole[4:40, speed * i : speed * i + 48] for i in range(count)]


@pytest.fixture
def clip(tmp_path):
    return frames_in(tmp_path / "clip", moving(4))


def frames_in(folder, frames):
    folder.mkdir()
    for i, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"{i:03d}.png")
    return folder


def all_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def painted_to_the_end(job):
    for _ in job:
        pass
    return job


def stopped_after(job, frames):
    """Paint until so many frames are done, and say whether there were as many."""
    for event in job:
        frames -= isinstance(event, FrameDone)
        if not frames:
            return True
    return False


def test_a_film_stopped_again_and_again_gives_the_bytes_of_one_that_was_not(clip, painting, tmp_path):
    settings = TINY.with_changes(strength=20, init="noise", loop=True)
    with Job.start(tmp_path / "whole", Filming(clip, painting, settings)) as job:
        painted_to_the_end(job).result().save(tmp_path / "whole.mp4")
        assert not job.notes
    job, stops = Job.start(tmp_path / "job", Filming(clip, painting, settings)), 0
    while stopped_after(job, 1):
        stops += 1
        job.close()
        job = Job.resume(tmp_path / "job")
        assert isinstance(job.notes[0], Resumed)
    assert stops == settings.passes * 4 + 2 * settings.loop
    job.result().save(tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    job.close()
    frames = {name: data for name, data in all_of(tmp_path / "whole").items() if name.endswith(".png")}
    assert frames == {name: data for name, data in all_of(tmp_path / "job").items() if name.endswith(".png")}
    with Job.resume(tmp_path / "job") as job:  # a job that is done gives its film once more
        painted_to_the_end(job).result().save(tmp_path / "2.mp4")
    assert (tmp_path / "2.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_film_of_an_odd_size_goes_on_at_the_same(painting, tmp_path):
    """Its long side was kept as an even number, to which the other side was fitted anew."""
    clip = frames_in(
        tmp_path / "tall", [np.asarray(Image.fromarray(frame).resize((122, 570))) for frame in moving(2)]
    )
    settings = TINY.with_changes(size=95, start_size=0, content_layers="conv1_1", style_layers="conv1_1")
    job = Job.start(tmp_path / "job", Filming(clip, painting, settings))
    assert stopped_after(job, 1)
    job.close()
    with Job.resume(tmp_path / "job") as again:
        assert again.run.size == job.run.size
        painted_to_the_end(again).result().save(tmp_path / "out")
    sizes = {
        load(path).size
        for folder in ("out", "job/pass1", "job/source")
        for path in (tmp_path / folder).iterdir()
    }
    assert sizes == {job.run.size}


@pytest.mark.parametrize("kills", [[40], pytest.param([3, 9, 14, 15, 16, 20], marks=pytest.mark.slow)])
def test_a_killed_process_changes_no_byte(clip, painting, tmp_path, kills):
    moments, settings = random.Random(0), TINY.with_changes(passes=2, frame_steps=12)
    (tmp_path / "s.toml").write_text(settings.to_toml())
    with Job.start(tmp_path / "whole", Filming(clip, painting, settings)) as job:
        painted_to_the_end(job).result().save(tmp_path / "whole.mp4")
    command = [
        sys.executable,
        "-c",
        KILLED,
        *map(str, (clip, painting, tmp_path / "job", tmp_path / "out.mp4", tmp_path / "s.toml")),
    ]
    for lines in kills:
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        for _ in range(lines):
            assert process.stdout.readline()
        time.sleep(moments.random() * 0.02)
        assert process.poll() is None, "it came to its end before it was killed"
        process.kill()
        process.communicate()
        for path in (tmp_path / "job").glob("pass*/0*.png"):
            load(path)  # whole, or not there
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_start_goes_on_where_the_film_is_the_same_even_with_its_inputs_moved(clip, painting, tmp_path):
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        stopped_after(job, 2)
    clip, painting = clip.rename(tmp_path / "elsewhere"), painting.rename(tmp_path / "other name.png")
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        begun = [event.frame for event in job if isinstance(event, FrameBegun)]
    assert begun == [3, 4] and isinstance(job.notes[0], Resumed)
    clip.rename(tmp_path / "third")
    with pytest.raises(RecipeError, match="content 'clip' .* is not at"):
        Job.resume(tmp_path / "job")
    with Job.resume(tmp_path / "job", inputs=[tmp_path / "third", painting]) as job:
        assert job.run.clip.path == tmp_path / "third"
    with Job.resume(tmp_path / "job", inputs=[tmp_path]) as job:  # the folder that it is in
        assert job.run.clip.path == tmp_path / "third"


def test_another_film_is_refused_with_what_differs_and_nothing_is_lost(clip, painting, photo, tmp_path):
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        stopped_after(job, 1)
    before, other = all_of(tmp_path / "job"), frames_in(tmp_path / "clip2", moving(4, seed=2))
    for filming, words in (
        (Filming(other, painting, TINY), r"content 'clip' \(SHA-256 .*…\) there and content 'clip2' .* here"),
        (Filming(clip, photo, TINY), "style 'painting.png' .* there and style 'photo.png' .* here"),
        (
            Filming(clip, painting, TINY.with_changes(temporal_weight=9)),
            "temporal weight 30 there and 9 here",
        ),
        (Filming(clip, painting, TINY.with_changes(passes=3)), "passes 1 there and 3 here"),
        (Filming(clip, painting, TINY.with_changes(end="0.1s")), "end none there and 0.1s here"),
    ):
        with pytest.raises(
            JobError, match=f"is of another film: {words}; give what it began with, or choose another job"
        ):
            Job.start(tmp_path / "job", filming)
    assert all_of(tmp_path / "job") == before
    (clip / "002.png").write_bytes((clip / "001.png").read_bytes())
    with pytest.raises(RecipeError, match="content 'clip' .* has changed: its SHA-256"):
        Job.resume(tmp_path / "job")


def test_one_folder_has_one_film_and_a_stopped_one_holds_nothing(clip, painting, tmp_path):
    filming = Filming(clip, painting, TINY)
    with Job.start(tmp_path / "job", filming):
        for second in (
            lambda: Job.start(tmp_path / "job", Filming(clip, painting, TINY)),
            lambda: Job.resume(tmp_path / "job"),
        ):
            with pytest.raises(JobError, match=r"is being painted by another process, number \d+"):
                second()
    Job.resume(tmp_path / "job").close()
    with pytest.raises(JobError, match="is no job folder"):
        Job.resume(tmp_path / "none")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("dear")
    with pytest.raises(JobError, match="has other files in it, such as 'letter.txt', and no job"):
        Job.start(tmp_path / "full", filming)


def test_a_paused_film_waits_after_its_frame_and_changes_no_byte(clip, painting, tmp_path, monkeypatch):
    with Job.start(tmp_path / "whole", Filming(clip, painting, TINY)) as job:
        painted_to_the_end(job)
    slept, notes, folder = [], [], tmp_path / "job"
    with Job.start(folder, Filming(clip, painting, TINY)) as job:

        def sleep(seconds):
            assert job.paused and status(folder).paused and status(folder).steps_kept == 2
            slept.append(seconds)
            if len(slept) == 2:
                unpause(folder)

        monkeypatch.setattr(time, "sleep", sleep)
        for event in job:
            if isinstance(event, Step) and (folder / "pass1/000001.png").exists() and not slept:
                pause(folder)
            notes += [words] if (words := in_words(event, str(job.folder))) else []
    assert (
        len(slept) == 2
        and not job.paused
        and notes == [f"paused; 'impasto job {folder} continue' resumes it", "resumed"]
    )
    assert (folder / "pass1/000004.png").read_bytes() == (tmp_path / "whole/pass1/000004.png").read_bytes()


def stands(output, **found):
    """Return the status of the film of two passes, its join and four frames."""
    usual = dict(kind="video", paused=False, scale=0, scales=3, done=False, branches=(), changes=(), asked="")
    return Status(**usual | dict(output=str(output)) | found)


def test_the_status_says_how_many_frames_are_painted_to_their_end(clip, painting, tmp_path):
    folder, seen = tmp_path / "job", []
    with Job.start(
        folder,
        Filming(clip, painting, TINY.with_changes(passes=2, loop=True)),
        RunOptions(output=str(tmp_path / "out.mp4")),
    ) as job:
        assert status(folder) == stands(tmp_path / "out.mp4", running=True, steps_kept=0, steps=0)
        for event in job:
            if isinstance(event, FrameDone):
                seen.append(status(folder).steps_kept)
                assert status(folder).steps == 10
                assert not job.run.painted or job.result().recipe.finished == (seen[-1] == 10)
    assert seen == list(range(1, 11))
    assert status(folder) == stands(
        tmp_path / "out.mp4", running=False, scale=3, steps_kept=10, steps=10, done=True, branches=tuple(seen)
    )


def test_only_what_is_the_films_is_removed(clip, painting, tmp_path):
    folder = tmp_path / "job"
    with Job.start(
        folder, Filming(clip, painting, TINY.with_changes(strength=20, init="noise", passes=2, loop=True))
    ) as job:
        painted_to_the_end(job)
        for rest in (
            ".clip.json-abc.part",
            ".shots.json-abc.part",
            "pass1/.000002.png-xyz.part",
            "flow/.forward_1_2.flo-x.part",
            "job.json.part",
        ):
            (folder / rest).touch()
        (folder / "pass1/letter.txt").write_text("dear")
        job.remove()
    assert list(all_of(folder)) == ["pass1/letter.txt"] and [path.name for path in folder.iterdir()] == [
        "pass1"
    ]
    (folder / "pass1/letter.txt").unlink()
    (folder / "pass1").rmdir()
    folder.rmdir()
    with Job.start(folder, Filming(clip, painting, TINY)) as job:
        stopped_after(job, 1)
        job.remove()
    assert not folder.exists()


# From Python


def test_film_writes_a_film_and_tells_of_every_frame(clip, painting, tmp_path):
    kinds = []
    found = film(clip, painting, tmp_path / "out.mp4", TINY, on_event=lambda event: kinds.append(event.kind))
    assert found == tmp_path / "out.mp4" and kinds.count("frame_done") == kinds.count("frame_begun") == 4
    painted = Clip.open(found)
    assert painted.size == (36, 48) and painted.rate == 25 and len(list(painted.frames())) == 4
    recipe = Recipe.read(found)
    assert (
        recipe.command == "video"
        and recipe.finished
        and [(item.role, item.name) for item in recipe.inputs]
        == [("content", "clip"), ("style", "painting.png")]
    )
    assert recipe.inputs[0].sha256 == input_of("content", clip).sha256
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip", "out.mp4", "painting.png"]


def test_film_ends_early_with_the_frames_so_far_and_goes_on_in_its_job(clip, painting, tmp_path):
    whole, out = film(clip, painting, tmp_path / "whole", TINY), tmp_path / "out"
    film(
        clip,
        painting,
        out,
        TINY,
        job=tmp_path / "job",
        on_event=lambda event: not isinstance(event, FrameDone) or event.frame < 2,
    )
    assert (
        sorted(path.name for path in out.iterdir()) == ["000001.png", "000002.png"]
        and not Recipe.read(out).finished
    )
    begun = []
    film(
        clip,
        painting,
        out,
        TINY,
        job=tmp_path / "job",
        on_event=lambda event: begun.append(event.frame) if isinstance(event, FrameBegun) else None,
    )
    assert begun == [3, 4] and all_of(out) == all_of(whole) and Recipe.read(out) == Recipe.read(whole)
    with pytest.raises(SettingsError, match="no frame is finished yet"):
        film(clip, painting, tmp_path / "none.mp4", TINY, on_event=lambda event: False)
    assert not (tmp_path / "none.mp4").exists()


def test_a_folder_with_other_frames_is_not_replaced(clip, painting, tmp_path):
    out = film(
        clip,
        painting,
        tmp_path / "out",
        TINY,
        job=tmp_path / "job",
        on_event=lambda event: not isinstance(event, FrameDone),
    )
    for job in (None, tmp_path / "another"):
        with pytest.raises(OutputError, match="folder '.*out' is not empty"):
            film(clip, painting, out, TINY, job=job)
    (out / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="folder '.*out' is not empty"):
        film(clip, painting, out, TINY, job=tmp_path / "job")
    assert (
        (out / "letter.txt").exists() and (out / "000001.png").exists() and not (out / "000002.png").exists()
    )


def test_what_cannot_be_written_is_said_before_anything_is_painted(clip, painting, tmp_path, monkeypatch):
    monkeypatch.setattr(Filming, "__iter__", lambda self: pytest.fail("it was painted"))
    for output, words in (
        ("out.avi", "a film's name must end in"),
        ("none/out.mp4", "no folder"),
        ("clip", "is an input and is never overwritten"),
    ):
        with pytest.raises(OutputError, match=words):
            film(clip, painting, tmp_path / output, TINY)


# Recipes


def test_a_film_is_made_again_by_its_recipe(clip, painting, tmp_path):
    out = film(clip, painting, tmp_path / "out.mp4", TINY.with_changes(strength=20, init="noise"))
    first = film(clip, painting, tmp_path / "frames", TINY.with_changes(strength=20, init="noise"))
    filming = again(Recipe.read(out), Finder(tmp_path), {})
    assert filming.notes == []
    with Job.start(tmp_path / "job", filming) as job:
        painted_to_the_end(job).result().save(tmp_path / "again")
        job.result().save(tmp_path / "again.mp4")
    assert (
        all_of(tmp_path / "again") == all_of(first)
        and (tmp_path / "again.mp4").read_bytes() == out.read_bytes()
    )
    filming = again(Recipe.read(out), Finder(tmp_path), {"temporal_weight": 0, "size": 32})
    assert filming.size == (24, 32) and filming.settings.temporal_weight == 0


def test_a_clip_is_known_by_its_hash(clip, painting, tmp_path):
    recipe = Recipe.read(film(clip, painting, tmp_path / "out.mp4", TINY))
    assert input_of("content", clip).bytes == sum(path.stat().st_size for path in clip.iterdir())
    (clip / ".DS_Store").write_text("a file manager was here")
    (tmp_path / "other").mkdir()
    moved = clip.rename(tmp_path / "other/renamed")
    assert (
        Finder(tmp_path / "other").find(recipe.inputs[0])
        == moved
        == Finder(None, [tmp_path]).find(recipe.inputs[0])
    )
    for change in (lambda: (moved / "004.png").rename(moved / "005.png"), (moved / "005.png").unlink):
        change()
        with pytest.raises(RecipeError, match=r"content 'clip' \(SHA-256 .*\) is not at"):
            again(recipe, Finder(tmp_path / "other"), {})


def test_a_folder_of_flow_is_an_input(clip, painting, tmp_path):
    import torch

    from impasto.media.flow_file import write_flow

    (tmp_path / "flows").mkdir()
    for name in ("forward_1_2", "backward_2_1"):
        write_flow(tmp_path / f"flows/{name}.flo", torch.zeros(1, 2, 36, 48))
    settings = TINY.with_changes(flow=str(tmp_path / "flows"), end="0.08s", long_term="1")
    recipe = Recipe.read(film(clip, painting, tmp_path / "out.mp4", settings))
    assert (
        recipe.settings.flow == "input:2"
        and recipe.inputs[2].role == "flow"
        and recipe.inputs[2].name == "flows"
    )
    moved = (tmp_path / "flows").rename(tmp_path / "elsewhere")
    filming = again(recipe, Finder(tmp_path), {})
    assert filming.settings.flow == str(moved) and moved in map(Path, filming.sources)
    write_flow(moved / "forward_1_2.flo", torch.ones(1, 2, 36, 48))
    with pytest.raises(RecipeError, match="flow 'flows' .* is not at"):
        again(recipe, Finder(tmp_path), {})
    assert again(recipe, Finder(tmp_path), {"flow": "dis"}).settings.flow == "dis"


def test_what_a_recipe_leaves_out_stays_out(clip, painting, tmp_path):
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        painted_to_the_end(job).result().save(tmp_path / "out.mp4", private=True)
    recipe = Recipe.read(tmp_path / "out.mp4")
    assert recipe.private and b"painting" not in (tmp_path / "out.mp4").read_bytes()
    filming = again(recipe, Finder(tmp_path), {})
    with Job.start(tmp_path / "job2", filming) as job:
        assert painted_to_the_end(job).result().recipe == recipe


def test_a_film_stopped_early_says_so_when_it_is_made_again(clip, painting, tmp_path):
    film(clip, painting, tmp_path / "out.mp4", TINY, on_event=lambda event: not isinstance(event, FrameDone))
    notes = [one.text for one in again(Recipe.read(tmp_path / "out.mp4"), Finder(tmp_path), {}).notes]
    assert notes == ["the result was stopped early; this run finishes it"]


# Clips in files


def mp4(path, frames, **options):
    with Film(path, frames[0].shape[:2], 10, **options) as out:
        for i, frame in enumerate(frames):
            out.add(Image.fromarray(frame), Fraction(i, 10), Fraction(1, 10))
    return path


def test_times_of_the_clip_stay_and_a_part_is_a_part(painting, tmp_path):
    clip = mp4(tmp_path / "clip.mp4", moving(5))
    painted = Clip.open(
        film(clip, painting, tmp_path / "out.mp4", TINY.with_changes(start="0.15s", end="0.42s"))
    )
    assert [(shot.time, shot.duration) for shot in painted.frames()] == [
        (0, Fraction(1, 20)),
        (Fraction(1, 20), Fraction(1, 10)),
        (Fraction(3, 20), Fraction(1, 10)),
        (Fraction(1, 4), Fraction(1, 50)),
    ]
    assert painted.sound is False
    slow = Clip.open(film(clip, painting, tmp_path / "slow.gif", TINY.with_changes(fps=4)))
    assert [shot.time for shot in slow.frames()] == [0, Fraction(1, 4)]


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        (TINY, {"content_weight": 30}),
        (TINY.with_changes(strength=20, init="noise", passes=2, loop=True), {"strength": 70}),
    ],
)
def test_a_film_is_changed_from_a_frame_on_and_made_again(clip, painting, tmp_path, settings, change):
    with Job.start(tmp_path / "plain", Filming(clip, painting, settings)) as job:
        painted_to_the_end(job)
    with Job.start(tmp_path / "job", Filming(clip, painting, settings)) as job:
        changed = []
        for event in job:
            if isinstance(event, FrameDone) and (event.turn, event.frame) == (1, 2):
                job.change(**change)
            changed += [event] if isinstance(event, Changed) else []
        assert [(one.unit, one.change["scale"], one.change["step"]) for one in changed] == [("frame", 1, 2)]
        result = job.result()
        result.save(tmp_path / "out")
    assert [str(one) for one in result.recipe.changes] == [str(one) for one in job.record.changes] != []
    for number, same in ((1, True), (2, True), (3, False), (4, False)):
        frame = f"pass1/{number:06d}.png"
        assert ((tmp_path / "job" / frame).read_bytes() == (tmp_path / "plain" / frame).read_bytes()) == same
    with Job.start(tmp_path / "again", again(Recipe.read(tmp_path / "out"), Finder(tmp_path), {})) as job:
        painted_to_the_end(job)
    frames = [
        {name: data for name, data in all_of(tmp_path / one).items() if name.startswith("pass")}
        for one in ("again", "job")
    ]
    assert frames[0] == frames[1] and frames[0]


def test_a_changed_film_that_is_stopped_again_and_again_gives_the_same_bytes(clip, painting, tmp_path):
    settings = TINY.with_changes(strength=20, init="noise", passes=2)
    with Job.start(tmp_path / "whole", Filming(clip, painting, settings)) as job:
        for event in job:
            if isinstance(event, FrameDone) and (event.turn, event.frame) == (1, 3):
                job.change(strength=70, calm=1)
        job.result().save(tmp_path / "whole.mp4")
    job, frames = Job.start(tmp_path / "job", Filming(clip, painting, settings)), 0
    while stopped_after(job, 1):
        frames += 1
        if frames == 3:
            job.change(strength=70, calm=1)
        job.close()
        job = Job.resume(tmp_path / "job")
    job.result().save(tmp_path / "out.mp4")
    job.close()
    assert frames == 8 and (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_branch_of_a_film_has_its_first_frames_and_none_of_what_was_changed_later(clip, painting, tmp_path):
    with Job.start(tmp_path / "plain", Filming(clip, painting, TINY)) as job:
        painted_to_the_end(job).result().save(tmp_path / "plain.mp4")
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        with pytest.raises(JobError, match="keeps no frame yet"):
            Job.branch(tmp_path / "job", tmp_path / "early")
        for event in job:
            if isinstance(event, FrameDone) and event.frame == 2:
                job.change(content_weight=30)
            if isinstance(event, FrameDone) and event.frame == 3:
                assert Job.branch(tmp_path / "job", tmp_path / "during", 2) == 2  # while it is painted
    with pytest.raises(JobError, match="has no frame 5 to branch from; take one from 1 to 4"):
        Job.branch(tmp_path / "job", tmp_path / "late", 5)
    assert Job.branch(tmp_path / "job", tmp_path / "after", 2) == 2
    for name in ("during", "after"):
        found = Job.status(tmp_path / name)
        assert (found.kind, found.steps_kept, found.steps, found.changes) == ("video", 2, 4, ())
        with Job.resume(tmp_path / name) as job:
            assert isinstance(job.notes[0], Resumed) and job.notes[0].done == 2
            painted_to_the_end(job).result().save(tmp_path / f"{name}.mp4")
        assert (tmp_path / f"{name}.mp4").read_bytes() == (tmp_path / "plain.mp4").read_bytes()
    assert Job.branch(tmp_path / "job", tmp_path / "whole") == 4
    assert len(Job.status(tmp_path / "whole").changes) == 1


def test_a_branch_that_cannot_be_written_leaves_nothing(clip, painting, tmp_path, monkeypatch):
    with Job.start(tmp_path / "job", Filming(clip, painting, TINY)) as job:
        painted_to_the_end(job)
    copies = []

    def full(source, target):
        copies.append(target)
        if len(copies) > 5:
            raise OSError(28, "No space left on device")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(films, "_copy", full)
    with pytest.raises(JobError, match="No space left on device; free some space or choose another folder"):
        Job.branch(tmp_path / "job", tmp_path / "new")
    assert len(copies) == 6 and not (tmp_path / "new").exists()
