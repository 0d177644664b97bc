"""Queues on both databases, and workers in processes of their own that can be killed."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import uuid
import warnings
from pathlib import Path

import pytest

from impasto.jobs import stills
from impasto.jobs.tasks import Task
from impasto.queue import client, hold, relay, worker
from impasto.queue.client import Queue
from impasto.queue.ordering import order_of
from impasto.queue.store import Store
from impasto.service.service import identity_of
from impasto.settings import Settings
from queue_worker import Process

SMALL = Settings(size=48, steps=8, start_size=32, strength=50, history=3, min_fall=0)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The URL of a queue that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/queue.db"
    return request.getfixturevalue("postgresql").get_uri(database=f"queue_{uuid.uuid4().hex[:8]}")


@pytest.fixture
def queue(url):
    queue = Queue(url)
    yield queue
    queue.close()


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "store"))


@pytest.fixture
def add(queue, store, photo, painting, tmp_path):
    """Return a function that queues the photo and the painting as `name` and returns the job's identity."""

    def add(settings=SMALL, name="out.png", priority=0, style=None):
        task = Task(
            content=str(photo),
            styles=((str(style or painting), 1.0),),
            output=str(tmp_path / name),
            settings=settings,
        )
        order, files = order_of(task)
        for path in files.values():
            store.put(path)
        return queue.add(order, identity=identity_of("tests", order.to_text()), priority=priority)

    return add


@pytest.fixture
def start(url, store, nursery, tmp_path):
    """Start workers."""
    running = []

    def start(*flags):
        running.append(Process(nursery, url, store.url, tmp_path / f"worker-{len(running)}", *flags))
        return running[-1]

    yield start
    for process in running:
        process.kill()
