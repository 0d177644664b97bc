"""Minutes of misfortune: workers killed every few seconds, a database that goes away, a job that kills."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from queues import SMALL, add, queue, start, store, url

from conftest import until
from impasto.jobs.again import again
from impasto.recipe.recipe import Recipe

pytestmark = pytest.mark.slow


def test_forty_pictures_by_three_workers_of_which_one_is_killed_every_few_seconds(
    queue, store, add, start, tmp_path, capsys
):
    jobs = [add(SMALL.with_changes(strength=20 + i, steps=40), f"{i}.png") for i in range(40)]
    workers, dead, clock, kills = [start("hasty") for _ in range(3)], [], random.Random(0), Counter()
    began = time.monotonic()
    while any(job.state != "done" for job in queue.jobs(jobs)):
        assert time.monotonic() - began < 1500, Counter(job.state for job in queue.jobs(jobs))
        time.sleep(clock.uniform(3, 6))
        victim = workers.pop(clock.randrange(3))
        kills[
            "painting"
            if f"-{victim.pid}-" in str({job.worker for job in queue.jobs(states=("painting",))})
            else "idle"
        ] += 1
        victim.kill()
        dead.append(victim)
        workers.append(start("hasty"))
    found = queue.jobs(jobs)
    said = [line for worker in (*dead, *workers) for line in worker.said.splitlines()]
    ended = Counter(line.split()[1].rstrip(":") for line in said if line.startswith("painted "))
    begun = Counter(line.split()[1].rstrip(":") for line in said if line.startswith("painting "))
    assert set(begun) == set(jobs) and max(ended.values()) == 1
    going_on = sum(line.startswith("resuming job") for line in said)
    for job in found[::8]:
        store.get(job.result["sha256"], tmp_path / job.name)
        whole = again(Recipe.read(tmp_path / job.name)).save(tmp_path / f"whole-{job.name}")
        assert (tmp_path / job.name).read_bytes() == whole.read_bytes()
    with capsys.disabled():
        sys.stdout.write(
            f"\n40 pictures in {time.monotonic() - began:.0f} s; kills {dict(kills)}; "
            f"begun or gone on with {sum(begun.values())} times,"
            f" {going_on} of them from a checkpoint; ended in words {sum(ended.values())}; "
            f"most starts of one {max(job.starts for job in found)}\n"
        )


def test_a_worker_that_was_only_asleep_lets_go_of_what_has_gone_to_another(
    queue, store, add, start, tmp_path
):
    job = add(SMALL.with_changes(steps=60, size=64))
    asleep = start("hasty")
    until(lambda: queue.the(job).progress.get("step", 0) > 12, "some steps")
    asleep.send_signal(signal.SIGSTOP)
    other = start("hasty")
    until(lambda: queue.the(job).worker.split("-")[-2] == str(other.pid), "going to another")
    asleep.send_signal(signal.SIGCONT)
    until(lambda: "another worker has it" in asleep.said, "letting go")
    until(lambda: queue.the(job).state == "done", "an end")
    assert "painted" not in asleep.said and queue.the(job).starts == 2
    assert queue.the(job).result["worker"].split("-")[-2] == str(other.pid)
    store.get(queue.the(job).result["sha256"], tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == again(Recipe.read(tmp_path / "out.png")).save(
        tmp_path / "whole.png"
    ).read_bytes()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_painting_goes_on_while_the_database_is_away(queue, add, start, postgresql):
    job = add(SMALL.with_changes(steps=200, size=64))
    workers = [start(), start()]
    until(lambda: queue.the(job).progress.get("step", 0) > 10, "some steps")
    before = queue.the(job).progress["step"]
    postgresql.stop()
    time.sleep(6)
    postgresql.ensure_postgres_running()
    until(lambda: queue.the(job).state == "done", "an end", 120)
    assert queue.the(job).starts == 1 and before < 200
    said = "".join(worker.said for worker in workers)
    assert "painting continues" in said and "the queue is back" in said and "has died" not in said
    assert [worker.ended() for worker in workers] == [0, 0]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_job_that_kills_its_workers_is_given_up(queue, add, url, store, tmp_path):
    job, other = add(name="killer.png", priority=1), add(SMALL.with_changes(seed=1))
    code = """
import os, sys
from pathlib import Path
from impasto.queue import hold, worker
worker.LIFELESS, worker.GLANCE, worker.MOST_STARTS, hold.BEAT = 1.0, 0.2, 2, 0.3
paint = worker.Worker._result
def result(self, hold, text):
    return os._exit(137) if "killer" in text else paint(self, hold, text)
worker.Worker._result = result
worker.Worker(sys.argv[1], sys.argv[2], folder=Path(sys.argv[3])).run(drain=True)
"""
    codes = [
        subprocess.run(
            [sys.executable, "-c", code, url, store.url, str(tmp_path / "w")], check=False, timeout=120
        ).returncode
        for _ in range(4)
    ]
    assert codes == [137, 137, 137, 0]
    assert (
        queue.the(job).state == "failed"
        and "that began it died; it may need more memory" in queue.the(job).error
    )
    assert queue.the(other).state == "done"
