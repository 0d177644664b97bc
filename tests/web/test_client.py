"""A studio from Python and the command line, over a socket, with a real worker."""

import json

import numpy as np
import pytest
from PIL import Image
from studios import SMALL, config_of, running

import impasto
from conftest import blobs
from impasto.cli import run_command
from impasto.client import http
from impasto.client.service import StudioService
from impasto.engine.events import Done, Step
from impasto.errors import (
    JobEnded,
    JobError,
    JobNotFound,
    NoBranch,
    NotDone,
    PictureError,
    QueueError,
    SettingsError,
)
from queue_worker import Process


@pytest.fixture(scope="module")
def server(tmp_path_factory, nursery):
    folder = tmp_path_factory.mktemp("studio")
    config = config_of(folder)
    with running(config) as found:
        worker = Process(nursery, config.database, config.store, folder / "worker", "quick")
        yield found
        worker.kill()


@pytest.fixture
def token(server, request, monkeypatch):
    name = f"u{abs(hash(request.node.name))}"
    user = server.studio.accounts.add(f"{name}@example.org", name, "three plain words")
    secret = server.studio.accounts.make_token(user.id, "tests", ["read", "write"])[1]
    monkeypatch.setenv("IMPASTO_TOKEN", secret)
    return secret


@pytest.fixture
def files(tmp_path):
    photo, painting = tmp_path / "photo.png", tmp_path / "painting.png"
    Image.fromarray(blobs(48, 64, 1)).save(photo)
    Image.fromarray(blobs(40, 40, 2)).save(painting)
    return photo, painting


def size_of(path):
    with Image.open(path) as image:
        return image.size


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_one_line_paints_and_the_job_is_followed_to_its_result(server, token, files, tmp_path):
    with impasto.Client(server.url) as client:
        job = client.stylize(*files, strength=70, **SMALL)
        kinds = [type(event) for event in job.events()]
        assert Step in kinds and kinds[-1] is Done
        job.wait(60).result(tmp_path / "out.png")
        assert size_of(tmp_path / "out.png") == (48, 36)
        assert job.preview()[:2] == b"\xff\xd8"
        recipe = impasto.Recipe.read(tmp_path / "out.png")
        assert recipe.settings.strength == 70 and recipe.settings.size == 48
        assert [one.id for one in client.jobs()] == [job.id] == [client.job(job.id).id]


def test_the_result_is_that_of_this_machine(server, token, files, tmp_path):
    with impasto.Client(server.url) as client:
        client.stylize(*files, seed=3, **SMALL).wait(60).result(tmp_path / "there.png")
    settings = impasto.preset("default").with_changes(seed=3, threads=1, **SMALL)
    here = impasto.stylize(*files, settings, device="cpu")
    there = pixels_of(tmp_path / "there.png")
    assert np.abs(there - np.asarray(here.image)).mean() < 4  # another precision of the convolutions


def test_a_job_is_steered(server, token, files):
    with impasto.Client(server.url) as client:
        job = client.stylize(*files, **SMALL | dict(steps=100_000))
        next(event for event in job.events() if isinstance(event, Step))
        assert job.change(strength=80) == "strength 80"
        job.pause()
        assert job.state.state == "paused"
        job.resume()
        with pytest.raises(JobError, match="after 0 s"):
            job.wait(0)
        with pytest.raises(NotDone):
            job.result("x.png")
        job.cancel()
        with pytest.raises(JobError, match="cancelled"):
            job.wait(60)
        with pytest.raises((JobEnded, NoBranch)):
            job.pause()


def test_films_textures_and_looks_are_jobs_as_well(server, token, files, tmp_path):
    clip, picture = tmp_path / "clip.gif", blobs(48, 64, 1)
    frames = [Image.fromarray(np.roll(picture, 2 * i, axis=1)) for i in range(3)]
    frames[0].save(clip, save_all=True, append_images=frames[1:], duration=100)
    with impasto.Client(server.url) as client:
        small = SMALL | dict(steps=6)
        film = client.video(clip, files[1], **small | dict(frame_steps=6, content_weight=0.3))
        wall = client.texture(files[1], **small | dict(size="48x40"))
        look = client.instant(files[0], "night_cafe", size=64)
        wall.wait(90).result(tmp_path / "wall.png")
        assert size_of(tmp_path / "wall.png") == (48, 40)
        look.wait(90).result(tmp_path / "look.png")
        film.wait(90).result(tmp_path / "film.mp4")
        assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"


def test_a_batch_is_painted_in_a_studio_and_skipped_the_next_time(server, token, files, tmp_path, capsys):
    words = ["batch", str(files[0]), "--styles", str(files[1]), "-o", str(tmp_path / "out")]
    words += ["--studio", server.url, "--size", "48", "--steps", "20"]
    assert run_command(words) == 0
    (result,) = (tmp_path / "out").glob("*.png")
    assert size_of(result) == (48, 36)
    assert run_command(words) == 0
    assert "1 existed" in (said := capsys.readouterr().err) or "skipped" in said or "already" in said


def test_jobs_are_listed_and_steered_from_a_shell(server, token, files, tmp_path, capsys):
    with StudioService(server.url) as service, impasto.Client(server.url) as client:
        job = client.stylize(*files, **SMALL | dict(steps=100_000), name="Castle")
        queue = ["queue", "--studio", server.url]
        assert run_command(queue) == 0 and "Castle" in capsys.readouterr().out
        assert run_command([*queue, "set", job.id[:10], "strength=80"]) == 0
        assert "strength 80" in capsys.readouterr().out
        assert run_command([*queue, "cancel", job.id[:10]]) == 0
        assert run_command([*queue, "list", "--json"]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[0])["id"] == job.id
        assert run_command([*queue, "fetch", job.id, "-o", str(tmp_path / "x.png")]) == 9
        assert run_command([*queue, "pause", "zzz"]) == 9
        assert service.state(job.id).name == "Castle"


def test_errors_are_those_of_the_same_command_here(server, token, files):
    with impasto.Client(server.url) as client:
        with pytest.raises(SettingsError, match="strength must be"):
            client.stylize(*files, strength=700)
        with pytest.raises(PictureError, match="does not exist|no such file|no file"):
            client.stylize("nowhere.png", files[1])
        with pytest.raises(JobNotFound):
            client.job("none")
        with pytest.raises(SettingsError, match="exclude|are for a film|photo is missing"):
            client.create("stylize", None, files[1])


def test_a_studio_that_is_not_there_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(http, "RETRIES", (0.01,))
    with StudioService("http://127.0.0.1:9") as service, pytest.raises(QueueError, match="cannot be reached"):
        service.jobs()
    with pytest.raises(SettingsError, match="is no address"):
        impasto.Client("example.org")
    assert run_command(["queue", "--studio", "http://127.0.0.1:9"]) == 11


def test_a_wrong_token_is_refused(server, monkeypatch):
    monkeypatch.setenv("IMPASTO_TOKEN", "impasto_wrong")
    with StudioService(server.url) as service, pytest.raises(impasto.StudioError, match="token is unknown"):
        service.jobs()
