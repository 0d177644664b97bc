"""Whether the server is alive, and ready."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import BaseModel

from impasto.web.guard import TheAdmin, TheStudio
from impasto.web.problem import Refused

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
    """Tell that the database, the queue and the store answer; a problem with 503 otherwise."""
    with studio.database.read() as connection:
        connection.execute(sa.text("SELECT 1"))
    studio.files.store.check()
    if not studio.board.is_alive:
        raise Refused(503, "not_ready", "the queue has not answered lately", "wait")
    return Health(status="ready")


@router.get("/metrics", response_class=Response)
def metrics(admin: TheAdmin, studio: TheStudio) -> Response:
    """Return what is measured, for Prometheus, which sends the token of an administrator."""
    for state in ("waiting", "running", "paused"):
        studio.metrics.jobs.labels(state).set(studio.board.counts().get(state, 0))
    studio.metrics.listeners.set(studio.board.listeners)
    return Response(studio.metrics.text(), media_type="text/plain; version=0.0.4")
