"""The interface to jobs, whether they run on this machine or on the workers of a queue."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from impasto.engine.events import Event
from impasto.jobs.log import Numbered
from impasto.jobs.tasks import Task

State = Literal["waiting", "running", "paused", "done", "failed", "cancelled"]

ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
"""States in which a job stays unless it is resumed."""


def identity_of(key: str, task: str) -> str:
    """Return the id of a job: the same for the same key and task or order; without a key, a new one."""
    return hashlib.sha256(f"{key} {task}".encode()).hexdigest()[:16] if key else secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True)
class JobState:
    """A job: its kind, the `name` of its result, and its state.

    `progress` is the last Step, or the last FrameBegun of a film, None before the first; `code` and `error`
    say why it failed.
    """

    id: str
    kind: str
    name: str
    state: State
    progress: Event | None = None
    code: str = ""
    error: str = ""


class Service(Protocol):
    """Jobs of every kind; each method that takes the `job`'s id raises JobNotFound.

    Jobs are independent: equal tasks are different jobs unless they are created with the same key.
    """

    def create(self, task: Task, *, key: str = "") -> str:
        """Let a task wait for a worker, and return the id of its job.

        The same `key` and task give the same job. Raises SettingsError and PictureError.
        """

    def jobs(self) -> list[JobState]:
        """Return all jobs, oldest first."""

    def state(self, job: str) -> JobState:
        """Return the state of a job."""

    def events(self, job: str, after: int = 0) -> list[Numbered]:
        """Return the events of a job with numbers greater than `after`; they are numbered from 1."""

    def preview(self, job: str) -> bytes | None:
        """Return the newest preview of a job, a JPEG; None before the first."""

    def change(self, job: str, values: Mapping[str, Any]) -> str:
        """Change settings from the next step or frame on, and return the change in words.

        Raises SettingsError, and JobEnded.
        """

    def pause(self, job: str) -> None:
        """Pause a job after its step or frame, until it is resumed; raises JobEnded."""

    def resume(self, job: str) -> None:
        """Let a job that is paused, failed or cancelled wait for a worker again.

        It resumes from what is kept: everything if it was paused, nothing if it was cancelled. Raises
        JobEnded if it is done.
        """

    def cancel(self, job: str) -> None:
        """Stop a job and discard what it has painted; raises JobEnded."""

    def branch(self, job: str, at: int = 0) -> str:
        """Create a job from what another has painted up to a scale or frame, and return its id.

        `at` counts from 1; 0 is the last one kept. The other job may be in any state. Raises NoBranch.
        """

    def result(self, job: str, target: Path) -> Path:
        """Write the result of a job to a file and return it; raises NotDone, and OutputError."""

    def remove(self, job: str) -> None:
        """Remove a job that is not running, with all that is kept of it; raises JobBusy."""

    def close(self) -> None:
        """Release what this process holds; jobs that run here stop after their step and wait."""
