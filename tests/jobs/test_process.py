"""What a worker answers over its pipe, and its share of the machine."""

import multiprocessing

import pytest
import torch

from impasto.engine.events import Step
from impasto.engine.memory import bytes_free
from impasto.jobs import process
from impasto.jobs.batch import share_of
from impasto.jobs.batch_task import job_folder, paint
from impasto.jobs.process import Share
from impasto.jobs.tasks import tasks_of
from impasto.settings import Settings
from impasto.stills.stock import Stock


@pytest.fixture
def task(photo, painting, tmp_path, monkeypatch):
    monkeypatch.setenv("IMPASTO_PRECISION", "reference")
    (tmp_path / "out").mkdir()
    return tasks_of([photo], [painting], tmp_path / "out", Settings(size=48, steps=4, start_size=32))[0]


@pytest.fixture
def pipe():
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        yield ours, theirs


def test_a_share_is_a_part_of_the_threads_and_of_the_memory():
    threads = torch.get_num_threads()
    assert share_of(1, None) == Share(threads, None, 1)
    assert (
        share_of(3, 9_000) == Share(max(1, threads // 3), 3_000, 3)
        and share_of(10 * threads, 9_000).threads == 1
    )
    assert bytes_free() is None or 0.3 * bytes_free() < share_of(2, None).memory < 0.6 * bytes_free()


@pytest.mark.parametrize(("workers", "hint"), [(1, False), (2, True)])
def test_too_little_memory_for_all_names_the_way_out(task, pipe, workers, hint):
    outcome = process.outcome_of(
        task, pipe[1], Share(torch.get_num_threads(), 10**8, workers), Stock(), paint
    )
    assert (
        outcome.kind == "failed"
        and "needs about" in outcome.reason
        and outcome.reason.endswith("; or paint fewer at once, by jobs") == hint
    )


def test_a_fault_of_ours_fails_its_picture_alone(task, pipe):
    def stumble(*arguments, **options):
        yield
        raise ZeroDivisionError("by zero")

    outcome = process.outcome_of(task, pipe[1], Share(1, None, 1), Stock(), stumble)
    assert outcome.kind == "failed" and outcome.reason.startswith(
        "unexpected ZeroDivisionError: by zero (stumble, line"
    )


def test_told_to_stop_it_ends_between_two_steps_and_keeps_the_last(task, pipe, monkeypatch):
    ours, theirs = pipe
    sent = []

    class Told:
        """The worker's end of the pipe: the other says stop after the second step."""

        poll = staticmethod(theirs.poll)

        def send(self, event):
            sent.append(event)
            if isinstance(event, Step) and event.step == 2:
                ours.send(None)

    assert process.outcome_of(task, Told(), Share(torch.get_num_threads(), None, 1), Stock(), paint) is None
    assert sent[-1].step == 2 and any(
        path.name.startswith("checkpoint") for path in job_folder(task).iterdir()
    )
