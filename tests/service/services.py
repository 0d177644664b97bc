"""Services on folders of this machine and on queues, and small tasks of each kind for them."""

from __future__ import annotations

import contextlib
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

from conftest import blobs, until
from impasto.errors import JobBusy, JobEnded
from impasto.jobs.tasks import Task
from impasto.queue.service import QueueService
from impasto.service.local import LocalService
from impasto.settings.presets import preset
from queue_worker import Process

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
    changes = SMALL | dict(steps=30, frame_steps=30, content_weight=0.3)
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

    def __init__(self, url, folder, context):
        super().__init__(url, str(folder / "store"))
        self.url, self.folder, self.context, self.workers = url, folder, context, []
        self.start()

    def start(self):
        folder = self.folder / f"worker-{len(self.workers)}"
        self.workers.append(Process(self.context, self.url, self.store.url, folder, "quick", "hasty"))

    def kill(self):
        self.workers[-1].kill()
        self.start()

    def close(self):
        for worker in self.workers:
            worker.ended()
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
    with Queued(url, folder, request.getfixturevalue("nursery")) as service:
        yield service


@pytest.fixture
def service(running):
    """A service without jobs."""
    yield running
    for job in running.jobs():
        with contextlib.suppress(JobEnded):  # it may end while this is asked
            running.cancel(job.id)
    for job in running.jobs():
        until(lambda job=job: removed(running, job.id), "removal")


def removed(service, job):
    try:
        service.remove(job)
    except JobBusy:
        return False
    return True
