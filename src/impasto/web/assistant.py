"""The one warm process that has torch: it answers plans and instant pictures, and ends when nobody asks."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from impasto.errors import (
    ImpastoError,
    LookError,
    MemoryShortage,
    PictureError,
    SettingsError,
)
from impasto.web.problem import Refused

IDLE = 600.0
"""Seconds without a request after which the process ends, and gives its memory back."""

PATIENCE = 120.0
"""Seconds after which a request is given up, and the process killed."""

QUEUED = 24
"""Requests that wait at most; one look takes a moment, and more would be stale before they are painted."""

_ERRORS: dict[str, type[ImpastoError]] = {
    kind.code: kind for kind in (SettingsError, PictureError, MemoryShortage, LookError)
}


class Assistant:
    """Asks `impasto.service.assistant`, which is started when it is needed. Answers one request at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._turn, self._waiting, self._asked = threading.Lock(), 0, 0.0
        self._count = threading.Lock()
        self._closed = False

    def ask(self, what: str, **request: Any) -> dict[str, Any]:
        """Return the answer; raises what the process raises, and Refused if too many wait or it fails."""
        with self._count:
            if self._waiting >= QUEUED or self._closed:
                raise Refused(503, "busy", "too many ask at once", "try again in a moment", retry_after=2)
            self._waiting += 1
        try:
            with self._turn:
                return self._answered({"what": what, **request})
        finally:
            with self._count:
                self._waiting -= 1

    def warm_up(self) -> None:
        """Start the process, if nobody has yet, so that it is ready when it is asked."""
        if not self._closed and self._turn.acquire(blocking=False):
            try:
                self._running()
                self._asked = time.monotonic()
            finally:
                self._turn.release()

    def end_if_idle(self) -> None:
        """End the process if nobody has asked for a while."""
        with self._turn:
            if self._process is not None and time.monotonic() - self._asked > IDLE:
                self._end()

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._end()

    def _answered(self, request: Mapping[str, Any]) -> dict[str, Any]:
        process = self._running()
        self._asked = time.monotonic()
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            found = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            self._end()
            raise Refused(503, "busy", "the picture could not be computed", "try again") from None
        finally:
            watch.cancel()
        if "error" in found:
            kind = _ERRORS.get(found["code"], ImpastoError)
            raise kind(found["error"], **found.get("fields", {}))
        return dict(found["answer"])

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "impasto.service.assistant"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.wait()
