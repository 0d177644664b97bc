"""Several workers on one machine: processes that share its threads and memory, restarted if one dies."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

GLANCE = 0.5
"""Seconds between two checks of the processes."""

REST = 5.0
"""Seconds before a worker that died is restarted."""

_APART = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class Processes:
    """`count` worker processes with the same arguments; `run` them until `stop` or until all have ended."""

    def __init__(self, count: int, arguments: Sequence[str], say: Callable[[str], object]) -> None:
        self._count, self._say, self._stopping = count, say, False
        self._command = [sys.executable, "-m", "impasto", "worker", "--with-parent", *arguments]
        self._running: list[subprocess.Popen[bytes]] = []

    def run(self) -> int:
        """Keep them running until they end; return the exit code of the first that failed, or 0.

        A process that fails by itself stops the others; one that is killed by a signal is restarted.
        """
        self._running = [self._begun() for _ in range(self._count)]
        while self._running:
            time.sleep(GLANCE)
            for process in list(self._running):
                code = process.poll()
                if code is None:
                    continue
                self._running.remove(process)
                if code > 0:
                    self.stop()
                    for other in self._running:
                        other.wait()
                    return code
                if code < 0 and not self._stopping:
                    self._say(f"a worker process was killed by signal {-code}; another begins in {REST:g} s")
                    time.sleep(REST)
                    self._running.append(self._begun())
        return 0

    def stop(self) -> None:
        """Let each keep its step, give its job back, and end; called again, end them at once."""
        self._stopping = True
        for process in self._running:
            process.terminate()

    def _begun(self) -> subprocess.Popen[bytes]:
        # In a group of its own, so that Ctrl-C in a terminal reaches this process alone, which then stops it.
        apart: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {"creationflags": _APART}
        return subprocess.Popen(self._command, **apart)
