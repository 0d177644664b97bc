"""A job as it is shown: the same in answers, lists and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from impasto.web.jobs import Seen


class Progress(BaseModel):
    """How far a job is."""

    done: int = Field(description="Steps or frames that are painted.")
    of: int = Field(description="Steps or frames in all.")
    unit: str = Field(description="step, frame or picture")
    seconds_left: float | None = Field(description="An estimate; null if there is none yet.")
    at: float | None = Field(description="When it was so, by the clock of the worker.")


class StyleOf(BaseModel):
    """A painting, a sample or a look, and its weight."""

    id: str
    weight: float = 1.0


class Result(BaseModel):
    """The result of a job that is done."""

    width: int | None = None
    height: int | None = None
    bytes: int = 0
    seconds: float | None = Field(default=None, description="Seconds of painting.")


class Job(BaseModel):
    """A job: all that is known of it now."""

    id: str
    kind: str
    name: str
    state: str = Field(description="waiting, running, paused, done, failed or cancelled")
    content: str | None
    styles: list[StyleOf]
    settings: dict[str, Any] = Field(description="Those that were chosen, as they were at the start.")
    source: str | None = Field(description="The job of which it is a branch.")
    draft: bool
    favourite: bool
    place: int | None = Field(description="Its place in the queue, from 1; null unless it waits.")
    progress: Progress | None
    preview: int = Field(description="Which preview is the newest; 0 before the first.")
    branches: int = Field(description="Scales or frames to branch from.")
    result: Result | None
    code: str = Field(description="Why it failed, for programs.")
    error: str = Field(description="Why it failed.")
    created: float
    started: float | None
    ended: float | None
    deleted: bool


def shown(seen: Seen, place: int | None = None) -> Job:
    """Return a job as it is shown, at a place in the queue."""
    row = seen.row
    same = ("id", "kind", "name", "content", "settings", "source", "draft", "favourite")
    times = ("created", "started", "ended")
    return Job(
        **{name: row[name] for name in (*same, *times)},
        styles=[StyleOf(id=which, weight=weight) for which, weight in row["styles"]],
        state=seen.state,
        place=place,
        progress=_progress(seen.progress) if seen.state not in ("done", "cancelled") else None,
        preview=seen.preview,
        branches=seen.branches,
        result=_result(seen.result) if seen.state == "done" and seen.result else None,
        code=seen.code,
        error=seen.error,
        deleted=row["deleted"] is not None,
    )


def _progress(event: Mapping[str, Any]) -> Progress | None:
    """Return how far a job is by its last event of progress."""
    kind, times = event.get("kind"), dict(seconds_left=event.get("seconds_left"), at=event.get("at"))
    if kind == "step":
        return Progress(done=event["step"], of=event["steps"], unit="step", **times)
    if kind == "frame_begun":
        done = (event["turn"] - 1) * event["frames"] + event["frame"] - 1
        of = event["turns"] * event["frames"]
        return Progress(done=done, of=of, unit="frame", **times)
    if kind == "painted":
        return Progress(done=1, of=1, unit="picture", **times)
    return None


def _result(facts: Mapping[str, Any]) -> Result:
    return Result(**{name: facts[name] for name in Result.model_fields if name in facts})
