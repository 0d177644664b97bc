"""Signing in and out, and links that work once."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from impasto.web.accounts import SESSION, Purpose
from impasto.web.guard import COOKIE, TheCaller, TheStudio, count_attempt
from impasto.web.problem import Refused, not_found
from impasto.web.studio import Studio
from impasto.web.tables import sessions

router = APIRouter(tags=["session"])


class Login(BaseModel):
    """An address and a password."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=200)


class Link(BaseModel):
    """What a link is for."""

    purpose: Purpose


class Newcomer(BaseModel):
    """The account that an invitation creates."""

    email: str = Field(max_length=254)
    name: str = Field(default="", max_length=100)
    password: str = Field(max_length=200)


class NewPassword(BaseModel):
    """Another password."""

    password: str = Field(max_length=200)


@router.post("/session", status_code=204)
def sign_in(form: Login, request: Request, response: Response, studio: TheStudio) -> None:
    """Sign in; the answer sets a cookie."""
    sign_in_with(form.email, form.password, request, response, studio)


@router.delete("/session", status_code=204)
def sign_out(response: Response, caller: TheCaller, studio: TheStudio) -> None:
    """Sign this browser out."""
    studio.accounts.end(sessions, caller.user.id, caller.id)
    response.delete_cookie(COOKIE, path=_path(studio))


@router.get("/links/{secret}")
def link(secret: str, studio: TheStudio) -> Link:
    """Tell what a link is for."""
    purpose = studio.accounts.purpose_of(secret)
    if purpose is None:
        raise not_found("link")
    return Link(purpose=purpose)


@router.post("/links/{secret}/account", status_code=204)
def accept(secret: str, form: Newcomer, request: Request, response: Response, studio: TheStudio) -> None:
    """Create the account of an invitation and sign in."""
    user = studio.accounts.accept(secret, form.email, form.name, form.password)
    agent = request.headers.get("user-agent", "")
    set_cookie(response, studio.accounts.open_session(user.id, agent), studio)


@router.post("/links/{secret}/password", status_code=204)
def choose(secret: str, form: NewPassword, studio: TheStudio) -> None:
    """Set another password by a link."""
    studio.accounts.choose(secret, form.password)


def sign_in_with(email: str, password: str, request: Request, response: Response, studio: Studio) -> None:
    """Sign a browser in by its cookie; raises Refused with 401, and with 429 after too many attempts."""
    address = request.client.host if request.client else ""
    count_attempt(studio, f"account {email.strip().lower()}", f"address {address}")
    secret = studio.accounts.signed_in(email, password, request.headers.get("user-agent", ""))
    if secret is None:
        raise Refused(401, "wrong_password", "address and password do not belong together")
    set_cookie(response, secret, studio)


def set_cookie(response: Response, secret: str, studio: Studio) -> None:
    """Give a browser the secret of its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(SESSION),
        path=_path(studio),
        secure=studio.config.secure,
        httponly=True,
        samesite="lax",
    )


def _path(studio: Studio) -> str:
    return studio.config.base_path or "/"
