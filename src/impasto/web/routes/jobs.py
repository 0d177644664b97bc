"""Jobs of every kind: create, follow, change, pause, resume, branch, cancel, delete, and their results."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from impasto.web.cursors import Count, Cursor, after
from impasto.web.guard import TheCaller, TheStudio
from impasto.web.jobs import Seen
from impasto.web.once import Key
from impasto.web.orders import Wanted
from impasto.web.problem import not_found
from impasto.web.shown import Job, StyleOf, shown
from impasto.web.studio import Studio

router = APIRouter(prefix="/jobs", tags=["jobs"])

Id = Annotated[str, Field(min_length=1, max_length=64)]


class Order(BaseModel):
    """A job to be created: a kind, pictures by their ids, and settings as on the command line."""

    kind: str = Field(default="stylize", max_length=16)
    content: Id | None = Field(default=None, description="The photo or the clip.")
    styles: list[StyleOf] = Field(default=[], max_length=16, description="Paintings, samples or looks.")
    settings: dict[str, Any] = Field(
        default={}, description="By their names; those that name a picture have its id."
    )
    preset: str = Field(default="", max_length=40)
    format: str = Field(
        default="", max_length=8, description="png, jpg, webp, tiff; mp4 and others of films."
    )
    draft: bool = Field(default=False, description="Small and quick, before pictures that take longer.")
    name: str = Field(default="", max_length=200)

    def wanted(self) -> Wanted:
        """Return what is asked for."""
        styles = tuple((style.id, style.weight) for style in self.styles)
        same = {
            name: getattr(self, name) for name in ("kind", "content", "settings", "preset", "format", "draft")
        }
        return Wanted(styles=styles, **same)


class Page(BaseModel):
    """A page of jobs, newest first."""

    items: list[Job]
    next: str = Field(description="The cursor of the next page; empty after the last.")


class Change(BaseModel):
    """Settings to change from the next step on."""

    settings: dict[str, Any] = Field(min_length=1)


class Changed(BaseModel):
    """What was changed, in words."""

    change: str


class Note(BaseModel):
    """What only its owner sees of a job."""

    name: str | None = Field(default=None, max_length=200)
    favourite: bool | None = None


class Shown(BaseModel):
    """A preview of a job: its number, and how far the job was."""

    number: int
    scale: int = Field(description="The scale, from 1, which can be branched from once it is complete.")
    step: int = Field(description="The step over all scales, or the frame of a film.")


class Branch(BaseModel):
    """Where a job branches: after a scale or frame, from 1; 0 for the last one kept."""

    at: int = Field(default=0, ge=0)


@router.post("", status_code=201)
def create_job(form: Order, caller: TheCaller, studio: TheStudio, key: Key = "") -> Job:
    """Create a job."""
    limits = studio.limits_of(caller.user)
    studio.check_room(caller.user, 0)
    made = studio.jobs.create(caller.user, form.wanted(), limits, name=form.name.strip(), key=key)
    return _told(studio, made)


@router.get("")
def list_jobs(
    caller: TheCaller,
    studio: TheStudio,
    search: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=16)] = "",
    favourite: bool | None = None,
    draft: bool | None = None,
    deleted: Annotated[bool, Query(description="Deleted ones, which can be restored.")] = False,
    cursor: Cursor = "",
    count: Count = 50,
) -> Page:
    """Return a page of one's own jobs, newest first."""
    which = dict[str, Any](search=search, kind=kind, favourite=favourite, draft=draft, deleted=deleted)
    found = studio.jobs.listed(caller.user.id, **which, cursor=cursor, count=count)
    rows = [seen.row for seen in found]
    return Page(items=[_shown(studio, seen) for seen in found[:count]], next=after(rows, count))


@router.get("/{job}")
def job(job: str, caller: TheCaller, studio: TheStudio) -> Job:
    """Return a job as it is now."""
    return _shown(studio, studio.jobs.seen(caller.user.id, job))


@router.patch("/{job}")
def note_job(job: str, form: Note, caller: TheCaller, studio: TheStudio) -> Job:
    """Give a job another name, or make it a favourite."""
    values = form.model_dump(exclude_none=True)
    return _told(studio, studio.jobs.note(caller.user.id, job, **values))


@router.post("/{job}/change")
def change_job(job: str, form: Change, caller: TheCaller, studio: TheStudio) -> Changed:
    """Change settings while a job is painted, such as its strength."""
    return Changed(change=studio.jobs.change(caller.user.id, job, form.settings))


@router.post("/{job}/pause")
def pause_job(job: str, caller: TheCaller, studio: TheStudio) -> Job:
    """Pause a job after its step."""
    studio.jobs.pause(caller.user.id, job)
    return _told(studio, studio.jobs.seen(caller.user.id, job))


