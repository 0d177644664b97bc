"""Sharing one result by a link that cannot be guessed."""

from __future__ import annotations

import json
import time
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from impasto.errors import NotDone
from impasto.recipe.recipe import parse
from impasto.web.guard import TheCaller, TheStudio
from impasto.web.jobs import seen_of
from impasto.web.problem import not_found
from impasto.web.routes.jobs import result_file

router = APIRouter(tags=["shares"])


class NewShare(BaseModel):
    """A link to be made."""

    days: float | None = Field(default=None, gt=0, le=3650, description="Days until it expires.")
    recipe: bool = Field(default=False, description="Whether it shows the recipe, without names.")


class Share(BaseModel):
    """A link to a result."""

    id: str
    recipe: bool
    created: float
    expires: float | None


class MadeShare(Share):
    """A new link with its address, which is shown this once."""

    url: str


class Shared(BaseModel):
    """What a link shows to whoever has it."""

    kind: str
    width: int | None
    height: int | None
    painted: float | None = Field(description="When it was done.")
    recipe: dict[str, Any] | None


@router.post("/jobs/{job}/shares", status_code=201)
def share(job: str, form: NewShare, caller: TheCaller, studio: TheStudio) -> MadeShare:
    """Make a link to the result of a job."""
    seen = studio.jobs.seen(caller.user.id, job)
    if seen.state != "done":
        raise NotDone(f"job '{job}' is {seen.state}", "wait until it is done", job=job)
    expires = None if form.days is None else time.time() + form.days * 86400
    row, secret = studio.shares.make(caller.user.id, job, recipe=form.recipe, expires=expires)
    return MadeShare(**_shown(row), url=studio.url(f"/share/{secret}"))


@router.get("/jobs/{job}/shares")
def list_shares(job: str, caller: TheCaller, studio: TheStudio) -> list[Share]:
    """Return the links to the result of a job."""
    studio.jobs.row(caller.user.id, job)
    return [Share(**_shown(row)) for row in studio.shares.of(caller.user.id, job)]


@router.delete("/shares/{share}", status_code=204)
def revoke(share: str, caller: TheCaller, studio: TheStudio) -> None:
    """Revoke a link, which then leads nowhere at once."""
    studio.shares.revoke(caller.user.id, share)


@router.get("/shared/{secret}")
def shared(secret: str, studio: TheStudio) -> Shared:
    """Return what a link shows; nobody needs to be signed in."""
    link, job = studio.shares.open(secret)
    facts, recipe = job["result"], None
    if link["recipe"] and job["recipe"]:
        recipe = json.loads(parse(job["recipe"]).without_names().to_text())
    size = dict(width=facts.get("width"), height=facts.get("height"))
    return Shared(kind=job["kind"], painted=job["ended"], recipe=recipe, **size)


@router.get("/shared/{secret}/picture", response_class=FileResponse)
def shared_picture(secret: str, studio: TheStudio) -> Response:
    """Return the result to which a link leads."""
    _, job = studio.shares.open(secret)
    file, copied = studio.files.file(str(job["result"]["sha256"]))
    answer = result_file(file, copied, seen_of({**job, "name": "picture"}, None))
    answer.headers["Cache-Control"] = "no-store"  # a revoked link is to show nothing
    return answer


@router.get("/shared/{secret}/preview", response_class=Response)
def shared_preview(secret: str, studio: TheStudio) -> Response:
    """Return a small JPEG of the result to which a link leads."""
    _, job = studio.shares.open(secret)
    jpeg = studio.service.tables.preview(job["id"])
    if jpeg is None:
        raise not_found("preview")
    return Response(jpeg, media_type="image/jpeg")


def _shown(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in Share.model_fields}
