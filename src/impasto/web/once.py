"""Requests that create something, sent twice with the same idempotency key, create it once."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Header

from impasto.web.problem import Refused
from impasto.web.tables import creations

KEPT = 2 * 86400.0
"""Seconds that keys are known."""

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Any text; the same key and request again return what the first one created.",
    ),
]


def fingerprint(*parts: Any) -> str:
    """Return the hash of what is asked for."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def made(connection: sa.Connection, user: str, key: str, request: str) -> str:
    """Return the id of what a key has created; empty if nothing. Raises Refused for another request."""
    if not key:
        return ""
    wanted = sa.select(creations).where(creations.c.user == user, creations.c.key == key)
    row = connection.execute(wanted).mappings().one_or_none()
    if row is None:
        return ""
    if row["request"] != request:
        raise Refused(422, "key_reused", "this idempotency key was used for another request", "take another")
    return str(row["made"])


def note(connection: sa.Connection, user: str, key: str, request: str, which: str) -> None:
    """Remember what a key has created, within the same transaction; one with a known key fails by Taken."""
    if key:
        values = dict(user=user, key=key, request=request, made=which, created=time.time())
        connection.execute(creations.insert().values(values))


def drop(connection: sa.Connection, user: str, key: str) -> None:
    """Forget a key whose picture is deleted."""
    connection.execute(creations.delete().where(creations.c.user == user, creations.c.key == key))


def forget(connection: sa.Connection) -> None:
    """Forget old keys."""
    connection.execute(creations.delete().where(creations.c.created < time.time() - KEPT))
