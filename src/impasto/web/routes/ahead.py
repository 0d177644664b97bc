"""Before a job: what it will take, and how a look would paint it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from impasto.settings.option import plain
from impasto.web import orders
from impasto.web.guard import TheCaller, TheStudio
from impasto.web.paper import papers
from impasto.web.routes.jobs import Order

router = APIRouter(tags=["ahead"])


class Scale(BaseModel):
    """One scale of a picture."""

    width: int
    height: int
    steps: int
    memory: int
    seconds: float


class Paper(BaseModel):
    """A size of paper, the sides of a print on it in centimetres, and its dots per inch."""

    name: str
    width: float
    height: float
    dpi: int


class Plan(BaseModel):
    """What a job will take."""

    width: int
    height: int
    memory: int
    allowed: int | None
    seconds: float
    scales: list[Scale]
    papers: list[Paper]


@router.post("/plan")
def plan(form: Order, caller: TheCaller, studio: TheStudio) -> Plan:
    """Estimate the memory, the time and the print sizes of a picture before it is painted."""
    wanted = form.wanted()
    with studio.opened(caller.user.id) as local:
        orders.made(wanted, local.find, "plan")  # the same checks as for a job
        settings = orders.settings_of(wanted)
        content = local.path(wanted.content) if wanted.content else ""
        styles = [(local.path(which), weight) for which, weight in wanted.styles]
        masks = orders.with_paths(settings, local.path)
        table = {name: plain(value) for name, value in vars(masks).items()}
        given = dict[str, Any](kind=wanted.kind, content=content, styles=styles, settings=table)
        found = studio.assistant.ask("plan", **given)
    last = found["scales"][-1]
    width, height = last["width"], last["height"]
    sizes = [Paper(**one._asdict()) for one in papers(width, height)]
    return Plan(width=width, height=height, papers=sizes, **found)


@router.get("/pictures/{picture}/looks/{look}", response_class=Response)
def glance(
    picture: str,
    look: str,
    caller: TheCaller,
    studio: TheStudio,
    strength: Annotated[float, Query(ge=0, le=100)] = 58,
    size: Annotated[int, Query(ge=64, le=1024)] = 480,
    brush: Annotated[float, Query(ge=0.25, le=4)] = 1,
) -> Response:
    """Return a photo as a look paints it, or as the look that fits a painting best does; a JPEG."""
    with studio.opened(caller.user.id) as local, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.jpg"
        given = dict[str, Any](content=local.path(picture), look=local.look(look), output=str(file))
        studio.assistant.ask("instant", **given, settings=dict(strength=strength, size=size, brush=brush))
        jpeg = file.read_bytes()
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})
