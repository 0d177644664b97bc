"""`impasto batch --queue`, `impasto worker` and `impasto queue`, in one process after another."""

import json
import sys

import pytest
from PIL import Image

from conftest import blobs
from impasto.cli import run_command
from impasto.queue import batch as module
from impasto.queue import worker as workers
from impasto.queue.client import Queue
from impasto.recipe.recipe import Recipe

pytestmark = pytest.mark.usefixtures("own_threads")

SMALL = ["--size", "48", "--steps", "6", "--start-size", "32", "--threads", "1"]
SMALL += ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1"]
URL = "sqlite:///queue.db"


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "GLANCE", 0.2)
    monkeypatch.setattr(module, "LOOK", 0.05)
    for name, seed in {"photos/a.png": 1, "photos/b.png": 2, "paintings/s.png": 3}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(blobs(48, 64, seed)).save(tmp_path / name)


def batch(*options, folder="out"):
    return run_command(["batch", "photos", "--styles", "paintings", "-o", folder, *SMALL, *options])


def queued(*options):
    return batch("--queue", URL, *options)


def work():
    return run_command(["worker", "--queue", URL, "--drain"])


def test_a_batch_by_way_of_a_queue_gives_the_files_of_one_without(tmp_path, capsys):
    (tmp_path / "photos/bad.png").write_text("words")
    assert queued("--no-wait") == 10
    said = capsys.readouterr().err
    assert (
        "failed bad+s.png" in said
        and f"{tmp_path}/photos/bad.png' is not a readable picture" in said
        and "2 on the queue" in said
    )
    (tmp_path / "photos/bad.png").unlink()
    assert not (tmp_path / "out").exists()  # no empty folder stays while others paint

    assert run_command(["queue", "--queue", URL]) == 0
    listed = capsys.readouterr().out
    assert "a+s.png" in listed and "2 waiting" in listed
    assert work() == 0
    assert "2 pictures painted" in capsys.readouterr().err
    assert queued() == 0
    assert "painted 2, skipped 0, failed 0" in capsys.readouterr().err
    assert batch(folder="here") == 0
    for name in ("a+s.png", "b+s.png"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()

    capsys.readouterr()
    assert queued("--json") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["kind"] for record in records] == ["note", "skipped", "skipped", "done"]
    assert run_command(["queue", "--json", "--queue", URL]) == 0
    jobs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(job["state"], job["starts"], job["progress"]["step"]) for job in jobs] == [("done", 1, 6)] * 2


def test_jobs_are_steered_by_the_beginnings_of_their_identities(tmp_path, capsys):
    assert queued("--no-wait", "--priority", "3") == 0
    queue = Queue(URL)
    first, second = [job.identity for job in queue.jobs()]
    assert [job.priority for job in queue.jobs()] == [3, 3]
    assert run_command(["queue", "pause", first[:7], "--queue", URL]) == 0
    assert run_command(["queue", "cancel", second, "--queue", URL]) == 0
    capsys.readouterr()
    assert run_command(["queue", "--queue", URL]) == 0
    assert (
        "paused" in (listed := capsys.readouterr().out)
        and second not in listed
        and "1 paused, 1 cancelled" in listed
    )
    assert run_command(["queue", "--all", "--queue", URL]) == 0
    assert second in capsys.readouterr().out
    assert work() == 0 and queue.the(first).state == "paused"  # nobody takes it
    assert run_command(["queue", "continue", first, "--queue", URL]) == 0
    assert work() == 0 and queue.the(first).state == "done"
    assert run_command(["queue", "continue", first, "--queue", URL]) == 11
    assert run_command(["queue", "cancel", "nothing", "--queue", URL]) == 11
    assert run_command(["queue", "pause", "--queue", URL]) == 2
    errors = capsys.readouterr().err
    assert f"job {first} (" in errors and "is done and cannot be resumed" in errors
    assert "no job of the queue begins with 'nothing'" in errors and "pause needs the ID of a job" in errors
    queue.close()


def test_a_job_is_paused_and_cancelled_without_a_store(postgresql, capsys):
    url = postgresql.get_uri(database="without_a_store")
    Queue(url).close()
    for action in ("pause", "cancel", "continue"):
        assert run_command(["queue", action, "nothing", "--queue", url]) == 11
        assert "no job of the queue begins with 'nothing'" in capsys.readouterr().err


