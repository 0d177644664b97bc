"""What a worker sees and tells of its job, and of others."""

import os
import subprocess
import sys
import time

import pytest
from queues import add, queue, store

from conftest import until
from impasto.errors import QueueError
from impasto.queue import hold as module
from impasto.queue import worker as workers
from impasto.queue.client import Queue
from impasto.queue.hold import Hold


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/queue.db"


@pytest.fixture
def taken(queue, add, monkeypatch):
    """A job that a worker called `me` has, as far as the database knows."""
    from sqlalchemy import text

    monkeypatch.setattr(module, "LOOK", 0.01)
    monkeypatch.setattr(module, "AWAY", 0.01)
    monkeypatch.setattr(module, "BEAT", 0.05)
    job = add()

    def take(worker):
        with queue.client._sys_db.engine.begin() as connection:
            connection.execute(
                text(
                    f"UPDATE workflow_status SET status = 'PENDING', executor_id = '{worker}' "
                    f"WHERE workflow_uuid = '{job}'"
                )
            )

    take("me")
    return job, take


def test_it_beats_and_tells_and_sees_what_is_asked(queue, taken):
    job, take = taken
    for act, asked in (
        (queue.pause, "pause"),
        (queue.cancel, "cancel"),
        (lambda job: take("another"), "lose"),
    ):
        take("me")
        hold = Hold(queue, job, "me", print)
        hold.tell(progress={"step": 7})
        until(
            lambda: queue.the(job).progress == {"step": 7} and queue.the(job).facts["worker"] == "me",
            "telling",
        )
        beat = queue.the(job).facts["beat"]
        until(lambda beat=beat: queue.the(job).facts["beat"] > beat, "beating")
        assert hold.asked == "" and hold.wait(0.01)
        act(job)
        until(lambda hold=hold, asked=asked: hold.asked == asked, asked)
        assert not hold.wait(60)


def test_a_database_that_is_away_is_said_once_and_waited_for(queue, taken, monkeypatch):
    job, said = taken[0], []
    hold = Hold(queue, job, "me", said.append)
    until(lambda: queue.the(job).facts.get("beat"), "beating")
    seen = Queue.jobs

    def away(*arguments, **more):
        raise QueueError("queue 'x' cannot be reached")

    monkeypatch.setattr(Queue, "jobs", away)
    until(lambda: said, "saying so")
    time.sleep(0.1)
    monkeypatch.setattr(Queue, "jobs", seen)
    until(lambda: len(said) == 2, "saying that it is back")
    assert (
        said == ["queue 'x' cannot be reached; painting continues", "the queue is back"] and hold.asked == ""
    )
    hold.release()


def test_a_worker_whose_beat_stands_still_is_dead_and_one_that_beats_is_not(queue, taken, monkeypatch):
    job, _ = taken
    clock = [1000.0]
    monkeypatch.setattr(workers.time, "monotonic", lambda: clock[0])
    others = workers._Others(queue, "somebody", "")
    for beat in range(5):
        queue.tell(job, {"worker": "me", "beat": beat})
        assert others.dead() == []
        clock[0] += workers.LIFELESS - 1
    assert others.dead() == []
    clock[0] += workers.LIFELESS
    assert others.dead() == ["me"] and workers._Others(queue, "me", "").dead() == []

    seen = Queue.jobs
    monkeypatch.setattr(Queue, "jobs", lambda *_, **__: (_ for _ in ()).throw(QueueError("away")))
    assert others.dead() == []
    monkeypatch.setattr(Queue, "jobs", seen)
    assert others.dead() == []  # counted anew: nobody could beat


def test_a_worker_of_this_machine_is_dead_as_soon_as_its_process_is(queue, taken):
    job, _ = taken
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    others = workers._Others(queue, "somebody", "here")
    queue.tell(job, {"worker": "me", "home": "here", "process": os.getpid()})
    assert others.dead() == []
    queue.tell(job, {"process": gone.pid})
    assert others.dead() == ["me"]
    queue.tell(job, {"home": "elsewhere"})  # where the number is another process's
    assert others.dead() == []
    queue.tell(job, {"home": "here", "worker": "one before"})
    assert others.dead() == []
    assert workers._Others(queue, "somebody", "").dead() == []


def test_numbers_without_a_word_in_json_are_told_as_none(queue, taken):
    job = taken[0]
    queue.tell(job, {"progress": {"losses": {"a": float("nan"), "b": 1.5}, "list": [float("inf"), 2]}})
    assert queue.the(job).progress == {"losses": {"a": None, "b": 1.5}, "list": [None, 2]}
