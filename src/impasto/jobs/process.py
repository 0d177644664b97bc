"""The loop of a worker process: it receives tasks through a pipe, and sends events and outcomes back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import NamedTuple

from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Event
from impasto.errors import ImpastoError, MemoryShortage, option
from impasto.jobs.batch_task import Outcome
from impasto.jobs.tasks import Task
from impasto.stills.stock import Stock

Paint = Callable[..., Generator[Event, None, Outcome]]
"""What carries a task out: `paint(task, stock=, memory=, threads=)`."""


class Share(NamedTuple):
    """The threads and bytes of memory of one of `workers`; None for what is free."""

    threads: int
    memory: int | None
    workers: int


def work(connection: Connection, share: Share, carry_out: Paint) -> None:
    """Carry out tasks until None is received, which also stops a task after its current step."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    hold_freed_memory()
    stock = Stock()
    try:
        connection.send(None)
        while (task := connection.recv()) is not None:
            outcome = outcome_of(task, connection, share, stock, carry_out)
            if outcome is not None:
                connection.send(outcome)
    except (EOFError, OSError):
        pass  # the parent has closed the pipe


def outcome_of(
    task: Task, connection: Connection, share: Share, stock: Stock, carry_out: Paint
) -> Outcome | None:
    """Carry a task out and send its events; return its outcome, None if it is to stop."""
    painting = carry_out(task, stock=stock, memory=share.memory, threads=share.threads)
    try:
        while not connection.poll():
            connection.send(next(painting))
        return None
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except MemoryShortage as error:
        fewer = f"; or paint fewer at once, by {option('jobs')}" if share.workers > 1 else ""
        return Outcome(task, "failed", error.text + fewer)
    except ImpastoError as error:
        return Outcome(task, "failed", error.text)
    except (EOFError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # a bug, which must not end the batch
        return Outcome(task, "failed", unexpected(error))
    finally:
        painting.close()


def unexpected(error: Exception) -> str:
    """Return an unexpected error in one line, with its place in the code."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"unexpected {type(error).__name__}: {error} ({where.name}, line {where.lineno}); please report it"


def _end_with_parent() -> None:
    """End at once if the parent process has died, so that whoever restarts the batch finds its jobs free."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
