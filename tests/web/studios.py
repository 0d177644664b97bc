"""Studios to test, and people signed in to them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

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
