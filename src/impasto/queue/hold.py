"""A worker's hold on its job: a thread sends heartbeats and progress, and reads what is asked of the job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from impasto.errors import QueueError
from impasto.jobs.control import Asked
from impasto.queue.client import Queue
from impasto.queue.mirror import Mirror

LOOK = 0.2
"""Seconds between two reads of what is asked of the job."""

BEAT = 2.0
"""Seconds between two heartbeats without progress to report; with progress, 0.4 of it."""

AWAY = 1.0
"""Seconds between two tries while the database cannot be reached."""


class LetGo(Exception):
    """Work on a job ends before it is done, for the reason in `Hold.asked`."""


class Hold:
    """The hold of `worker` on a job, from its creation until `release` or until the job is no longer its own.

    `asked` is what is asked of the job; `tell` publishes facts, and `mirror` the events of the job's folder.
    While the database cannot be reached, painting continues; `say` is called when it is lost and when it is
    back.
    """

    def __init__(self, queue: Queue, identity: str, worker: str, say: Callable[[str], object]) -> None:
        self.identity = identity
        self.asked: Asked = ""
        self.mirror: Mirror | None = None
        self.worker, self._queue, self._say = worker, queue, say
        self._told: dict[str, Any] = {}
        self._before: dict[str, Any] | None = None
        self._news, self._beats, self._last, self._away = False, 0, 0.0, False
        self._preview = 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"hold-{identity}", daemon=True)
        self._thread.start()

    def before(self) -> dict[str, Any]:
        """Wait for and return the facts of the job from before this hold; raises LetGo if it ends first."""
        while self._before is None:
            if self.asked or self._over.is_set():
                raise LetGo
            time.sleep(LOOK)
        return self._before

    def tell(self, **facts: Any) -> None:
        """Publish facts about the job, plain data, with the next heartbeat."""
        with self._lock:
            self._told |= facts
            self._news = True

    def tell_now(self, **facts: Any) -> None:
        """Publish facts about the job at once; raises QueueError if the database cannot be reached."""
        self.tell(**facts)
        self._beat()

    def stop(self) -> None:
        """Ask the work to end, with its step kept and the job given back to the queue."""
        self.asked = self.asked or "stop"

    def release(self) -> None:
        """End the hold; nothing more is published."""
        self._over.set()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` and return True; return False as soon as something is asked."""
        end = time.monotonic() + seconds
        while not self.asked and time.monotonic() < end:
            time.sleep(LOOK)
        return not self.asked

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                if self._look():
                    return
                if (mirror := self.mirror) is not None:  # which another thread may take away meanwhile
                    mirror.sync()
                    self.tell_of_preview(mirror.preview)
                if time.monotonic() - self._last >= BEAT * (0.4 if self._news else 1):
                    self._beat()
                if self._away:
                    self._say("the queue is back")
                self._away = False
            except QueueError as error:
                if not self._away:
                    self._say(f"{error}; painting continues")
                self._away = True
            self._over.wait(AWAY if self._away else LOOK)

    def _look(self) -> bool:
        """Return whether the job is no longer this worker's, and set `asked` to the reason if so."""
        found = self._queue.jobs([self.identity])
        if found and found[0].state == "painting" and found[0].worker == self.worker:
            self._before = found[0].facts if self._before is None else self._before
            if found[0].facts.get("yield"):
                self.asked = self.asked or "yield"
            return False
        state = found[0].state if found else "cancelled"
        asked: Mapping[str, Asked] = {"paused": "pause", "cancelled": "cancel"}
        self.asked = asked.get(state, "lose")
        return True

    def tell_of_preview(self, number: int) -> None:
        """Publish the number of the newest preview."""
        if number != self._preview:
            self.tell(preview=number)
            self._preview = number

    def _beat(self) -> None:
        with self._lock:
            facts, self._news = dict(self._told), False
            self._beats += 1
        self._last = time.monotonic()
        self._queue.tell(self.identity, {"worker": self.worker, "beat": self._beats} | facts)
