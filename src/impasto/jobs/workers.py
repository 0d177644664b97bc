"""Worker processes on this machine; if one dies, its task is retried and the others are not affected."""

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
from impasto.errors import JobError, option
from impasto.jobs.batch_task import Outcome, paint
from impasto.jobs.process import Paint, Share, work
from impasto.jobs.tasks import Task

TRIES = 5
"""Consecutive deaths of workers without progress on a task after which the task fails."""


_WAY_OUT = (
    "check that a picture can be painted in this process; a script that starts workers does so under "
    "'if __name__ == \"__main__\":'"
)


@dataclass(frozen=True)
class Progress:
    """An event of a task that is being carried out, and the number of its worker, from 0."""

    task: Task
    event: Event
    worker: int


@dataclass
class _Worker:
    """A process, our end of its pipe, and its task."""

    number: int
    process: BaseProcess
    connection: Connection
    ready: bool = False
    task: Task | None = None


@dataclass
class Workers:
    """Up to `count` processes, each with its `share` of the machine, in which `carry_out` works on tasks.

    Add tasks and take what becomes of them by `steps`, or `paint` a number of them to their end; then
    `dismiss` the processes.
    """

    count: int
    share: Share
    carry_out: Paint = paint
    _waiting: deque[Task] = field(default_factory=deque)
    _employed: dict[int, _Worker] = field(default_factory=dict)
    _reached: dict[str, int] = field(default_factory=dict)
    _deaths: dict[str, tuple[int, int]] = field(default_factory=dict)
    _stillborn: int = 0

    def paint(self, tasks: Iterable[Task]) -> Generator[Progress | Outcome]:
        """Carry tasks out in their order and yield the events of each and its outcome.

        Close it to stop the workers after their steps. Raises JobError if workers cannot start.
        """
        for task in tasks:
            self.add(task)
        try:
            while self._waiting or any(worker.task for worker in self._employed.values()):
                yield from self.steps()
        finally:
            self.dismiss()

    def add(self, task: Task) -> None:
        """Let a task wait for a worker."""
        self._waiting.append(task)

    def steps(self, timeout: float | None = None) -> Iterator[Progress | Outcome]:
        """Yield what workers report within `timeout` seconds; raises JobError if they cannot start."""
        self._employ()
        workers = {worker.connection: worker for worker in self._employed.values()}
        for connection in wait(list(workers), timeout):
            yield from self._heard(workers[connection])  # type: ignore[index]

    def dismiss(self) -> None:
        """Let each worker end after its current step; if interrupted meanwhile, kill them."""
        workers, self._employed = list(self._employed.values()), {}
        try:
            for worker in workers:
                with suppress(OSError):
                    worker.connection.send(None)
            for worker in workers:
                with suppress(EOFError, OSError):
                    while True:  # what it still reports is of no use, but must not block it
                        worker.connection.recv()
                worker.process.join()
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.join()
                worker.connection.close()

    def _employ(self) -> None:
        """Start as many workers as there is work for, and give a task to each that has none."""
        work = sum(worker.task is not None for worker in self._employed.values()) + len(self._waiting)
        for number in range(self.count):
            if number not in self._employed and len(self._employed) < work:
                self._employed[number] = _started(number, self.share, self.carry_out)
        for worker in self._employed.values():
            if worker.ready and worker.task is None and self._waiting:
                worker.task = self._waiting.popleft()
                with suppress(OSError):  # a worker that has died, which is noticed next
                    worker.connection.send(worker.task)

    def _heard(self, worker: _Worker) -> Iterator[Progress | Outcome]:
        """Take one message of a worker, or notice its death."""
        try:
            message: Outcome | Event | None = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._buried(worker)
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

    def _buried(self, worker: _Worker) -> Iterator[Progress | Outcome]:
        """Put the task of a dead worker first in line, or give it up after too many deaths.

        Raises JobError if workers cannot start.
        """
        worker.process.join()
        worker.connection.close()
        del self._employed[worker.number]
        code, task = worker.process.exitcode or 0, worker.task
        how = (
            f"was killed by {signal.Signals(-code).name}, as happens if memory runs out,"
            if code < 0
            else f"ended with code {code}"
        )
        if task is None:
            self._stillborn += not worker.ready
            if not worker.ready and (code >= 0 or self._stillborn >= TRIES):
                raise JobError(f"a worker {how} before it could begin", _WAY_OUT)
            return
        before, furthest = self._deaths.get(task.output, (0, -1))
        reached = self._reached.get(task.output, 0)
        count = before + 1 if reached <= furthest else 1
        self._deaths[task.output] = (count, reached)
        if count >= TRIES:
            what = f"its worker died {count} times and came no further; the last one {how.rstrip(',')}"
            way_out = f"give a smaller {option('size')} or fewer {option('jobs')}"
            yield Outcome(task, "failed", f"{what}; {way_out}")
        else:
            yield Progress(task, note("worker_died", how=how), worker.number)
            self._waiting.appendleft(task)


def _started(number: int, share: Share, carry_out: Paint) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    arguments = (theirs, share, carry_out)
    process = context.Process(target=work, args=arguments, name=f"impasto-{number}", daemon=True)
    with interrupts_ignored():
        process.start()
    theirs.close()
    return _Worker(number, process, ours)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let a process started now ignore Ctrl-C and a closed terminal; this process stops it instead."""
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