@router.post("/{job}/resume")
def resume_job(job: str, caller: TheCaller, studio: TheStudio) -> Job:
    """Let a job that is paused, failed or cancelled wait for a worker again."""
    studio.jobs.resume(caller.user.id, job, studio.limits_of(caller.user))
    return _told(studio, studio.jobs.seen(caller.user.id, job))


@router.post("/{job}/cancel")
def cancel_job(job: str, caller: TheCaller, studio: TheStudio) -> Job:
    """Stop a job and discard what it has painted."""
    studio.jobs.cancel(caller.user.id, job)
    return _told(studio, studio.jobs.seen(caller.user.id, job))


@router.post("/{job}/branch", status_code=201)
def branch_job(job: str, form: Branch, caller: TheCaller, studio: TheStudio, key: Key = "") -> Job:
    """Create a job from what another has painted up to a scale or frame."""
    studio.check_room(caller.user, 0)
    limits = studio.limits_of(caller.user)
    return _told(studio, studio.jobs.branch(caller.user, job, form.at, limits, key=key))


@router.delete("/{job}", status_code=204)
def delete_job(job: str, caller: TheCaller, studio: TheStudio) -> None:
    """Delete a job with its result; it can be restored for a while."""
    studio.jobs.remove(caller.user.id, job)
    _told(studio, studio.jobs.seen(caller.user.id, job))


@router.post("/{job}/restore")
def restore_job(job: str, caller: TheCaller, studio: TheStudio) -> Job:
    """Undo the deletion of a job."""
    studio.jobs.restore(caller.user.id, job)
    return _told(studio, studio.jobs.seen(caller.user.id, job))


@router.get("/{job}/events")
def job_events(
    job: str, caller: TheCaller, studio: TheStudio, after: Annotated[int, Query(ge=0)] = 0
) -> list[dict[str, Any]]:
    """Return the log of a job: events with numbers greater than `after`."""
    return studio.jobs.events(caller.user.id, job, after)


@router.get("/{job}/preview", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def job_preview(
    job: str,
    caller: TheCaller,
    studio: TheStudio,
    number: Annotated[int, Query(ge=0, le=2**31 - 1, description="Which one; 0 for the newest.")] = 0,
) -> Response:
    """Return a preview of a job, a JPEG of up to 512 px."""
    jpeg = studio.jobs.preview(caller.user.id, job, number)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=31536000"})


@router.get("/{job}/previews")
def job_previews(job: str, caller: TheCaller, studio: TheStudio) -> list[Shown]:
    """Return which previews of a job are kept, in order: some from each scale."""
    return [Shown(**stage._asdict()) for stage in studio.jobs.stages(caller.user.id, job)]


@router.get("/{job}/making", response_class=FileResponse, responses={200: {"content": {"video/mp4": {}}}})
def job_making(job: str, caller: TheCaller, studio: TheStudio) -> FileResponse:
    """Return a film of how a picture was made, an MP4 of its previews."""
    folder = tempfile.TemporaryDirectory(dir=studio.config.folder)
    try:
        pictures = studio.jobs.previews(caller.user.id, job, Path(folder.name))
        if len(pictures) < 2:
            raise not_found("film of its making")
        film = Path(folder.name) / "making.mp4"
        studio.assistant.ask("making", pictures=pictures, output=str(film))
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(film, filename="making.mp4", background=BackgroundTask(folder.cleanup))


@router.get("/{job}/result", response_class=FileResponse)
def job_result(job: str, caller: TheCaller, studio: TheStudio) -> FileResponse:
    """Return the result of a job that is done."""
    return result_file(*studio.jobs.result(caller.user.id, job))


@router.get("/{job}/recipe")
def job_recipe(job: str, caller: TheCaller, studio: TheStudio) -> Response:
    """Return the recipe of a job: that of its result, or before its end what was asked for."""
    seen = studio.jobs.seen(caller.user.id, job)
    text = seen.recipe or studio.service.queue.order(job).recipe.to_text()
    return Response(text, media_type="application/json")


def result_file(file: Path, copied: bool, seen: Seen) -> FileResponse:
    """Return a result as an answer, under a name of its own."""
    task = BackgroundTask(file.unlink, missing_ok=True) if copied else None
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(file, filename=name_of(seen), headers=headers, background=task)


def name_of(seen: Seen) -> str:
    """Return a name for the file of a result, that of its job without what a file system may refuse."""
    name = str(seen.row["name"]) or str(seen.row["kind"])
    plain = "".join(sign if sign.isalnum() or sign in " -_" else "-" for sign in name).strip()
    return f"{plain or 'picture'}{seen.result.get('suffix') or '.png'}"


def _shown(studio: Studio, seen: Seen) -> Job:
    return shown(seen, studio.board.place_of(str(seen.row["id"])))


def _told(studio: Studio, seen: Seen) -> Job:
    """Return a job as it is shown, after telling those who listen."""
    studio.board.tell(seen)
    studio.board.poke()
    return _shown(studio, seen)