def test_a_result_that_has_gone_from_the_store_is_painted_once_more(tmp_path, capsys):
    assert queued("--no-wait") == 0 and work() == 0
    queue = Queue(URL)
    sha256 = queue.jobs()[0].result["sha256"]
    (tmp_path / "queue-store" / sha256[:2] / sha256).unlink()
    given, paint = [], module.QueuedBatch._given

    def then_work(self, task, priority):
        outcome = paint(self, task, priority)
        given.append(task.name)
        if len(given) == 3:
            work()
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.QueuedBatch, "_given", then_work)
        assert queued() == 0
    assert "It is painted again" in capsys.readouterr().err and len(list((tmp_path / "out").iterdir())) == 2
    queue.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["queue", "--queue", "nonsense"], 2, "queue 'nonsense' is no URL; give one such as"),
        (
            ["queue", "--queue", "mysql://u:secret@host/db"],
            2,
            "queue 'mysql://u:***@host/db' cannot be used; give one such as",
        ),
        (
            ["queue", "--queue", "sqlite:///none.db"],
            11,
            "no queue 'sqlite:///none.db': there is no such file",
        ),
        (
            ["queue", "--queue", "postgresql://u:secret@127.0.0.1:1/db"],
            11,
            "queue 'postgresql://u:***@127.0.0.1:1/db' cannot be reached: ",
        ),
        (
            ["worker", "--queue", "postgresql://u:secret@127.0.0.1:1/db", "--store", "x"],
            11,
            "cannot be reached",
        ),
        (
            ["worker", "--queue", "postgresql://u:secret@127.0.0.1:1/db"],
            2,
            "is for many machines, which needs a --store",
        ),
        (["worker", "--queue", URL, "--store", "nonsense://x"], 2, "store 'nonsense://x' is no address"),
        (["worker", "--queue", URL, "--jobs", "100000"], 2, "--jobs must be at most"),
    ],
)
def test_what_cannot_be_is_one_line(arguments, code, message, capsys):
    assert run_command([*arguments, *(["--quiet"] if arguments[0] == "worker" else [])]) == code
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and "secret" not in error


def test_a_queue_that_is_away_ends_a_batch_before_it_begins(tmp_path, capsys):
    assert batch("--queue", "postgresql://u@127.0.0.1:1/db", "--store", "x") == 11
    assert batch("--queue", URL, "--jobs", "2") == 2
    assert "--jobs and --memory are the workers'" in capsys.readouterr().err


def test_without_the_engine_the_way_to_it_is_said(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "dbos", None)
    assert run_command(["worker", "--queue", URL]) == 2
    assert capsys.readouterr().err == "error: a queue needs DBOS; pip install 'impasto[queue]'\n"


def test_a_job_is_changed_branched_and_fetched(tmp_path, capsys):
    (tmp_path / "photos/b.png").unlink()
    assert queued("--no-wait") == 0
    queue = Queue(URL)
    (job,) = queue.jobs()

    def command(*words):
        code = run_command(["queue", *words, "--queue", URL])
        captured = capsys.readouterr()
        return code, captured.out.strip(), captured.err

    assert command("set", job.identity[:5], "tv_weight=0.5")[:2] == (0, "tv weight 0.5 from the next step on")
    assert command("set", job.identity)[0] == 2
    assert command("branch", job.identity)[0] == 9  # nothing is painted
    assert command("fetch", job.identity, "-o", "out.png")[0] == 9
    assert work() == 0
    assert command("set", job.identity, "tv_weight=1")[0] == 9
    code, branch, _ = command("branch", job.identity, "--at", "1")
    assert code == 0 and work() == 0
    capsys.readouterr()
    assert command("fetch", branch)[0] == 2
    for identity, name in ((job.identity, "one.png"), (branch, "other.png")):
        assert command("fetch", identity, "-o", name)[:2] == (0, f"written to {name}")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    (change,) = Recipe.read(tmp_path / "one.png").changes
    assert change.settings == {"tv_weight": 0.5} and change.place == (1, 0)
    queue.close()
