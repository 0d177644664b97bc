"""Pictures: one's own photos, paintings and masks, and the paintings of the package."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask

from impasto.media.formats import FILMS, PICTURES
from impasto.web.cursors import Count, Cursor, after
from impasto.web.guard import TheCaller, TheStudio
from impasto.web.once import Key
from impasto.web.pictures import Purpose, Row
from impasto.web.problem import Refused

router = APIRouter(tags=["pictures"])

KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
"""What an id leads to never changes."""

Text = Annotated[str, Form(max_length=200)]


class Picture(BaseModel):
    """A picture or a clip."""

    id: str
    purpose: Purpose
    kind: str = Field(description="picture or clip")
    name: str = Field(description="The name of the file.")
    title: str
    painter: str
    width: int
    height: int
    moving: bool = Field(description="Whether it can be painted as a film.")
    seconds: float | None = Field(description="Duration of a clip.")
    bytes: int
    notes: list[str] = Field(description="What its owner should know, such as that it is animated.")
    created: float
    bundled: bool = Field(description="Whether it comes with Impasto.")
    look: bool = Field(
        default=False, description="Whether a look was trained on it, so that a glance of it comes at once."
    )
    year: int | None = None
    licence: str = ""


class Page(BaseModel):
    """A page of pictures, newest first."""

    items: list[Picture]
    next: str = Field(description="The cursor of the next page; empty after the last.")


class Changes(BaseModel):
    """What is to change."""

    purpose: Purpose | None = None
    title: str | None = Field(default=None, max_length=200)
    painter: str | None = Field(default=None, max_length=200)


@router.post("/pictures", status_code=201)
def upload(
    file: Annotated[UploadFile, File(description="A picture, or a clip to paint as a film.")],
    caller: TheCaller,
    studio: TheStudio,
    purpose: Annotated[Purpose, Form()] = "photo",
    title: Text = "",
    painter: Text = "",
    key: Key = "",
) -> Picture:
    """Upload a picture or a clip."""
    name = _name(file.filename)
    suffix = Path(name).suffix.lower()
    with tempfile.TemporaryDirectory(dir=studio.pictures.folder) as folder:
        upload = Path(folder) / f"upload{suffix if suffix in PICTURES | set(FILMS) else ''}"
        with upload.open("wb") as target:
            shutil.copyfileobj(file.file, target, 1 << 20)
        studio.check_room(caller.user, upload.stat().st_size)
        words = dict[str, Any](name=name, purpose=purpose, title=title.strip(), painter=painter.strip())
        pixels = studio.config.upload_megapixels * 1e6
        return shown(studio.pictures.add(caller.user.id, upload, pixels=pixels, key=key, **words))


@router.get("/pictures")
def list_pictures(
    caller: TheCaller,
    studio: TheStudio,
    purpose: Purpose | None = None,
    search: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = "",
    count: Count = 50,
) -> Page:
    """Return a page of one's own pictures."""
    rows = studio.pictures.listed(caller.user.id, purpose, search, cursor, count)
    return Page(items=[shown(row) for row in rows[:count]], next=after(rows, count))


@router.get("/paintings")
def list_paintings(caller: TheCaller, studio: TheStudio) -> list[Picture]:
    """Return the paintings that come with Impasto."""
    return [shown(row) for row in studio.pictures.all_bundled()]


@router.get("/pictures/{picture}")
def picture(picture: str, caller: TheCaller, studio: TheStudio) -> Picture:
    """Return what is known of a picture."""
    return shown(studio.pictures.the(caller.user.id, picture))


@router.patch("/pictures/{picture}")
def change_picture(picture: str, form: Changes, caller: TheCaller, studio: TheStudio) -> Picture:
    """Change the title, the painter or the purpose of a picture."""
    values = form.model_dump(exclude_none=True)
    return shown(studio.pictures.change(caller.user.id, picture, **values))


@router.delete("/pictures/{picture}", status_code=204)
def remove_picture(picture: str, caller: TheCaller, studio: TheStudio) -> None:
    """Delete a picture. Results painted from it stay."""
    studio.pictures.remove(caller.user.id, picture)


@router.get("/pictures/{picture}/thumbnail", response_class=FileResponse)
def thumbnail(picture: str, caller: TheCaller, studio: TheStudio) -> Response:
    """Return a small JPEG of a picture, without metadata."""
    file, copied = studio.pictures.thumbnail(studio.pictures.the(caller.user.id, picture))
    return sent(file, copied, "image/jpeg")


@router.get("/pictures/{picture}/file", response_class=FileResponse)
def original(picture: str, caller: TheCaller, studio: TheStudio) -> Response:
    """Return the file that was uploaded."""
    row = studio.pictures.the(caller.user.id, picture)
    file, copied = studio.pictures.file(row)
    return sent(file, copied, name=row["name"])


def sent(file: Path, copied: bool, media: str | None = None, *, name: str = "") -> FileResponse:
    """Return a file as an answer that browsers keep; a name makes it a download."""
    task = BackgroundTask(file.unlink, missing_ok=True) if copied else None
    return FileResponse(file, media_type=media, filename=name or None, headers=dict(KEPT), background=task)


def shown(row: Row) -> Picture:
    """Return a picture as its owner sees it."""
    values = {name: row[name] for name in Picture.model_fields if name in row}
    return Picture(**values, bundled="file" in row)


def _name(given: str | None) -> str:
    """Return the name of a file without folders and control characters; raises Refused if there is none."""
    name = (given or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if sign.isprintable()).strip()[:200]
    if not name:
        raise Refused(422, "invalid", "the file has no name", "send it with one, such as photo.jpg")
    return name
