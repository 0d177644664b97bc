"""A worker: it takes jobs off the queue one at a time, and gives back those of workers that died."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from impasto.convolution.tune import cache_folder
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Failed
from impasto.engine.threads import use_threads
from impasto.errors import ImpastoError, JobError, QueueError, option
from impasto.jobs.lock import LOCK, Lock
from impasto.jobs.process import unexpected
from impasto.media.paths import is_there, make_folders, remove_empty
from impasto.queue.address import dbos_package, serializer
from impasto.queue.assignment import Assignment
from impasto.queue.client import APPLICATION, PAINT, PROTOCOL, QUEUE, Queue, QueuedJob
from impasto.queue.hold import Hold, LetGo
from impasto.queue.mirror import Mirror
from impasto.queue.order import Order
from impasto.queue.store import Store
from impasto.stills.stock import Stock

LIFELESS = 20.0
"""Seconds without a heartbeat after which a worker counts as dead: ten heartbeats."""

GLANCE = 2.0
"""Seconds between two checks of the other workers' heartbeats."""

MOST_STARTS = 20
"""Starts of a job without a stop in good order, after which it fails: it probably kills its workers."""


class _Released(BaseException):
    """Ends a job's thread without an outcome for the engine, since the job is no longer this worker's."""


class Worker:
    """A worker on a queue and a store.

    Call `run` in the main thread, and `stop` from a signal handler or another thread.

    Jobs are painted in `folder`, on `device`, with `memory` bytes and `threads` threads; by default the
    machine decides each. `say` is called with messages for a person. Raises SettingsError, JobError and
    QueueError.
    """

    def __init__(
        self,
        url: str,
        store: str,
        *,
        folder: Path | None = None,
        device: str = "auto",
        memory: int | None = None,
        threads: int = 0,
        say: Callable[[str], object] = print,
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:4]}"
        self.store, self.device, self.memory, self.threads, self.say = (
            Store(store),
            device,
            memory,
            threads,
            say,
        )
        self.painted, self.home = 0, home()
        self._folder, self._lock, made = _own_folder(folder or cache_folder() / "worker", self.name)
        try:
            self.queue = Queue(url)
        except BaseException:
            self._lock.release()
            shutil.rmtree(self._folder, ignore_errors=True)
            remove_empty(made)
            raise
        self._stock = Stock()
        self._others = _Others(self.queue, self.name, self.home)
        self._hold: Hold | None = None
        self._last: Hold | None = None
        self._stopping, self._kept, self._ended = threading.Event(), threading.Event(), threading.Event()

    def stop(self) -> None:
        """Let the worker keep its current step, give its job back, and end."""
        self._stopping.set()
        if self._hold is not None:
            self._hold.stop()

    def run(self, *, drain: bool = False) -> None:
        """Work until `stop`, or with `drain` until no job waits or is painted.

        Raises QueueError if the queue cannot be reached at the start.
        """
        hold_freed_memory()
        self._launch()
        buried = set[str]()
        try:
            while not self._stopping.wait(GLANCE):
                for worker in self._others.dead():
                    if worker not in buried:
                        self.say(f"worker {worker} has died; its job is resumed by another")
                    buried.add(worker)
                    with suppress(QueueError):  # retried at the next check
                        self.queue.give_back(worker)
                if drain and self._is_empty():
                    return
        finally:
            self._leave()

    def _launch(self) -> None:
        dbos = dbos_package()
        config = dict(
            name=APPLICATION,
            system_database_url=self.queue.url,
            executor_id=self.name,
            application_version=PROTOCOL,
            serializer=serializer(),
            sys_db_pool_size=4,
        )
        dbos.DBOS(config=config)

        @dbos.DBOS.workflow(name=PAINT, max_recovery_attempts=None)  # type: ignore[untyped-decorator]
        def paint(text: str) -> dict[str, Any]:
            return self._paint(str(dbos.DBOS.workflow_id), text)

        dbos.DBOS.listen_queues([QUEUE])
        dbos.DBOS.launch()

    def _is_empty(self) -> bool:
        try:
            return not self.queue.jobs(states=("waiting", "painting"))
        except QueueError:
            return False

    def _leave(self) -> None:
        """Give back the job of this worker, and end."""
        self.stop()
        if self._hold is not None:
            self._kept.wait()
        dbos_package().DBOS.destroy(destroy_registry=True)
        try:
            given = self.queue.give_back(self.name)
            if given:
                self.say(f"gave back {', '.join(given)}")
        except QueueError as error:
            self.say(f"{error}; another worker resumes the job of this one")
        self._ended.set()
        if self._last is not None:
            self._last.release()
        self.queue.close()
        self._lock.release()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _paint(self, identity: str, text: str) -> dict[str, Any]:
        """Paint a job in a thread of the engine; what is returned or raised is the outcome of the job.

        Only _Released is no outcome: the job is paused, cancelled, given back or another worker's.
        """
        self._kept.clear()
        hold = self._hold = self._last = Hold(self.queue, identity, self.name, self.say)
        if self._stopping.is_set():
            hold.stop()
        try:
            return self._result(hold, text)
        except LetGo:
            self.say(f"released {identity}: {_WHY[hold.asked]}")
            if hold.asked == "stop":
                self._kept.set()
                self._ended.wait()
            if hold.asked in ("pause", "stop"):
                with suppress(QueueError):  # it stopped in good order, so earlier starts no longer count
                    self.queue.tell(identity, {"starts": 0})
            if hold.asked == "yield":
                self._given_back(identity)
            raise _Released from None
        except ImpastoError as error:
            raise self._failed(Failed(error.code, str(error), error.fields), identity) from None
        except Exception as error:
            raise self._failed(Failed(ImpastoError.code, unexpected(error)), identity) from error
        finally:
            self._hold = None
            self._kept.set()

    def _given_back(self, identity: str) -> None:
        """Let a job that yields wait again, however long the database is away: nobody else would do it."""
        while True:
            try:
                return self.queue.yielded(identity)
            except QueueError:
                time.sleep(GLANCE)

    def _failed(self, failed: Failed, identity: str) -> Exception:
        """Note why a job has failed, and return the error that ends it on the queue."""
        self.say(f"{identity} failed: {failed.text}")
        with suppress(QueueError):  # the queue has the error too
            self.queue.tables.append(identity, failed)
        error: Exception = dbos_package().PortableWorkflowError(failed.text, "ImpastoError", failed.code)
        return error

    def _result(self, hold: Hold, text: str) -> dict[str, Any]:
        use_threads(self.threads)
        order, facts = Order.parse(text), hold.before()
        if facts.get("result"):
            return dict(facts["result"])  # from a worker that died before the engine noted the outcome
        starts = int(facts.get("starts") or 0) + 1
        if starts > MOST_STARTS:
            raise JobError(f"each of {MOST_STARTS} workers that began it died", "it may need more memory")
        with suppress(QueueError):  # published with the next heartbeat then
            hold.tell_now(starts=starts, home=self.home, process=os.getpid())
        folder = self._folder / hold.identity
        self.say(f"painting {hold.identity}: {order.name}")
        assignment = Assignment(
            order,
            hold,
            self.store,
            Mirror(self.queue.tables, hold.identity, folder / "job"),
            folder,
            self.say,
            self.device,
            self.memory,
            str(facts.get("checkpoint") or ""),
            self._stock,
        )
        try:
            began = time.monotonic()
            result = assignment.result()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.painted += 1
        self.say(f"painted {hold.identity}: {order.name} in {time.monotonic() - began:.0f} s")
        return result


