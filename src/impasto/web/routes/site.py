"""The pages: the studio itself, which asks the API, and those that work without JavaScript."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.background import BackgroundTask

from impasto.errors import AccountError
from impasto.recipe.recipe import parse
from impasto.settings.kinds import FILM
from impasto.web.guard import TheStudio, check_origin, signed_in_by
from impasto.web.problem import Refused
from impasto.web.routes.session import set_cookie, sign_in_with
from impasto.web.studio import Studio

router = APIRouter(include_in_schema=False, dependencies=[Depends(check_origin)])

SITE = Path(__file__).parents[1] / "site"

WORKER = "worker.js"
"""The service worker, which is no module of a page."""

LATER = ("vendor/photoswipe.js",)
"""Modules that are fetched only once they are needed."""

SCREENS = ("/", "/gallery", "/settings", "/pictures/{picture}")
"""Addresses of the studio's screens, all of which are one page."""

Text = Annotated[str, Form(max_length=254)]

_pages = Environment(
    loader=PackageLoader("impasto.web", "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
)


def static_files() -> StaticFiles:
    """Return the modules, styles and icons of the pages."""
    return StaticFiles(directory=SITE)


def screen(request: Request, studio: TheStudio) -> Response:
    """Return the studio, or the page to sign in; the process that paints glances starts meanwhile."""
    if signed_in_by(request, studio) is None:
        return RedirectResponse(studio.path("/login"), 303)
    answer = _page(studio, "app.html", modules=_modules())
    answer.background = BackgroundTask(studio.assistant.warm_up)
    return answer


for path in SCREENS:
    router.add_api_route(path, screen, response_class=HTMLResponse)


@router.get("/login")
def login(studio: TheStudio) -> Response:
    """Return the page to sign in."""
    return _page(studio, "login.html")


@router.post("/login")
def sign_in(request: Request, studio: TheStudio, email: Text = "", password: Text = "") -> Response:
    """Sign in, and go to the studio."""
    answer = RedirectResponse(studio.path("/"), 303)
    try:
        sign_in_with(email, password, request, answer, studio)
    except Refused as error:
        return _page(studio, "login.html", error.status, wrong=str(error), email=email)
    return answer


@router.get("/link/{secret}")
def link(secret: str, studio: TheStudio) -> Response:
    """Return the page of an invitation, or of a reset."""
    return _page(studio, "link.html", purpose=studio.accounts.purpose_of(secret), secret=secret)


@router.post("/link/{secret}")
def follow(
    secret: str,
    request: Request,
    studio: TheStudio,
    email: Text = "",
    name: Text = "",
    password: Text = "",
) -> Response:
    """Create the account of an invitation, or set another password, and go to the studio."""
    purpose = studio.accounts.purpose_of(secret)
    answer = RedirectResponse(studio.path("/" if purpose == "invitation" else "/login"), 303)
    try:
        if purpose == "reset":
            studio.accounts.choose(secret, password)
        else:
            user = studio.accounts.accept(secret, email, name, password)
            agent = request.headers.get("user-agent", "")
            set_cookie(answer, studio.accounts.open_session(user.id, agent), studio)
    except AccountError as error:
        given = dict(purpose=purpose, secret=secret, wrong=str(error), email=email, name=name)
        return _page(studio, "link.html", 422, **given)
    return answer


@router.get("/share/{secret}")
def shared(secret: str, studio: TheStudio) -> Response:
    """Return the page of a picture that is shared."""
    found: dict[str, Any] = {}
    with suppress(Refused):
        share, job = studio.shares.open(secret)
        api = f"/api/shared/{secret}"
        found = dict(
            picture=studio.path(f"{api}/picture"),
            preview=studio.url(f"{api}/preview"),
            film=job["kind"] in FILM,
            width=job["result"].get("width"),
            height=job["result"].get("height"),
        )
        if share["recipe"] and job["recipe"]:
            table = json.loads(parse(job["recipe"]).without_names().to_text())
            found["recipe"] = json.dumps(table, indent=1)
    return _page(studio, "share.html", 200 if found else 404, **found)


@router.get("/worker.js")
def worker() -> Response:
    """Return the service worker, which serves all paths below its own."""
    return FileResponse(SITE / WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.post("/incoming")
def incoming(studio: TheStudio) -> Response:
    """Go to the studio, where a photo is shared before its service worker runs."""
    return RedirectResponse(studio.path("/"), 303)


@router.get("/manifest.webmanifest")
def manifest(studio: TheStudio) -> Response:
    """Return what a device needs to install the studio as an application."""
    table = dict(
        name="Impasto",
        short_name="Impasto",
        id=studio.path("/"),
        start_url=studio.path("/"),
        scope=studio.path("/"),
        display="standalone",
        background_color="#faf8f5",
        theme_color="#a8431a",
        share_target=dict(
            action=studio.path("/incoming"),
            method="POST",
            enctype="multipart/form-data",
            params=dict(files=[dict(name="photo", accept=["image/*"])]),
        ),
        file_handlers=[dict(action=studio.path("/"), accept={"image/*": [".jpg", ".jpeg", ".png", ".webp"]})],
        icons=[
            dict(src=studio.path("/site/icon.svg"), sizes="any", type="image/svg+xml", purpose="any"),
            dict(src=studio.path("/site/icon-192.png"), sizes="192x192", type="image/png"),
            dict(
                src=studio.path("/site/icon-512.png"),
                sizes="512x512",
                type="image/png",
                purpose="any maskable",
            ),
        ],
        screenshots=[
            dict(
                src=studio.path(f"/site/screenshot-{form}.jpg"),
                sizes=sizes,
                type="image/jpeg",
                form_factor=form,
            )
            for form, sizes in (("wide", "1920x1200"), ("narrow", "585x1266"))
        ],
    )
    return JSONResponse(table, media_type="application/manifest+json")


def _page(studio: Studio, template: str, status: int = 200, /, **given: Any) -> HTMLResponse:
    text = _pages.get_template(template).render(base=studio.config.base_path, **given)
    return HTMLResponse(text, status)


@cache
def _modules() -> tuple[str, ...]:
    """Return the modules of the pages, which a browser fetches all at once instead of one after another."""
    found = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.js"))
    return tuple(name for name in found if name not in (WORKER, *LATER))
