"""Services on folders of this machine and on queues, and small tasks of each kind for them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.errors import JobBusy
from impasto.jobs.tasks import Task
from impasto.queue.service import QueueService
from impasto.service.local import LocalService
from impasto.service.service import ENDED
from impasto.settings.presets import preset

SMALL = dict(
    size=48,
    steps=160,
    start_size=32,
    history=3,
    min_fall=0,
    threads=1,
    content_layers="conv2_2",
    style_layers="conv1_1,conv2_1",
)

WORK = """
import signal, sys
from pathlib import Path
from impasto.jobs import stills
from impasto.queue import client, hold, relay, worker

worker.GLANCE, worker.LIFELESS, hold.BEAT, hold.LOOK, client.POLL = 0.1, 2.5, 0.3, 0.05, 0.1
stills.PART_OF_TIME = relay.PART_OF_TIME = 0.5
one = worker.Worker(sys.argv[1], sys.argv[2], folder=Path(sys.argv[3]), threads=1)
signal.signal(signal.SIGTERM, lambda *_: one.stop())
one.run()
"""


@pytest.fixture
def picture_task(photo, painting):
    settings = preset("default").with_changes(**SMALL)
    return Task(
        content=str(photo), styles=((str(painting), 1.0),), output="photo+painting.png", settings=settings
    )


@pytest.fixture
def texture_task(painting):
    settings = preset("texture").with_changes(**SMALL | dict(size="48x40"))
    return Task(kind="texture", styles=((str(painting), 1.0),), output="wall.png", settings=settings)


@pytest.fixture
def film_task(painting, tmp_path):
    clip = tmp_path / "clip.gif"
    picture = blobs(48, 64, 1)
    frames = [Image.fromarray(np.roll(picture, 2 * i, axis=1)) for i in range(8)]
    frames[0].save(clip, save_all=True, append_images=frames[1:], duration=100)
    changes = SMALL | dict(steps=12, frame_steps=12, content_weight=0.3)
    settings = preset("default").with_changes(**changes)
    styles = ((str(painting), 1.0),)
    return Task(kind="video", content=str(clip), styles=styles, output="film.mp4", settings=settings)


class Local(LocalService):
    """A service on folders whose worker can be killed."""

    def kill(self):
        child = next(one for one in multiprocessing.active_children() if one.name == "impasto-0")
        os.kill(child.pid, signal.SIGKILL)


class Queued(QueueService):
    """A service on a queue with a worker that can be killed, after which there is another."""

    def __init__(self, url, folder):
        super().__init__(url, str(folder / "store"))
        self.url, self.folder, self.workers = url, folder, []
        self.start()

    def start(self):
        folder = self.folder / f"worker-{len(self.workers)}"
        command = [sys.executable, "-c", WORK, self.url, self.store.url, str(folder)]
        with (self.folder / f"{folder.name}.log").open("w") as log:
            self.workers.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))

    def kill(self):
        self.workers[-1].kill()
        self.workers[-1].wait()
        self.start()

    def close(self):
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)
        super().close()


@pytest.fixture(scope="module")
def running(request, tmp_path_factory):
    """A service with its workers, which many tests share: each takes seconds to start."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "folders":
        with pytest.MonkeyPatch.context() as patch, Local(folder / "jobs") as service:
            patch.setenv("IMPASTO_PRECISION", "reference")
            yield service
        return
    url = f"sqlite:///{folder}/queue.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").get_uri(database=f"queue_{uuid.uuid4().hex[:8]}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_PRECISION", "reference")
        with Queued(url, folder) as service:
            yield service


@pytest.fixture
def service(running):
    """A service without jobs."""
    yield running
    for job in running.jobs():
        if job.state not in ENDED:
            running.cancel(job.id)
    for job in running.jobs():
        until(lambda job=job: removed(running, job.id), "removal")


def removed(service, job):
    try:
        service.remove(job)
    except JobBusy:
        return False
    return True


def until(found, what, seconds=90):
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"no {what} in {seconds} s")
