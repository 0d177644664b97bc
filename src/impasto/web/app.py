"""The application: routes, errors and headers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI

from impasto.version import __version__
from impasto.web import problem
from impasto.web.bodies import BodyLimit
from impasto.web.config import Config
from impasto.web.guard import check_origin
from impasto.web.metrics import Metrics
from impasto.web.routes import (
    about,
    ahead,
    events,
    health,
    hooks,
    jobs,
    me,
    pictures,
    session,
    shares,
    site,
    users,
    zips,
)
from impasto.web.studio import Studio
from impasto.web.watch import Watch

API = "/api"

ROOMS = (session, me, hooks, users, about, ahead, pictures, zips, jobs, shares, events)
"""The modules of the API's routes."""


def application(config: Config) -> FastAPI:
    """Return the application of a server."""
    metrics = Metrics()

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        studio = app.state.studio = await asyncio.to_thread(Studio, config, metrics)
        studio.start()
        yield
        await asyncio.to_thread(studio.close)

    app = FastAPI(
        title="Impasto studio",
        version=__version__,
        lifespan=running,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": problem.Problem, "content": {problem.MEDIA: {}}}},
    )
    problem.install(app)
    app.add_middleware(BodyLimit, uploads=(f"{API}/pictures",), upload=int(config.upload_megabytes * 1e6))
    app.add_middleware(Watch, metrics=metrics, secure=config.secure)
    api = APIRouter(prefix=API, dependencies=[Depends(check_origin)])
    for room in ROOMS:
        api.include_router(room.router)
    app.include_router(api)
    app.include_router(health.router)
    app.include_router(site.router)
    app.mount("/site", site.static_files(), name="site")
    return app
