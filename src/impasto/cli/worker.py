"""`impasto worker`: process the jobs of a queue on this machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from impasto.cli.carry_out import INTERRUPTED
from impasto.cli.signals import TERMINATIONS, handled
from impasto.engine.memory import RESERVE, bytes_free, parse_bytes
from impasto.errors import SettingsError
from impasto.queue.address import checked, store_beside
from impasto.queue.processes import Processes

NICE = 5
"""How much a worker steps back behind the process that started it."""


def work(
    url: str,
    store: str,
    *,
    jobs: int,
    threads: int,
    memory: str,
    device: str,
    folder: str,
    drain: bool,
    quiet: bool,
    with_parent: bool = False,
) -> int:
    """Work until a signal, or with `drain` until the queue is empty; raises ImpastoError."""
    shown, store = checked(url)[1], store_beside(url, store)

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    if jobs > 1:
        return _several(url, store, jobs, threads, memory, device, folder, drain, quiet, say)
    from impasto.queue.worker import Worker

    say(f"working on queue '{shown}' with store '{store}'; Ctrl-C or SIGTERM returns unfinished jobs")
    worker = Worker(
        url,
        store,
        folder=Path(folder) if folder else None,
        device=device,
        memory=parse_bytes(memory) if memory else None,
        threads=threads,
        say=say,
    )
    if with_parent:
        if hasattr(os, "nice"):
            os.nice(NICE)  # the parent answers people, and painting can wait for that
        threading.Thread(target=_stop_without_parent, args=(worker.stop,), daemon=True).start()
    with _stopping(worker.stop):
        worker.run(drain=drain)
    say(f"ended; {worker.painted} picture{'' if worker.painted == 1 else 's'} painted")
    return 0


def _several(
    url: str,
    store: str,
    jobs: int,
    threads: int,
    memory: str,
    device: str,
    folder: str,
    drain: bool,
    quiet: bool,
    say: Callable[[str], object],
) -> int:
    """Share threads and memory among several worker processes, and run them; raises SettingsError."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free = parse_bytes(memory) if memory else int((bytes_free() or 0) * (1 - RESERVE))
    if jobs > 4 * cores:
        raise SettingsError(f"--jobs must be at most {4 * cores}, four for each of {cores} cores, got {jobs}")
    # Passed in the environment, as URLs may hold passwords and other users can read process arguments.
    os.environ |= {"IMPASTO_QUEUE": url, "IMPASTO_STORE": store}
    arguments = ["--threads", str(threads or max(1, cores // jobs)), "--device", device]
    arguments += ["--memory", str(free // jobs)] if free else []
    arguments += ["--folder", folder] if folder else []
    arguments += [flag for flag, given in (("--drain", drain), ("--quiet", quiet)) if given]
    processes = Processes(jobs, arguments, say)
    with _stopping(processes.stop, at_once=processes.stop):
        return processes.run()


def _stop_without_parent(stop: Callable[[], object]) -> None:
    """Stop once the parent of this process has ended, even if it was killed: nobody would stop it else."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    stop()


@contextmanager
def _stopping(stop: Callable[[], object], *, at_once: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Call `stop` on the first Ctrl-C or SIGTERM, and exit at once on the second.

    Signals that are already ignored stay ignored.
    """
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            at_once()
            os._exit(INTERRUPTED)
        asked.append(number)
        stop()

    heard = [
        number for number in (signal.SIGINT, *TERMINATIONS) if signal.getsignal(number) is not signal.SIG_IGN
    ]
    with handled(ask, *heard):
        yield
