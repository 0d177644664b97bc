"""A worker's hold on its job: a thread beats, so that others see it live, tells its progress, and sees what is asked of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from impasto.errors import QueueError
from impasto.jobs.control import Asked
from impasto.queue.engine import Queue
from impasto.queue.mirror import Mirror

LOOK = 0.2
"""Seconds between two looks at what is asked."""

BEAT = 2.0
"""Seconds between two beats where there is no progress to tell, and 0.4 of it where there is."""

AWAY = 1.0
"""Seconds between two tries while the database is away."""


class LetGo(Exception):
    """The work on a job ends before the picture is done, as `Hold.asked` says."""


class Hold:
    """The hold of `worker` on a job, from its creation until the job is another's; painting continues while the database is away.

    `asked` is what is asked of the job; `tell` lets others read facts, and the `mirror` of its folder its events. `say`
    gets a line when the database goes away or comes back.
    """

    def __init__(self, queue: Queue, identity: str, worker: str, say: Callable[[str], object]) -> None:
        self.identity = identity
        self.asked: Asked = ""
        self.mirror: Mirror | None = None
        self.worker, self._queue, self._say = worker, queue, say
        self._told: dict[str, Any] = {}
        self._before: dict[str, Any] | None = None
        self._news, self._beats, self._last, self._away = False, 0, 0.0, False
        self._lock, self._over = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"hold-{identity}", daemon=True)
        self._thread.start()

    def before(self) -> dict[str, Any]:
        """Return what was told of the job before this hold began, as soon as the database says it; raises LetGo."""
        while self._before is None:
            if self.asked or self._over.is_set():
                raise LetGo
            time.sleep(LOOK)
        return self._before

    def tell(self, **facts: Any) -> None:
        """Let others read facts about the job, plain data, soon."""
        with self._lock:
            self._told |= facts
            self._news = True

    def tell_now(self, **facts: Any) -> None:
        """Let others read facts about the job at once; raises QueueError where the database is away."""
        self.tell(**facts)
        self._beat()

    def stop(self) -> None:
        """Ask for the end of the work, with its step kept and the job given back."""
        self.asked = self.asked or "stop"

    def release(self) -> None:
        """End the hold: nothing more is told."""
        self._over.set()

    def wait(self, seconds: float) -> bool:
        """Wait, and return False as soon as something is asked."""
        end = time.monotonic() + seconds
        while not self.asked and time.monotonic() < end:
            time.sleep(LOOK)
        return not self.asked

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                if self._look():
                    return
                if self.mirror is not None:
                    self.mirror.sync()
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
        """See whether the job is still this worker's, and what is asked where it is not."""
        found = self._queue.jobs([self.identity])
        if found and found[0].state == "painting" and found[0].worker == self.worker:
            self._before = found[0].facts if self._before is None else self._before
            return False
        state = found[0].state if found else "cancelled"
        asked: Mapping[str, Asked] = {"paused": "pause", "cancelled": "cancel"}
        self.asked = asked.get(state, "lose")
        return True

    def _beat(self) -> None:
        with self._lock:
            facts, self._news = dict(self._told), False
            self._beats += 1
        self._last = time.monotonic()
        self._queue.tell(self.identity, {"worker": self.worker, "beat": self._beats} | facts)
