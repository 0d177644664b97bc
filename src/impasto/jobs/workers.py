"""Tasks painted by worker processes of this machine: one that dies costs its task a retry, and the others nothing."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from threading import current_thread, main_thread

from impasto.engine.events import Event, Step, note
from impasto.errors import JobError
from impasto.jobs.painting import Outcome
from impasto.jobs.tasks import Task
from impasto.jobs.worker import Share, work

TRIES = 5
"""Workers that may die over a task, one after the other and none further on than the one before, until it is given up."""


_WAY_OUT = "see whether 'impasto stylize' works here; a script that calls impasto.batch does so under 'if __name__ == \"__main__\":'"


@dataclass(frozen=True)
class Progress:
    """An event of a task that is being painted, and the number of its worker, from 0."""

    task: Task
    event: Event
    worker: int


@dataclass
class _Worker:
    """A process, our end of its pipe, and the task that it is at."""

    number: int
    process: BaseProcess
    connection: Connection
    ready: bool = False
    task: Task | None = None


@dataclass
class Workers:
    """Up to `count` processes, each with its `share` of the machine."""

    count: int
    share: Share
    _employed: dict[int, _Worker] = field(default_factory=dict)
    _reached: dict[str, int] = field(default_factory=dict)
    _deaths: dict[str, tuple[int, int]] = field(default_factory=dict)
    _stillborn: int = 0

    def paint(self, tasks: Iterable[Task]) -> Generator[Progress | Outcome]:
        """Paint tasks in their order and yield the events of each and its outcome; close it to stop the workers after their steps.

        Raises JobError where workers cannot start.
        """
        waiting = deque(tasks)
        try:
            while waiting or any(worker.task for worker in self._employed.values()):
                self._employ(waiting)
                workers = {worker.connection: worker for worker in self._employed.values()}
                for connection in wait(list(workers)):
                    yield from self._heard(workers[connection], waiting)  # type: ignore[index]
        finally:
            self._dismiss()

    def _employ(self, waiting: deque[Task]) -> None:
        """Start as many workers as there is work for, and give a task to each that has none."""
        work = sum(worker.task is not None for worker in self._employed.values()) + len(waiting)
        for number in range(self.count):
            if number not in self._employed and len(self._employed) < work:
                self._employed[number] = _started(number, self.share)
        for worker in self._employed.values():
            if worker.ready and worker.task is None and waiting:
                worker.task = waiting.popleft()
                with suppress(OSError):  # a worker that has died, which is heard of next
                    worker.connection.send(worker.task)

    def _heard(self, worker: _Worker, waiting: deque[Task]) -> Iterator[Progress | Outcome]:
        """Take one message of a worker, or the news of its death."""
        try:
            message: Outcome | Event | None = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._buried(worker, waiting)
            return
        task, self._stillborn = worker.task, 0  # painting works here
        if task is None:
            worker.ready = True
        elif isinstance(message, Outcome):
            worker.task = None
            # A worker may have died with the picture already written.
            yield (
                replace(message, kind="painted")
                if message.kind == "skipped" and task.output in self._deaths
                else message
            )
        elif message is not None:
            if isinstance(message, Step):
                self._reached[task.output] = max(message.step, self._reached.get(task.output, 0))
            yield Progress(task, message, worker.number)

    def _buried(self, worker: _Worker, waiting: deque[Task]) -> Iterator[Progress | Outcome]:
        """Put the task of a dead worker in line again, before the others, or give it up; raises JobError where it had not even begun."""
        worker.process.join()
        worker.connection.close()
        del self._employed[worker.number]
        code, task = worker.process.exitcode or 0, worker.task
        how = (
            f"was killed by {signal.Signals(-code).name}, as happens where memory runs out,"
            if code < 0
            else f"ended with code {code}"
        )
        if task is None:
            self._stillborn += not worker.ready
            if not worker.ready and (code >= 0 or self._stillborn >= TRIES):
                raise JobError(f"a worker {how} before it could begin; {_WAY_OUT}")
            return
        before, furthest = self._deaths.get(task.output, (0, -1))
        reached = self._reached.get(task.output, 0)
        count = before + 1 if reached <= furthest else 1
        self._deaths[task.output] = (count, reached)
        if count >= TRIES:
            yield Outcome(
                task,
                "failed",
                f"its worker died {count} times and came no further; the last one {how.rstrip(',')}; give a smaller --size or fewer --jobs",
            )
        else:
            yield Progress(
                task,
                note("worker_died", how=how),
                worker.number,
            )
            waiting.appendleft(task)

    def _dismiss(self) -> None:
        """Let each worker end after the step that it is in; interrupted once more, end them at once."""
        workers, self._employed = list(self._employed.values()), {}
        try:
            for worker in workers:
                with suppress(OSError):
                    worker.connection.send(None)
            for worker in workers:
                with suppress(EOFError, OSError):
                    while True:  # what it still says is of no use, but must not block it
                        worker.connection.recv()
                worker.process.join()
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.join()
                worker.connection.close()


def _started(number: int, share: Share) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, share), name=f"impasto-{number}", daemon=True)
    with interrupts_ignored():
        process.start()
    theirs.close()
    return _Worker(number, process, ours)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let a process that is started now ignore Ctrl-C and the end of the terminal, which reach it too: this process tells it when to stop."""
    if current_thread() is not main_thread():
        yield
        return
    numbers = [signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
