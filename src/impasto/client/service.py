"""The service of the jobs in a studio, which is asked by HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.client.http import Http
from impasto.engine.events import Event, FrameBegun, Painted, Step, from_record
from impasto.errors import PictureError
from impasto.jobs.log import Numbered
from impasto.jobs.tasks import Task
from impasto.looks.card import SUFFIX, shipped
from impasto.media.paths import missing
from impasto.recipe.finder import input_of
from impasto.recipe.input import with_files
from impasto.service.service import JobState
from impasto.settings import Settings
from impasto.settings.option import described, plain
from impasto.settings.presets import DEFAULTS, preset

if TYPE_CHECKING:
    from impasto.service.service import Service

MACHINE = ("threads", "plan", "convolutions", "precision")
"""Settings that the studio's machines decide."""

PAGE = 200
"""Jobs of one answer."""


class StudioService:
    """The jobs of one's account in the studio at an address; implements `Service`.

    The token is that of the environment variable IMPASTO_TOKEN unless given; a studio on this machine without
    accounts needs none. Constructor and methods raise what `Http` raises.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.http = Http(url, token)
        self._uploaded: dict[tuple[str, str], str] = {}

    def create(self, task: Task, *, key: str = "", draft: bool = False, name: str = "") -> str:
        """Upload the inputs, unless the studio has them from here, create a job, and return its id."""
        task.settings.check_shape(task.kind)
        named = with_files(task.settings, lambda _field, path: self.picture(path, "mask"))
        suffix = Path(task.output).suffix.lstrip(".")
        form = dict(
            kind=task.kind,
            content=self.picture(task.content, "photo") if task.content else None,
            styles=[dict(id=self._style(path), weight=weight) for path, weight in task.styles],
            settings=_changes(task.kind, named),
            format=suffix,
            draft=draft,
            name=name,
        )
        job: str = self.http.send("POST", "/jobs", form, key=key)["id"]
        return job

    def jobs(self) -> list[JobState]:
        """Return all jobs, oldest first."""
        return [_state(job) for job in reversed(list(self.listed()))]

    def listed(self) -> Iterator[dict[str, Any]]:
        """Yield all jobs as the studio shows them, newest first."""
        cursor = ""
        while True:
            page = self.http.get("/jobs", limit=PAGE, cursor=cursor)
            yield from page["items"]
            cursor = page["next"]
            if not cursor:
                return

    def state(self, job: str) -> JobState:
        """Return the state of a job."""
        return _state(self.shown(job))

    def shown(self, job: str) -> dict[str, Any]:
        """Return a job as the studio shows it."""
        found: dict[str, Any] = self.http.get(f"/jobs/{job}")
        return found

    def events(self, job: str, after: int = 0) -> list[Numbered]:
        """Return the events of a job with numbers greater than `after`; unknown ones are skipped."""
        records = self.http.get(f"/jobs/{job}/events", after=after)
        return [Numbered(int(one.pop("number")), event) for one in records if (event := _event(one))]

    def preview(self, job: str) -> bytes | None:
        """Return the newest preview of a job."""
        self.shown(job)
        return self.http.bytes_of(f"/jobs/{job}/preview")

    def change(self, job: str, values: Mapping[str, Any]) -> str:
        """Request a change of settings, and return it in words."""
        change: str = self.http.send("POST", f"/jobs/{job}/change", {"settings": dict(values)})["change"]
        return change

    def pause(self, job: str) -> None:
        """Pause a job after its step."""
        self.http.send("POST", f"/jobs/{job}/pause")

    def resume(self, job: str) -> None:
        """Let a job wait for a worker again."""
        self.http.send("POST", f"/jobs/{job}/resume")

    def cancel(self, job: str) -> None:
        """Stop a job and discard what it has painted."""
        self.http.send("POST", f"/jobs/{job}/cancel")

    def branch(self, job: str, at: int = 0) -> str:
        """Create a job from what another has painted, and return its id."""
        new: str = self.http.send("POST", f"/jobs/{job}/branch", {"at": at})["id"]
        return new

    def result(self, job: str, target: Path) -> Path:
        """Write the result of a job to a file, and return its path."""
        return self.http.download(f"/jobs/{job}/result", target)

    def remove(self, job: str) -> None:
        """Delete a job; the studio can restore it for a while."""
        self.http.send("DELETE", f"/jobs/{job}")

    def picture(self, path: str, purpose: str) -> str:
        """Upload a picture unless that was done, and return its id; raises PictureError."""
        file = Path(path)
        if not file.is_file():
            raise PictureError(missing(file) if not file.exists() else f"'{path}' is no file")
        sha256 = input_of("content", file).sha256
        known = self._uploaded.get((sha256, purpose))
        if known is None:
            form = dict(purpose=purpose)
            known = self.http.upload("/pictures", file, form, key=f"{purpose} {sha256}")["id"]
            self._uploaded[sha256, purpose] = known
        return known

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def __enter__(self) -> StudioService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _style(self, path: str) -> str:
        """Return the id of a painting, or of a look of the package."""
        if path.endswith(SUFFIX):
            name = Path(path).stem
            if name not in shipped():
                raise PictureError(f"look '{name}' is not one of the package", "a studio has no others")
            return f"look-{name}"
        return self.picture(path, "painting")


if TYPE_CHECKING:  # it is what the protocol asks for
    _SERVICE: Service = StudioService("")


def _changes(kind: str, settings: Settings) -> dict[str, Any]:
    """Return the settings that differ from the usual ones of a kind."""
    usual = preset(DEFAULTS[kind])
    names = [name for name in described(Settings) if name not in MACHINE]
    pairs = ((name, getattr(settings, name), getattr(usual, name)) for name in names)
    return {name: plain(value) for name, value, other in pairs if value != other}


def _state(job: Mapping[str, Any]) -> JobState:
    return JobState(
        id=job["id"],
        kind=job["kind"],
        name=job["name"],
        state=job["state"],
        progress=_progress(job["progress"]),
        code=job["code"],
        error=job["error"],
    )


def _progress(found: Mapping[str, Any] | None) -> Event | None:
    """Return progress as an event, as far as the studio tells."""
    if not found:
        return None
    done, of, left = found["done"], found["of"], found["seconds_left"]
    if found["unit"] == "frame":
        return FrameBegun(done + 1, of, 1, 1, left)
    if found["unit"] == "picture":
        return Painted(0, 0, 0.0)
    return Step(1, 1, 0, 0, done, of, 0.0, {}, 0.0, left or 0.0)


def _event(record: Mapping[str, Any]) -> Event | None:
    try:
        return from_record(record)
    except ValueError:
        return None
