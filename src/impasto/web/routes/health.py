"""Whether the server is alive, and ready."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel

from impasto.web.guard import TheStudio

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """What works."""

    status: str


@router.get("/healthz")
def healthz() -> Health:
    """Tell that the server is alive."""
    return Health(status="alive")


@router.get("/readyz")
def readyz(studio: TheStudio) -> Health:
    """Tell that the database answers; a problem with 503 otherwise."""
    with studio.database.read() as connection:
        connection.execute(sa.text("SELECT 1"))
    return Health(status="ready")
