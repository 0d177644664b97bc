"""Services on folders of this machine and on queues, and small tasks of each kind for them."""

from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.jobs.tasks import Task
from impasto.service.local import LocalService
from impasto.settings.presets import preset

SMALL = dict(size=48, steps=60, start_size=32, history=3, min_fall=0, threads=1)
FEW = dict(content_layers="conv2_2", style_layers="conv1_1,conv2_1")


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
    clip = tmp_path / "clip"
    clip.mkdir()
    picture = blobs(48, 64, 1)
    for i in range(4):
        Image.fromarray(np.roll(picture, 2 * i, axis=1)).save(clip / f"{i + 1:04d}.png")
    changes = SMALL | FEW | dict(steps=12, frame_steps=6, content_weight=0.3)
    settings = preset("default").with_changes(**changes)
    styles = ((str(painting), 1.0),)
    return Task(kind="video", content=str(clip), styles=styles, output="film.mp4", settings=settings)


class Local(LocalService):
    """A service whose worker can be killed."""

    def kill(self):
        child = next(one for one in multiprocessing.active_children() if one.name == "impasto-0")
        os.kill(child.pid, signal.SIGKILL)


@pytest.fixture
def local(tmp_path):
    with Local(tmp_path / "jobs") as service:
        yield service


@pytest.fixture
def queued():
    raise NotImplementedError


@pytest.fixture(params=["local"])
def service(request):
    return request.getfixturevalue(request.param)
