"""`impasto serve` as people start it: for this machine, for others, killed and started again."""

import os
import re
import signal
import subprocess
import sys

import httpx2
import pytest
from PIL import Image
from studios import SMALL

import impasto
from conftest import blobs, until
from impasto.cli import run_command


class Serve:
    """A server in a process of its own, as started from a shell."""

    def __init__(self, data, *words):
        self.place = data.parent / "log"
        self.log = self.place.open("ab")
        start = self.place.stat().st_size
        command = [sys.executable, "-m", "impasto", "serve", "--data", str(data), "--no-browser", *words]
        environment = os.environ | {"IMPASTO_PRECISION": "reference"}
        self.process = subprocess.Popen(command, stderr=self.log, env=environment, start_new_session=True)
        found = until(lambda: re.search(r"the studio is at (\S+)/\s", self.said(start)), "address")
        self.url = found[1]

    def said(self, start=0):
        return self.place.read_text(encoding="utf-8")[start:]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.log.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def files(tmp_path):
    photo, painting = tmp_path / "photo.png", tmp_path / "painting.png"
    Image.fromarray(blobs(48, 64, 1)).save(photo)
    Image.fromarray(blobs(40, 40, 2)).save(painting)
    return photo, painting


def test_a_server_paints_is_killed_and_goes_on_where_it_was(tmp_path, files):
    data = tmp_path / "data"
    server = Serve(data, "--port", "0")
    with impasto.Client(server.url) as client:
        done = client.stylize(*files, **SMALL | dict(steps=30)).wait(90)
        job = client.stylize(*files, **SMALL | dict(steps=100_000))
        until(lambda: job.state.progress is not None and job.state.progress.step > 50, "steps")
    server.kill()  # its worker ends with it, after its step
    server = Serve(data, "--port", "0")
    with impasto.Client(server.url) as client:
        client.job(done.id).result(tmp_path / "out.png")
        again = client.job(job.id)
        until(lambda: [one for one in client.service.events(job.id) if one.event.kind == "resumed"], "resume")
        again.cancel()
    assert server.stop() == 0
    assert "Traceback" not in server.said()


def test_a_server_for_others_demands_accounts_and_names_the_first_administrator(tmp_path, capsys):
    data = tmp_path / "data"
    server = Serve(data, "--host", "0.0.0.0", "--port", "0", "--workers", "0", "--log-json")
    try:
        link = until(lambda: re.search(r"administrator at (\S+/link/(\S+))", server.said()), "link")
        url = server.url
        assert httpx2.get(f"{url}/api/me").status_code == 401
        form = dict(email="ada@example.org", name="Ada", password="three plain words")
        with httpx2.Client(base_url=url) as browser:
            assert browser.post(f"/api/links/{link[2]}/account", json=form).status_code == 204
            assert browser.get("/api/me").json()["admin"]
            assert browser.post(f"/api/links/{link[2]}/account", json=form).status_code == 422
        assert '"route": ' in server.said() and "ada" not in server.said()
        users = ["serve", "--data", str(data), "users"]
        assert run_command(users) == 0 and "ada@example.org  administrator" in capsys.readouterr().out
        assert run_command([*users, "invite"]) == 0 and "/link/" in capsys.readouterr().out
        assert run_command([*users, "reset", "ada@example.org"]) == 0
        assert run_command([*users, "reset", "nobody@example.org"]) == 16
        archive = tmp_path / "studio.tar"
        assert run_command(["serve", "--data", str(data), "backup", str(archive)]) == 0
    finally:
        assert server.stop() == 0
    elsewhere = ["serve", "--data", str(tmp_path / "other")]
    assert run_command([*elsewhere, "restore", str(archive)]) == 0
    capsys.readouterr()
    assert run_command([*elsewhere, "users"]) == 0 and "ada@example.org" in capsys.readouterr().out
    assert run_command([*elsewhere, "users", "remove", "ada@example.org"]) == 0


def test_what_a_local_studio_has_made_belongs_to_the_first_administrator(tmp_path):
    from impasto.web.accounts import Accounts
    from impasto.web.database import Database
    from impasto.web.migrate import migrate
    from impasto.web.studio import OWNER

    database = Database(f"sqlite:///{tmp_path / 'studio.sqlite'}")
    migrate(database)
    accounts = Accounts(database)
    owner = accounts.owner(OWNER)
    assert not accounts.has_admin()
    user = accounts.accept(accounts.first_admin(), "ada@example.org", "Ada", "three plain words")
    assert user.id == owner.id and accounts.has_admin()
    database.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits]\nrunning = 3\nfoo = 1\n", "sets limits.foo"),
        ("nonsense = 3\n", "sets nonsense"),
        ("[limits\n", "cannot read"),
    ],
)
def test_a_settings_file_that_is_wrong_is_one_line(tmp_path, capsys, text, words):
    file = tmp_path / "studio.toml"
    file.write_text(text)
    command = ["serve", "--data", str(tmp_path / "data"), "--settings", str(file), "users"]
    assert run_command(command) == 2
    assert words in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_line(tmp_path, capsys):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run_command(["serve", "--data", str(tmp_path), "--port", port, "--no-browser"]) == 2
    assert f"port {port}" in capsys.readouterr().err
