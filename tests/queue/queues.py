"""Queues on both databases, and workers in processes of their own that can be killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from pathlib import Path

import pytest

from impasto.jobs.tasks import Task
from impasto.queue.client import Queue
from impasto.queue.order import order_of
from impasto.queue.store import Store
from impasto.service.service import identity_of
from impasto.settings import Settings

WORK = """
import signal, sys
from pathlib import Path
from impasto.jobs import stills
from impasto.queue import hold, relay, worker

worker.GLANCE, hold.BEAT, hold.LOOK = 0.2, 0.3, 0.05
worker.LIFELESS = 2.5 if "hasty" in sys.argv else worker.LIFELESS
stills.PART_OF_TIME = relay.PART_OF_TIME = 0.3
say = lambda line: print(line, flush=True)
one = worker.Worker(sys.argv[1], sys.argv[2], folder=Path(sys.argv[3]), threads=1, say=say)
signal.signal(signal.SIGTERM, lambda *_: one.stop())
one.run(drain="drain" in sys.argv)
"""

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


class Process(subprocess.Popen):
    """A worker in a process of its own, and what it said."""

    def __init__(self, url, store, folder, *flags):
        folder.mkdir()
        self.log = folder / "log"
        with self.log.open("w") as log:
            super().__init__(
                [sys.executable, "-c", WORK, url, store, str(folder / "work"), *flags],
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self):
        return self.log.read_text()

    def ended(self):
        """Ask for an end, and return the exit code."""
        self.send_signal(signal.SIGTERM)
        return self.wait(60)


@pytest.fixture
def start(url, store, tmp_path):
    """Start workers."""
    running = []

    def start(*flags):
        running.append(Process(url, store.url, tmp_path / f"worker-{len(running)}", *flags))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def until(found, what, seconds=60):
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.03)
    raise AssertionError(f"{what} in {seconds} s")
