"""Workers of a queue in processes of their own, which can be killed."""

from __future__ import annotations

import functools
import os
import signal

from impasto.jobs import stills
from impasto.queue import client, hold, relay, worker


def work(log, url, store, folder, flags):
    """Work on a queue until SIGTERM, writing to a log; the flags are hasty, drain and quick."""
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    worker.GLANCE, hold.BEAT, hold.LOOK = 0.1 if "quick" in flags else 0.2, 0.3, 0.05
    worker.LIFELESS = 2.5 if "hasty" in flags else worker.LIFELESS
    client.POLL = 0.1 if "quick" in flags else client.POLL
    stills.PART_OF_TIME = relay.PART_OF_TIME = 0.5 if "quick" in flags else 0.3
    say = functools.partial(print, flush=True)
    one = worker.Worker(url, store, folder=folder, threads=1, say=say)
    signal.signal(signal.SIGTERM, lambda *_: one.stop())
    one.run(drain="drain" in flags)


class Process:
    """A worker in a process of its own, a copy of a warm one, and what it said."""

    def __init__(self, context, url, store, folder, *flags):
        folder.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self._process = context.Process(target=work, args=(self.log, url, store, folder / "work", flags))
        self._process.start()
        self.pid = self._process.pid

    @property
    def said(self):
        return self.log.read_text()

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """Kill it, and wait until it is dead."""
        self._process.kill()
        self.wait()

    def wait(self, seconds=60):
        """Wait for its end, and return the exit code."""
        self._process.join(seconds)
        return self._process.exitcode

    def ended(self):
        """Ask for an end, and return the exit code."""
        self._process.terminate()
        return self.wait()
