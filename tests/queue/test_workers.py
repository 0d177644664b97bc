"""Workers in separate processes: nothing is lost or painted twice, and requests are served within a step."""

import hashlib
import json
from collections import Counter

import pytest
from PIL import Image
from queues import SMALL, add, queue, start, store, url

from conftest import blobs, until
from impasto.errors import QueueError
from impasto.jobs.again import again
from impasto.recipe.recipe import Recipe


def undisturbed(path, recipe, tmp_path):
    """The bytes of a picture that was painted by its recipe in one go."""
    return again(recipe).save(tmp_path / f"whole{path.suffix}").read_bytes()


def test_a_paused_job_that_is_resumed_is_cancelled_at_no_moment(queue, add, monkeypatch):
    job, seen = add(), []
    queue.pause(job)
    engine = queue.client

    def look_and(work):
        def done(*given, **named):
            seen.append(queue.the(job).state)
            return work(*given, **named)

        return done

    for name in ("update_workflow_attributes", "resume_workflow"):
        monkeypatch.setattr(engine, name, look_and(getattr(engine, name)))
    queue.go_on(job)
    assert set(seen) == {"paused"} and queue.the(job).state == "waiting"
    queue.cancel(job)
    assert queue.the(job).state == "cancelled"


def test_a_killed_worker_s_picture_goes_on_elsewhere_to_the_same_bytes(
    queue, store, add, start, tmp_path, url
):
    steps = 60
    job = add(SMALL.with_changes(steps=steps, size=64))

    def step():
        return queue.the(job).progress.get("step", 0)

    first = start("hasty")
    until(lambda: step() > 12, "some steps")
    first.kill()
    kept = step()
    second = start("hasty")
    until(lambda: queue.the(job).starts >= 2 and step() > kept, "going on")
    assert "has died; its job is resumed by another" in second.said and "resuming job" in second.said

    before = step()
    queue.pause(job)
    until(lambda: "released" in second.said, "letting go")
    assert queue.the(job).state == "paused" and before <= step() < steps
    with pytest.raises(QueueError, match="is paused already"):
        queue.pause(job)
    queue.go_on(job)
    until(lambda: step() > before + 5, "going on after the pause")
    third = start("hasty")
    assert second.ended() == 0
    assert "its step kept" in second.said and "gave back" in second.said
    until(lambda: queue.the(job).state == "done", "an end")
    done = queue.the(job)
    assert "resuming job" in third.said and step() == steps
    store.get(done.result["sha256"], tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == undisturbed(
        tmp_path / "out.png", Recipe.read(tmp_path / "out.png"), tmp_path
    )
    listed = json.loads(store.within(f"jobs/{job}").read(queue.the(job).facts["checkpoint"]))
    kept = [path.name for path in (tmp_path / "store/jobs" / job).rglob("*") if path.is_file()]
    assert (
        len(kept) == len({*listed.values()}) + 1
    )  # the last checkpoint and the scales' ends, to branch from
    with pytest.raises(QueueError, match="is done already"):
        queue.cancel(job)


def test_each_job_is_painted_once_by_two_workers_and_the_urgent_first(queue, store, add, start, tmp_path):
    jobs = [add(SMALL.with_changes(strength=40 + i), f"{i}.png", priority=i) for i in range(6)]
    Image.fromarray(blobs(40, 40, 7)).save(tmp_path / "other.png")
    broken = add(name="broken.png", style=tmp_path / "other.png")
    sha256 = hashlib.sha256((tmp_path / "other.png").read_bytes()).hexdigest()
    (tmp_path / "store" / sha256[:2] / sha256).write_bytes((tmp_path / "other.png").read_bytes()[:-1] + b"x")
    workers = [start("drain"), start("drain")]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    found = {job.identity: job for job in queue.jobs()}
    assert {found[job].state for job in jobs} == {"done"} and {found[job].starts for job in jobs} == {1}
    said = [line for worker in workers for line in worker.said.splitlines()]
    begun = Counter(line.split()[1].rstrip(":") for line in said if line.startswith("painting "))
    assert begun == Counter([*jobs, broken])
    first = {worker.said.split()[1].rstrip(":") for worker in workers}
    assert jobs[5] in first
    assert (
        found[broken].state == "failed"
        and sha256 in found[broken].error
        and "is damaged" in found[broken].error
    )
    assert all(not worker.said.count("Traceback") for worker in workers)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_cancelled_job_stops_within_a_step_and_leaves_the_worker_to_others(queue, add, start, tmp_path):
    long = add(SMALL.with_changes(steps=5000))
    worker = start()
    until(lambda: queue.the(long).progress.get("step", 0) > 3, "some steps")
    queue.cancel(long[:6])
    until(lambda: "it is cancelled" in worker.said, "letting go")
    assert queue.the(long).state == "cancelled" and queue.the(long).progress["step"] < 5000
    assert not (tmp_path / "store/jobs" / long).exists()
    until(lambda: queue.the(add()).state == "done", "another picture")
