"""One job of the queue, painted in a folder of this machine, its inputs, checkpoints and result going by way of the store."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from impasto.engine.device import choose_device
from impasto.engine.events import Note, Resumed, ScaleDone, Step, as_record
from impasto.errors import JobError, QueueError, StoreError
from impasto.jobs.job import Job
from impasto.jobs.kinds import Result, again
from impasto.queue.hold import Hold, LetGo
from impasto.queue.order import Order, fetch_inputs
from impasto.queue.relay import Relay
from impasto.queue.store import Store
from impasto.recipe.finder import Finder
from impasto.stills.stock import Stock

PATIENCE = 10.0
"""Seconds between two tries where the store is away or full."""

T = TypeVar("T")


@dataclass
class Painting:
    """An order being painted under a hold; `say` gets what a person should know. `checkpoint` names one that was handed on."""

    order: Order
    hold: Hold
    store: Store
    folder: Path
    say: Callable[[str], object]
    device: str = "auto"
    memory: int | None = None
    checkpoint: str = ""
    stock: Stock | None = None

    def __post_init__(self) -> None:
        self._relay = Relay(self.store.within(f"jobs/{self.hold.identity}"))
        self._refused = False

    def result(self) -> dict[str, Any]:
        """Paint, put the result into the store and return what is to be said of it; raises LetGo, and ImpastoError where it fails."""
        try:
            result_ = self._painted()
            file = self.folder / f"result{self.order.suffix}"
            result_.save(file)
            sha256 = self._patiently(lambda: self.store.put(file))
            result = {"sha256": sha256, **result_.facts, "worker": self.hold.worker}
            # Known before the checkpoints go: should this worker die now, the next one has nothing left to do.
            self._patiently(lambda: self.hold.tell_now(result=result))
        except LetGo:
            if self.hold.asked == "cancel":
                self._relay.store.forget()
            raise
        self._relay.store.forget()
        return result

    def _painted(self) -> Result:
        inputs = self.folder / "inputs"
        self._patiently(lambda: fetch_inputs(self.order, self.store, inputs))
        with self._taken_up(inputs) as job:
            for event in job:
                if isinstance(event, Step):
                    self.hold.tell(progress=as_record(event))
                elif isinstance(event, Note):
                    self.say(event.text)
                elif isinstance(event, Resumed):
                    self.say(f"resuming job {self.hold.identity} after {event.unit} {event.done}")
                if self.hold.asked:
                    self._let_go(job)
                if isinstance(event, ScaleDone) or self._relay.is_due(job):
                    self._hand_on(job)
            return job.result()

    def _taken_up(self, inputs: Path) -> Job:
        """Return the job, from the checkpoint that was handed on where there is a good one."""
        folder = self.folder / "job"
        if self.checkpoint:
            try:
                self._patiently(lambda: self._relay.get(self.checkpoint, folder))
                return Job.resume(folder, inputs=[inputs], memory=self.memory, stock=self.stock)
            except (StoreError, JobError) as error:
                self.say(f"the checkpoint cannot be used, and the picture is begun anew: {error}")
                shutil.rmtree(folder, ignore_errors=True)
        device = choose_device(self.device if self.order.device == "auto" else self.order.device).type
        run = again(
            self.order.recipe, Finder(None, [inputs]), {}, device=device, memory=self.memory, stock=self.stock
        )
        return Job.start(folder, run)

    def _let_go(self, job: Job) -> None:
        """Stop, with the step kept and handed on where somebody is to go on from it; raises LetGo."""
        job.stop()
        if self.hold.asked in ("pause", "stop"):
            self._hand_on(job)
        raise LetGo(self.hold.asked)

    def _hand_on(self, job: Job) -> None:
        """Hand the newest checkpoint on; where that fails the one before stays, and once that is said."""
        try:
            listed = self._relay.put(job)
            if listed:
                self.hold.tell_now(checkpoint=listed)
                self._relay.prune()
            self._refused = False
        except (QueueError, StoreError, OSError) as error:
            if not self._refused:
                self.say(f"no checkpoint could be handed on, and painting goes on: {error}")
            self._refused = True

    def _patiently(self, work: Callable[[], T]) -> T:
        """Return what comes of work with the store, again and again while it is away or full; raises LetGo where something is asked."""
        said = False
        while True:
            try:
                return work()
            except QueueError as error:
                if not said:
                    self.say(f"{error}. Nothing is lost: it is tried again every {PATIENCE:g} s")
                said = True
                if not self.hold.wait(PATIENCE):
                    raise LetGo(self.hold.asked) from None
