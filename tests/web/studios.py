"""Studios to test, and people signed in to them."""

from __future__ import annotations

import hashlib
import io
import threading
import uuid
from contextlib import contextmanager

import httpx2
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from PIL import Image

from conftest import blobs
from impasto.queue.client import QueuedJob
from impasto.web import server
from impasto.web.app import application
from impasto.web.config import Config
from impasto.web.tables import jobs, uses

PASSWORD = "three plain words"

SMALL = dict(
    size=48,
    steps=60,
    start_size=32,
    history=3,
    min_fall=0,
    content_layers="conv2_2",
    style_layers="conv1_1,conv2_1",
)
"""Settings of pictures that are painted in a moment."""


def config_of(folder, **changes):
    given = dict(
        store=str(folder / "store"),
        database=f"sqlite:///{folder / 'studio.sqlite'}",
        address="http://testserver",
        folder=folder / "incoming",
        local=False,
    )
    return Config(**(given | changes))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def studio(request, tmp_path):
    """A client of a studio with accounts, signed out; its app has the studio."""
    changes = {}
    if request.param == "postgresql":
        name = f"studio_{uuid.uuid4().hex[:8]}"
        changes["database"] = request.getfixturevalue("postgresql").get_uri(database=name)
    with made_studio(config_of(tmp_path, **changes)) as client:
        yield client


@contextmanager
def made_studio(config):
    """A client of a studio of a configuration, signed out."""
    with TestClient(application(config)) as client:
        yield client


def accounts_of(client):
    return client.app.state.studio.accounts


def signed_in(client, name, *, admin=False, known=False):
    """Return a client of the same studio, of a new user, or of one who is known."""
    if not known:
        accounts_of(client).add(f"{name}@example.org", name, PASSWORD, admin=admin)
    other = TestClient(client.app)
    answer = other.post("/api/session", json=dict(email=f"{name}@example.org", password=PASSWORD))
    assert answer.status_code == 204, answer.text
    return other


def upload(client, content, name, **form):
    """Upload a file and return what the studio says of it."""
    answer = client.post("/api/pictures", files={"file": (name, content)}, data=form)
    assert answer.status_code == 201, answer.text
    return answer.json()


class Running:
    """A studio at a port of its own, in a thread."""

    def __init__(self, config, port=0, **options):
        listening = server.listening("127.0.0.1", port, port)
        self.url = f"http://127.0.0.1:{server.port_of(listening)}"
        ready = threading.Event()
        self.server = server.Server(config, listening, ready=ready.set, **options)
        self.thread = threading.Thread(target=self.server.serve_until_stopped)
        self.thread.start()
        assert ready.wait(30)
        self.clients = []

    @property
    def studio(self):
        return self.server.app.state.studio

    def client(self, **options):
        self.clients.append(httpx2.Client(base_url=self.url, timeout=30, **options))
        return self.clients[-1]

    def signed_in(self, name, *, admin=False):
        self.studio.accounts.add(f"{name}@example.org", name, PASSWORD, admin=admin)
        client = self.client()
        answer = client.post("/api/session", json=dict(email=f"{name}@example.org", password=PASSWORD))
        assert answer.status_code == 204, answer.text
        return client

    def stop(self):
        self.server.stop()
        self.thread.join(30)
        assert not self.thread.is_alive()


@contextmanager
def running(config, **options):
    """A studio that is reached over a socket, as browsers do."""
    found = Running(config, **options)
    try:
        yield found
    finally:
        for client in found.clients:
            client.close()
        found.stop()


def png(seed=1, size=(48, 64)):
    """The bytes of a small picture."""
    file = io.BytesIO()
    Image.fromarray(blobs(*size, seed)).save(file, "PNG")
    return file.getvalue()


def known(client):
    """The objects of the store that somebody needs."""
    with client.app.state.studio.database.read() as connection:
        return set(connection.execute(sa.select(uses.c.sha256)).scalars())


def done_job(client, user, result=b"painted", *, state="done", seconds=5.0):
    """Return the id of a job that has ended, as if a worker had painted it."""
    inner = client.app.state.studio
    photo, painting = upload(user, png(1), "photo.png"), upload(user, png(2), "painting.png")
    form = dict(content=photo["id"], styles=[dict(id=painting["id"])])
    job = user.post("/api/jobs", json=form).json()["id"]
    if state == "waiting":
        return job
    queue = inner.service.queue
    recipe = queue.order(job).recipe.to_text()
    inner.files.put(result)
    facts = dict(sha256=hashlib.sha256(result).hexdigest(), bytes=len(result), suffix=".png", seconds=3.0)
    row = inner.jobs.row(user.get("/api/me").json()["id"], job)
    queue.client.cancel_workflow(job)  # so that no board takes it for one that waits
    told = QueuedJob(job, "", state, "tests", 1, 0, {}, facts | {"recipe": recipe}, "", facts={"branches": 2})
    with inner.database.write() as connection:
        connection.execute(jobs.update().where(jobs.c.id == job).values(ended=None, state="waiting"))
    inner.jobs.end(told, row["created"] + seconds, inner._ended)
    return job
