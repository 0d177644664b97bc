"""Webhooks: addresses that are told when a job ends."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, Field

from impasto.web.guard import TheCaller, TheStudio
from impasto.web.messages import check_url, new_secret
from impasto.web.problem import Refused, not_found
from impasto.web.secret import identity
from impasto.web.tables import hooks

router = APIRouter(prefix="/me/hooks", tags=["webhooks"])

MOST = 10
"""Webhooks of a user."""


class NewHook(BaseModel):
    """A webhook to be made."""

    url: str = Field(max_length=2000)


class Hook(BaseModel):
    """A webhook."""

    id: str
    url: str
    created: float
    error: str = Field(description="Why the last message did not arrive; empty if it did.")


class MadeHook(Hook):
    """A new webhook with the secret by which its messages are signed, which is shown this once."""

    secret: str


@router.post("", status_code=201)
def make_hook(form: NewHook, caller: TheCaller, studio: TheStudio) -> MadeHook:
    """Make a webhook. Messages are signed as Standard Webhooks says."""
    if why := check_url(form.url):
        raise Refused(422, "invalid", why, "give one such as https://example.org/impasto")
    row = dict[str, Any](
        id=identity(),
        user=caller.user.id,
        url=form.url,
        secret=new_secret(),
        created=time.time(),
        error="",
    )
    with studio.database.write() as connection:
        count = sa.select(sa.func.count()).where(hooks.c.user == caller.user.id)
        if connection.execute(count).scalar_one() >= MOST:
            raise Refused(429, "limit", f"you have {MOST} webhooks already", "delete one")
        connection.execute(hooks.insert().values(row))
    return MadeHook(**{name: row[name] for name in MadeHook.model_fields})


@router.get("")
def list_hooks(caller: TheCaller, studio: TheStudio) -> list[Hook]:
    """Return one's webhooks, without their secrets."""
    wanted = sa.select(hooks).where(hooks.c.user == caller.user.id).order_by(hooks.c.created)
    with studio.database.read() as connection:
        rows = connection.execute(wanted).mappings().all()
    return [Hook(**{name: row[name] for name in Hook.model_fields}) for row in rows]


@router.delete("/{hook}", status_code=204)
def end_hook(hook: str, caller: TheCaller, studio: TheStudio) -> None:
    """Delete a webhook, with the messages that it has not got yet."""
    with studio.database.write() as connection:
        mine = hooks.c.user == caller.user.id, hooks.c.id == hook
        if not connection.execute(hooks.delete().where(*mine)).rowcount:
            raise not_found("webhook")
