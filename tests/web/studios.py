"""Studios to test, and people signed in to them."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import httpx2
import pytest
from fastapi.testclient import TestClient

from impasto.web import server
from impasto.web.app import application
from impasto.web.config import Config

PASSWORD = "three plain words"


def config_of(folder, **changes):
    given = dict(
        database=f"sqlite:///{folder / 'studio.sqlite'}",
        address="http://testserver",
        folder=folder / "incoming",
        local=False,
    )
    return Config(**(given | changes))


@pytest.fixture
def studio(tmp_path):
    """A client of a studio with accounts, signed out; its app has the studio."""
    with TestClient(application(config_of(tmp_path))) as client:
        yield client


def accounts_of(client):
    return client.app.state.studio.accounts


def signed_in(client, name, *, admin=False):
    """Return a client of the same studio, of a new user."""
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

    def __init__(self, config):
        listening = server.listening("127.0.0.1", 0, 0)
        self.url = f"http://127.0.0.1:{server.port_of(listening)}"
        ready = threading.Event()
        self.server = server.Server(config, listening, ready=ready.set)
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
def running(config):
    """A studio that is reached over a socket, as browsers do."""
    found = Running(config)
    try:
        yield found
    finally:
        for client in found.clients:
            client.close()
        found.stop()
