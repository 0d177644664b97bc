"""What can be asked for: kinds, their settings, presets and looks."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from impasto.settings.kinds import KINDS
from impasto.settings.presets import presets, schema
from impasto.web.guard import TheCaller
from impasto.web.orders import REFUSED, about_look, look_rows
from impasto.web.problem import not_found

router = APIRouter(tags=["about"])


class Look(BaseModel):
    """A look, which paints in one pass."""

    id: str
    name: str
    title: str
    painter: str
    licence: str


class Preset(BaseModel):
    """Named settings to start from."""

    name: str
    source: str
    kinds: list[str]


@router.get("/kinds")
def kinds(caller: TheCaller) -> list[str]:
    """Return the kinds of jobs."""
    return list(KINDS)


@router.get("/settings/{kind}")
def settings(kind: str, caller: TheCaller) -> dict[str, Any]:
    """Return a JSON schema of the settings of a kind, with their defaults."""
    if kind not in KINDS:
        raise not_found("kind")
    found = schema(kind)
    properties = {name: one for name, one in found["properties"].items() if name not in REFUSED}
    return found | {"properties": properties}


@router.get("/presets")
def list_presets(caller: TheCaller) -> list[Preset]:
    """Return named settings to start from."""
    return [Preset(name=one.name, source=one.source, kinds=list(one.commands)) for one in presets().values()]


@router.get("/looks")
def looks(caller: TheCaller) -> list[Look]:
    """Return the looks of the package."""
    return [Look(**{name: row[name] for name in Look.model_fields}) for row in look_rows()]


@router.get("/looks/{look}/thumbnail", response_class=Response)
def look_thumbnail(look: str, caller: TheCaller) -> Response:
    """Return a small picture of the painting of a look, a JPEG."""
    return Response(b64decode(about_look(look).card.thumbnail), media_type="image/jpeg")
