"""The application: routes, errors and headers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from impasto.version import __version__
from impasto.web import problem
from impasto.web.bodies import BodyLimit
from impasto.web.config import Config
from impasto.web.guard import check_origin
from impasto.web.routes import about, events, health, jobs, me, pictures, session, users
from impasto.web.studio import Studio

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of all answers: no page loads or runs anything from elsewhere, or inline."""

API = "/api"


def application(config: Config) -> FastAPI:
    """Return the application of a server."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        studio = app.state.studio = await asyncio.to_thread(Studio, config)
        studio.start()
        yield
        await asyncio.to_thread(studio.close)

    app = FastAPI(
        title="Impasto studio",
        version=__version__,
        lifespan=running,
        root_path=config.base_path,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": problem.Problem, "content": {problem.MEDIA: {}}}},
    )
    problem.install(app)
    app.middleware("http")(_with_headers)
    app.add_middleware(BodyLimit, uploads=(f"{API}/pictures",), upload=int(config.upload_megabytes * 1e6))
    api = APIRouter(prefix=API, dependencies=[Depends(check_origin)])
    for room in (session, me, users, about, pictures, jobs, events):
        api.include_router(room.router)
    app.include_router(api)
    app.include_router(health.router)
    return app


async def _with_headers(request: Request, following: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await following(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
