"""One job of the queue, carried out in a local folder, with its files in the store."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from impasto.engine.device import choose_device
from impasto.engine.events import Done, Event, Note, Resumed, ScaleDone, as_record
from impasto.errors import JobError, QueueError, StoreError
from impasto.jobs.branch import branch
from impasto.jobs.carry_out import carry_out
from impasto.jobs.job import Job
from impasto.jobs.kinds import again
from impasto.jobs.status import status
from impasto.queue.hold import Hold, LetGo
from impasto.queue.mirror import Mirror
from impasto.queue.order import Order, fetch_inputs
from impasto.queue.relay import Relay
from impasto.queue.store import Store
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.stills.stock import Stock

PATIENCE = 10.0
"""Seconds between two tries while the store is full or cannot be reached."""

T = TypeVar("T")


@dataclass
class Assignment:
    """An order that is carried out under a hold.

    `checkpoint` names one in the store to resume from, empty if there is none. `say` is called with messages
    for a person.
    """

    order: Order
    hold: Hold
    store: Store
    mirror: Mirror
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
        """Paint, put the result into the store and return its hash and facts.

        Raises LetGo if the job is paused, cancelled, stopped or another worker's, and ImpastoError if it
        fails.
        """
        inputs, file = self.folder / "inputs", self.folder / f"result{self.order.suffix}"
        self._patiently(lambda: fetch_inputs(self.order, self.store, inputs))
        self._patiently(self.mirror.restore)
        with self._opened(inputs) as job:
            self._patiently(self.mirror.sync)  # so that pending requests take effect from the first step on
            self.hold.mirror = self.mirror
            try:
                for event in carry_out(job, file, deliver=lambda done: self._delivered(job, done)):
                    self._hear(job, event)
                if job.let_go:
                    self._let_go(job)
            finally:
                self.hold.mirror = None
                self.mirror.try_sync()
        return self._result

    def _delivered(self, job: Job, done: Done) -> Done:
        """Put the result into the store, and the last checkpoint for branches; then publish the result."""
        sha256 = self._patiently(lambda: self.store.put(Path(done.output)))
        written = Path(done.output)
        recipe = Recipe.read(written).to_text()
        facts = dict(done.facts, worker=self.hold.worker, bytes=written.stat().st_size, recipe=recipe)
        self._result = {"sha256": sha256, "suffix": self.order.suffix, **facts}
        self._hand_on(job)
        self.mirror.try_sync()  # of a quick job, the only preview
        self.hold.tell_of_preview(self.mirror.preview)
        # Published before the job ends, so that if this worker dies now, the next one need not paint again.
        self._patiently(lambda: self.hold.tell_now(result=self._result))
        self._relay.keep_last()
        return Done(self.order.name, done.facts)

    def _hear(self, job: Job, event: Event) -> None:
        """Publish progress, report notes, and put a checkpoint into the store if one is due."""
        if isinstance(event, job.kind.progress):
            self.hold.tell(progress=as_record(event) | {"at": time.time()})
        elif isinstance(event, Note):
            self.say(event.text)
        elif isinstance(event, Resumed):
            self.say(f"resuming job {self.hold.identity} after {event.unit} {event.done}")
        due = isinstance(event, job.kind.unit_done) and self._relay.is_due(job)
        if isinstance(event, ScaleDone):
            self.mirror.try_sync()  # its preview would soon be replaced
        if due or isinstance(event, ScaleDone):
            self._hand_on(job)

    def _opened(self, inputs: Path) -> Job:
        """Return the job, resumed from its checkpoint, branched from another job, or started."""
        folder, options = self.folder / "job", dict(memory=self.memory, stock=self.stock, asked=self._asked)
        if self.checkpoint:
            try:
                self._patiently(lambda: self._relay.get(self.checkpoint, folder))
                return Job.resume(folder, inputs=[inputs], **options)  # type: ignore[arg-type]
            except (StoreError, JobError) as error:
                self.say(f"the checkpoint cannot be used, and the job restarts: {error}")
                shutil.rmtree(folder, ignore_errors=True)
                self._patiently(self.mirror.restore)
        if self.order.source:
            source = self.folder / "source"
            self._patiently(lambda: self._relay.get(self.order.checkpoint, source))
            branch(source, folder, self.order.at, source=self.order.source)
            return Job.resume(folder, inputs=[inputs], **options)  # type: ignore[arg-type]
        device = choose_device(self.device if self.order.device == "auto" else self.order.device).type
        run = again(
            self.order.recipe, Finder(None, [inputs]), {}, device=device, memory=self.memory, stock=self.stock
        )
        return Job.start(folder, run, asked=self._asked)

    def _asked(self) -> Any:
        return self.hold.asked

    def _let_go(self, job: Job) -> None:
        """Store the last step of a job that may resume, or delete all of a cancelled one; raises LetGo."""
        if job.let_go == "cancel":
            self._relay.store.forget()
        elif job.let_go in ("pause", "stop", "yield"):
            self._hand_on(job)
        raise LetGo(job.let_go)

    def _hand_on(self, job: Job) -> None:
        """Put the newest checkpoint into the store; if that fails, keep the one before and say so once."""
        try:
            listed = self._relay.put(job)
            if listed:
                branches = max(status(job.folder).branches, default=0)
                self.hold.tell_now(checkpoint=listed, branches=branches)
                self._relay.prune()
                self.mirror.kept()
            self._refused = False
        except (QueueError, StoreError, OSError) as error:
            if not self._refused:
                self.say(f"no checkpoint could be stored, and painting continues: {error}")
            self._refused = True

    def _patiently(self, work: Callable[[], T]) -> T:
        """Return the result of `work`, retried while the store or the database fails.

        Raises LetGo as soon as anything is asked of the job.
        """
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