_WHY = {
    "pause": "it is paused, its step kept",
    "cancel": "it is cancelled",
    "lose": "another worker has it",
    "stop": "this worker ends, its step kept",
    "yield": "another goes first, its step kept",
}


def home() -> str:
    """Return what all processes of this machine that see each other have in common; empty if unknown.

    A name would not do: cloned machines have the same.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_gone(process: int) -> bool:
    """Whether there is no process of a number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    return False


class _Others:
    """The other workers, by the heartbeats in their jobs: one that stands still for too long is dead.

    One on this machine is dead as soon as there is no such process.
    """

    def __init__(self, queue: Queue, worker: str, home: str) -> None:
        self._queue, self._worker, self._home = queue, worker, home
        self._seen: dict[tuple[str, str], tuple[Any, float]] = {}

    def dead(self) -> list[str]:
        """Return the workers that have died, by this machine's clock alone, since clocks differ."""
        try:
            jobs = [job for job in self._queue.jobs(states=("painting",)) if job.worker != self._worker]
        except QueueError:
            self._seen = {}  # nobody can send heartbeats while the database is out of reach
            return []
        now, before = time.monotonic(), self._seen
        beats = {(job.identity, job.worker): (job.facts.get("worker"), job.facts.get("beat")) for job in jobs}
        self._seen = {
            key: before[key] if key in before and before[key][0] == beat else (beat, now)
            for key, beat in beats.items()
        }
        lifeless = {worker for (_, worker), (_, since) in self._seen.items() if now - since >= LIFELESS}
        return sorted(lifeless | {job.worker for job in jobs if self._has_gone(job)})

    def _has_gone(self, job: QueuedJob) -> bool:
        """Whether the worker of a job was on this machine and is no more."""
        facts, process = job.facts, job.facts.get("process")
        here = bool(self._home) and facts.get("home") == self._home
        return here and facts.get("worker") == job.worker and type(process) is int and _is_gone(process)


def _own_folder(parent: Path, name: str) -> tuple[Path, Lock, list[Path]]:
    """Return a new folder for a worker, its lock, and the parents that were made for it.

    Folders of workers that died are deleted. Raises JobError.
    """
    try:
        made = make_folders(parent)
        for other in [path for path in parent.iterdir() if is_there(path / LOCK)]:
            try:
                Lock(other).release()
            except JobError:
                continue  # its worker lives
            shutil.rmtree(other, ignore_errors=True)
        folder = parent / name
        folder.mkdir()
    except OSError as error:
        what = f"cannot paint in '{parent}': {error.strerror or error}"
        raise JobError(what, f"choose another {option('folder')}") from None
    return folder, Lock(folder), made
