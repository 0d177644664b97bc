"""Jobs on this machine, carried out by worker processes; the state of a job is in its folder."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.engine.events import Cancelled, Event, Failed, Note
from impasto.engine.threads import use_threads
from impasto.errors import (
    DiskFull,
    ImpastoError,
    JobBusy,
    JobEnded,
    JobError,
    JobNotFound,
    NoBranch,
    NotDone,
)
from impasto.jobs.batch import share_of
from impasto.jobs.batch_task import Outcome, options_of, wanted
from impasto.jobs.branch import branch
from impasto.jobs.carry_out import carry_out
from impasto.jobs.control import CANCEL, PAUSE, ask, asked, is_paused, withdraw
from impasto.jobs.files import write_durably
from impasto.jobs.folder import clear_run, remove_folder
from impasto.jobs.job import Job
from impasto.jobs.kinds import KINDS, make
from impasto.jobs.lock import Lock, holder
from impasto.jobs.log import Log, Numbered, newest, read
from impasto.jobs.preview import preview
from impasto.jobs.record import RECORD
from impasto.jobs.requests import request
from impasto.jobs.tasks import OUTCOME, RESULT, TASK, Task
from impasto.jobs.workers import Progress, Workers
from impasto.media.part import write_whole
from impasto.media.paths import is_there, make_folders
from impasto.service.service import JobState, State, identity_of
from impasto.stills.stock import Stock

LOOK = 0.2
"""Seconds between two checks for waiting jobs."""

_ID = re.compile(r"[a-z0-9-]{1,64}")


class LocalService:
    """The service of the jobs in the folders of `root`; implements `Service`.

    `jobs` worker processes share this machine and `memory` bytes, by default what is free. They start when
    there is work; since each is a new process, a script needs `if __name__ == "__main__":`. With 0 `jobs`,
    another process carries them out. Raises JobBusy if another process has workers at this root, and DiskFull
    if it cannot be made.
    """

    def __init__(self, root: str | os.PathLike[str], *, jobs: int = 1, memory: int | None = None) -> None:
        self.root = Path(root).absolute()
        try:
            make_folders(self.root)
        except OSError as error:
            what = f"cannot make folder '{self.root}': {error.strerror or error}"
            raise DiskFull(what, "choose another folder", path=str(self.root)) from None
        self._lock = Lock(self.root) if jobs else None
        self._given: set[str] = set()
        self._closing = threading.Event()
        self._trouble: ImpastoError | None = None
        self._workers = Workers(jobs, share_of(jobs, memory), carry_out_job) if jobs else None
        self._thread = threading.Thread(target=self._serve, name="impasto-service", daemon=True)
        if jobs:
            self._thread.start()

    def create(self, task: Task, *, key: str = "") -> str:
        """Write the task into a new folder, and return the id of the job."""
        if self._trouble:
            raise self._trouble
        task = task.absolute()
        wanted(task)  # raises if an input cannot be read
        job = identity_of(key, task.to_json())
        folder = self.root / job
        if not is_there(folder / TASK):
            self._write_task(folder, task)
        return job

    def jobs(self) -> list[JobState]:
        """Return all jobs, oldest first."""
        return [self.state(folder.name) for folder in self._folders()]

    def state(self, job: str) -> JobState:
        """Return the state of a job, from its folder."""
        folder = self._folder(job)
        task, outcome = Task.read(folder), _outcome(folder)
        return JobState(
            id=job,
            kind=task.kind,
            name=task.name,
            state=outcome["state"] if outcome else _state(folder),
            progress=newest(folder, KINDS[task.kind].progress),
            code=outcome.get("code", ""),
            error=outcome.get("text", ""),
        )

    def events(self, job: str, after: int = 0) -> list[Numbered]:
        """Return the events of a job with numbers greater than `after`."""
        return read(self._folder(job), after)

    def preview(self, job: str) -> bytes | None:
        """Return the newest preview of a job."""
        return preview(self._folder(job))

    def change(self, job: str, values: Mapping[str, Any]) -> str:
        """Request a change of settings, and return it in words."""
        return request(self._open(job), values)

    def pause(self, job: str) -> None:
        """Pause a job; its worker keeps its step and takes another."""
        ask(self._open(job), PAUSE)

    def resume(self, job: str) -> None:
        """Let a job wait for a worker again."""
        folder = self._folder(job)
        if _outcome(folder).get("state") == "done":
            raise JobEnded(f"job '{job}' is done", "branch it to paint another from it", job=job)
        for what in (CANCEL, PAUSE, OUTCOME):
            withdraw(folder, what)

    def cancel(self, job: str) -> None:
        """Stop a job and discard what it has painted."""
        folder = self._open(job)
        ask(folder, CANCEL)
        try:
            lock = Lock(folder)
        except JobBusy:
            return  # its worker stops it
        try:
            Log(folder).add(Cancelled())
            _end(folder, "cancelled")
        finally:
            lock.release()

    def branch(self, job: str, at: int = 0) -> str:
        """Create a job from what another has painted, and return its id."""
        folder, new = self._folder(job), self.root / identity_of("", "")
        if not is_there(folder / RECORD):
            raise NoBranch(f"job '{job}' keeps nothing yet", "wait until it has painted", job=job, keeps=[])
        branch(folder, new, at)
        self._write_task(new, Task.read(folder))
        return new.name

    def result(self, job: str, target: Path) -> Path:
        """Copy the result of a job to a file, and return its path."""
        folder, found = self._folder(job), self.state(job)
        if found.state != "done":
            raise NotDone(f"job '{job}' is {found.state}", "wait until it is done", job=job)
        source = Path(Task.read(folder).output)
        write_whole(target, lambda file: file.write(source.read_bytes()))
        return target

    def remove(self, job: str) -> None:
        """Remove a job with its folder."""
        folder = self._folder(job)
        if job in self._given or holder(folder) is not None:
            raise JobBusy(f"job '{job}' is running", "cancel it first", job=job)
        remove_folder(folder)

    def close(self) -> None:
        """Stop the workers after their steps."""
        self._closing.set()
        if self._lock is not None:
            self._thread.join()
            self._lock.release()

    def __enter__(self) -> LocalService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write_task(self, folder: Path, task: Task) -> None:
        suffix = Path(task.output).suffix or KINDS[task.kind].suffix
        task = replace(task, folder=str(folder), output=str(folder / f"{RESULT}{suffix}"), title=task.name)
        try:
            folder.mkdir(exist_ok=True)
            write_durably(folder / TASK, [task.to_json().encode()])
        except OSError as error:
            what = f"cannot write '{folder / TASK}': {error.strerror or error}"
            raise DiskFull(what, "free some space", path=str(folder)) from None

    def _folders(self) -> list[Path]:
        """Return the folders of all jobs, oldest first."""
        found = []
        for folder in self.root.iterdir():
            try:
                found.append(((folder / TASK).stat().st_mtime_ns, folder))
            except OSError:  # no job, or removed meanwhile
                continue
        return [folder for _, folder in sorted(found)]

    def _folder(self, job: str) -> Path:
        """Return the folder of a job; raises JobNotFound."""
        if not _ID.fullmatch(job) or not is_there(self.root / job / TASK):
            raise JobNotFound(f"there is no job '{job}'", "list the jobs that there are", job=job)
        return self.root / job

    def _open(self, job: str) -> Path:
        """Return the folder of a job that has not ended; raises JobEnded."""
        folder = self._folder(job)
        if state := _outcome(folder).get("state"):
            raise JobEnded(f"job '{job}' is {state}", "create another, or branch it", job=job)
        return folder

    def _serve(self) -> None:
        """Give waiting jobs to the workers, and note the end of jobs whose workers died."""
        assert self._workers is not None
        try:
            while not self._closing.is_set():
                for folder in self._folders():
                    if folder.name not in self._given and not _outcome(folder) and not asked(folder):
                        self._give(folder)
                if not self._given:
                    self._closing.wait(LOOK)
                    continue
                for message in self._workers.steps(LOOK):
                    self._hear(message)
        except ImpastoError as error:  # the workers cannot start
            self._trouble = error
        finally:
            self._workers.dismiss()

    def _give(self, folder: Path) -> None:
        """Give a job to the workers; one whose task cannot be read fails, and the others continue."""
        assert self._workers is not None
        try:
            self._workers.add(Task.read(folder))
            self._given.add(folder.name)
        except JobError as error:
            _fail(folder, Failed(error.code, str(error), error.fields))

    def _hear(self, message: Progress | Outcome) -> None:
        folder = Path(message.task.folder)
        if isinstance(message, Outcome):
            self._given.discard(folder.name)
            if message.kind == "failed" and not _outcome(folder):
                _fail(folder, Failed("job_error", message.reason))
        elif isinstance(message.event, Note) and message.event.code == "worker_died":
            Log(folder).add(message.event)


def carry_out_job(
    task: Task, *, stock: Stock | None = None, memory: int | None = None, threads: int = 0
) -> Generator[Event, None, Outcome]:
    """Carry out the job of a service in its folder, note its outcome there, and yield its events."""
    folder = Path(task.folder)
    if _outcome(folder) or asked(folder):
        return Outcome(task, "let go")
    use_threads(threads)
    try:
        job = _opened(task, folder, stock, memory)
        try:
            done = yield from carry_out(job, Path(task.output), options_of(task))
            if done is not None:
                _write_outcome(folder, {"state": "done"})
                return Outcome(task, "painted", seconds=done.facts["seconds"])
            if job.let_go == "cancel":
                _end(folder, "cancelled")
            return Outcome(task, "let go")
        finally:
            job.close()
    except ImpastoError as error:
        _fail(folder, Failed(error.code, str(error), error.fields))
        return Outcome(task, "failed", error.text)


def _opened(task: Task, folder: Path, stock: Stock | None, memory: int | None) -> Job:
    """Return the job of a folder, started or resumed there."""

    def wanted() -> Any:
        return asked(folder)

    if is_there(folder / RECORD):
        job = Job.resume(folder, memory=memory, stock=stock, asked=wanted)
        job.goes_to(options_of(task))
        return job
    run = make(task, memory=memory, stock=stock)
    run.check_format(Path(task.output))
    return Job.start(folder, run, options_of(task), asked=wanted)


def _state(folder: Path) -> State:
    """Return the state of a job that has not ended."""
    if holder(folder) is not None:
        return "running"
    return "paused" if is_paused(folder) else "waiting"


def _outcome(folder: Path) -> dict[str, Any]:
    """Return how a job ended; empty if it has not."""
    try:
        found = json.loads((folder / OUTCOME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("state") else {}


def _fail(folder: Path, failed: Failed) -> None:
    Log(folder).add(failed)
    _write_outcome(folder, {"state": "failed", "code": failed.code, "text": failed.text})


def _end(folder: Path, state: State) -> None:
    """Write the outcome of a job, and discard what its run keeps."""
    _write_outcome(folder, {"state": state})
    withdraw(folder, CANCEL)
    clear_run(folder)


def _write_outcome(folder: Path, outcome: Mapping[str, Any]) -> None:
    write_durably(folder / OUTCOME, [json.dumps(outcome).encode()])
