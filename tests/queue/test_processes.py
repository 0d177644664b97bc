"""Several worker processes: one that is killed is begun again, one that says what is wrong ends all."""

import sys

import pytest

from impasto.queue import processes as module
from impasto.queue.processes import Processes


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "GLANCE", 0.02)
    monkeypatch.setattr(module, "REST", 0.0)


def running(code, count=1):
    """Processes that run a line of Python in place of a worker."""
    said = []
    processes = Processes(count, [], said.append)
    processes._command = [sys.executable, "-c", code]
    return processes, said


def test_one_that_was_killed_is_begun_again(tmp_path):
    code = (
        f"import os, pathlib as p, signal; mark = p.Path({str(tmp_path / 'mark')!r}); "
        "mark.exists() or (mark.touch(), os.kill(os.getpid(), signal.SIGKILL))"
    )
    processes, said = running(code)
    assert processes.run() == 0
    assert said == ["a worker process was killed by signal 9; another begins in 0 s"]


def test_one_that_cannot_work_ends_all():
    processes, said = running("import sys; sys.exit(11)", count=2)
    assert processes.run() == 11 and said == []


def test_they_do_not_hear_ctrl_c_by_themselves():
    alone = "import os, sys; sys.exit(os.getpgrp() != os.getpid())"  # a terminal tells a whole group
    assert running(alone)[0].run() == 0


def test_asked_to_stop_they_end_and_none_is_begun_again():
    processes, said = running("import time; time.sleep(60)", count=2)
    wait = module.time.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.time, "sleep", lambda seconds: (wait(seconds), processes.stop()))
        assert processes.run() == 0 and said == []
