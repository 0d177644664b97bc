"""A studio from Python: one line to paint, and a job to follow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from impasto.client.service import StudioService
from impasto.engine.events import Event
from impasto.errors import JobError
from impasto.jobs.tasks import Task
from impasto.looks.card import SUFFIX, shipped
from impasto.service.service import ENDED, JobState
from impasto.settings.presets import DEFAULTS, preset

LOOK = 1.0
"""Seconds between two looks at a job."""

File = str | Path
Styles = File | Sequence[File | tuple[File, float]]


class Client:
    """A studio at an address, such as `http://127.0.0.1:8300`.

    The token is that of the environment variable IMPASTO_TOKEN unless given; a studio on this machine without
    accounts needs none. Constructor and methods raise QueueError if the studio cannot be reached, and other
    subclasses of ImpastoError.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.service = StudioService(url, token)

    def stylize(self, photo: File, painting: Styles, **settings: Any) -> StudioJob:
        """Create a job that paints a photo in the manner of a painting, or of several with weights."""
        return self.create("stylize", photo, painting, **settings)

    def instant(self, photo: File, look: Styles, **settings: Any) -> StudioJob:
        """Create a job that paints a photo with a look of the package, by its name, or with several."""
        return self.create("instant", photo, look, **settings)

    def video(self, clip: File, painting: Styles, **settings: Any) -> StudioJob:
        """Create a job that paints a film."""
        return self.create("video", clip, painting, **settings)

    def texture(self, sample: Styles, **settings: Any) -> StudioJob:
        """Create a job that paints a new texture from samples."""
        return self.create("texture", None, sample, **settings)

    def create(
        self,
        kind: str,
        content: File | None,
        styles: Styles = (),
        *,
        draft: bool = False,
        name: str = "",
        preset_name: str = "",
        key: str = "",
        format: str = "",
        **settings: Any,
    ) -> StudioJob:
        """Create a job of any kind. Settings are those of the command line; the same key creates one job.

        A `draft` is painted before pictures that take longer. Raises SettingsError and PictureError.
        """
        chosen = preset(preset_name or DEFAULTS.get(kind, "default"), kind if preset_name else "")
        usual = ".mp4" if kind == "video" else ".png"
        task = Task(
            kind=kind,
            content=str(content or ""),
            styles=tuple((_file(path, kind), weight) for path, weight in _pairs(styles)),
            output=f"result.{format.lstrip('.')}" if format else f"result{usual}",
            settings=chosen.with_changes(**settings),
        )
        return StudioJob(self.service, self.service.create(task, key=key, draft=draft, name=name))

    def jobs(self) -> list[StudioJob]:
        """Return all jobs of one's account, newest first."""
        return [StudioJob(self.service, job["id"]) for job in self.service.listed()]

    def job(self, which: str) -> StudioJob:
        """Return a job by its id; raises JobNotFound."""
        self.service.state(which)
        return StudioJob(self.service, which)

    def close(self) -> None:
        """Close the connections."""
        self.service.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class StudioJob:
    """A job in a studio; methods raise what the service raises."""

    def __init__(self, service: StudioService, which: str) -> None:
        self.service, self.id = service, which

    @property
    def state(self) -> JobState:
        """Its state now."""
        return self.service.state(self.id)

    def events(self) -> Iterator[Event]:
        """Yield its events as they come, until it has ended."""
        seen = 0
        while True:
            over = self.state.state in ENDED
            for number, event in self.service.events(self.id, seen):
                seen = number
                yield event
            if over:
                return
            time.sleep(LOOK)

    def wait(self, seconds: float | None = None) -> StudioJob:
        """Wait until it is done, and return it; raises JobError if it fails, is cancelled or takes longer."""
        end = None if seconds is None else time.monotonic() + seconds
        while (found := self.state).state not in ENDED:
            if end is not None and time.monotonic() > end:
                raise JobError(f"job '{self.id}' is {found.state} after {seconds:g} s", "wait longer")
            time.sleep(LOOK)
        if found.state != "done":
            raise JobError(f"job '{self.id}' is {found.state}{f': {found.error}' if found.error else ''}")
        return self

    def preview(self) -> bytes | None:
        """Return the newest preview, a JPEG; None before the first."""
        return self.service.preview(self.id)

    def change(self, **settings: Any) -> str:
        """Change settings from the next step on, and return the change in words."""
        return self.service.change(self.id, settings)

    def pause(self) -> None:
        """Pause it after its step."""
        self.service.pause(self.id)

    def resume(self) -> None:
        """Let it wait for a worker again."""
        self.service.resume(self.id)

    def cancel(self) -> None:
        """Stop it and discard what it has painted."""
        self.service.cancel(self.id)

    def branch(self, at: int = 0) -> StudioJob:
        """Create a job from what it has painted up to a scale or frame."""
        return StudioJob(self.service, self.service.branch(self.id, at))

    def result(self, target: File) -> Path:
        """Write its result to a file and return the path; raises NotDone."""
        return self.service.result(self.id, Path(target))

    def remove(self) -> None:
        """Delete it."""
        self.service.remove(self.id)


def _pairs(styles: Styles) -> list[tuple[File, float]]:
    if isinstance(styles, str | Path):
        return [(styles, 1.0)]
    return [one if isinstance(one, tuple) else (one, 1.0) for one in styles]


def _file(path: File, kind: str) -> str:
    """Return the file of a style, or that of a look by its name."""
    name = str(path)
    known = shipped()
    return str(known[name]) if kind == "instant" and not name.endswith(SUFFIX) and name in known else name
