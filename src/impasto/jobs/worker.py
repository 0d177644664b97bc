"""What runs in a worker process: tasks come through a pipe one by one, events and outcomes go back."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import NamedTuple

from impasto.engine.allocator import hold_freed_memory
from impasto.errors import ImpastoError, MemoryShortage
from impasto.jobs.painting import Outcome, paint
from impasto.jobs.tasks import Task
from impasto.stills.stock import Stock


class Share(NamedTuple):
    """The threads and bytes of one of `workers`; no bytes for what is free."""

    threads: int
    memory: int | None
    workers: int


def work(connection: Connection, share: Share) -> None:
    """Paint what comes until None does, which also ends a task after its step, to be gone on with another time."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    hold_freed_memory()
    stock = Stock()
    try:
        connection.send(None)
        while (task := connection.recv()) is not None:
            outcome = _outcome(task, connection, share, stock)
            if outcome is not None:
                connection.send(outcome)
    except (EOFError, OSError):
        pass  # nobody listens any more


def _outcome(task: Task, connection: Connection, share: Share, stock: Stock) -> Outcome | None:
    """Paint a task; None where it is to stop."""
    painting = paint(task, stock=stock, memory=share.memory, threads=share.threads)
    try:
        while not connection.poll():
            connection.send(next(painting))
        return None
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    except MemoryShortage as error:
        return Outcome(
            task, "failed", f"{error}" + ("; or paint fewer at once, by --jobs" if share.workers > 1 else "")
        )
    except ImpastoError as error:
        return Outcome(task, "failed", str(error))
    except (EOFError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # a fault of ours, which is not to end the batch
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Outcome(
            task,
            "failed",
            f"unexpected {type(error).__name__}: {error} ({where.name}, line {where.lineno}); please report it",
        )
    finally:
        painting.close()


def _end_with_parent() -> None:
    """End at once where the process that started this one has died: whoever begins the batch again finds no one at its jobs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
