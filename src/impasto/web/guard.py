"""Who sends a request, and whether it may: sessions, tokens, and requests forged by other sites."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from impasto.web.accounts import Caller
from impasto.web.problem import Refused
from impasto.web.studio import Studio

COOKIE = "impasto_session"

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

HERE = ("127.0.0.1", "localhost", "::1")
"""Names of this machine, by which alone a local studio is asked: another may be a page that guesses."""


def studio_of(request: Request) -> Studio:
    """Return the studio that answers."""
    studio: Studio = request.app.state.studio
    return studio


TheStudio = Annotated[Studio, Depends(studio_of)]


def check_origin(request: Request, studio: TheStudio) -> None:
    """Refuse what a page of another site makes a browser send."""
    if studio.config.local and _name(request.headers.get("host", "")) not in HERE:
        raise Refused(403, "forbidden", "this studio is for this machine only", "open it at its own address")
    if request.method in SAFE:
        return
    fetched, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same = urlsplit(origin).netloc == request.headers.get("host") if origin else True
    if fetched not in (None, "same-origin", "none") or (fetched is None and not same):
        raise Refused(403, "forbidden", "this request comes from another site")


def signed_in_by(request: Request, studio: Studio) -> Caller | None:
    """Return who a browser acts for; None if it is signed out."""
    caller = _by_cookie(request, studio)
    return Caller(studio.owner, "") if caller is None and studio.config.local else caller


def caller_of(request: Request, studio: TheStudio) -> Caller:
    """Return who sends a request; raises Refused with 401, or 403 for a token that may not do that."""
    caller = _by_token(request, studio) or signed_in_by(request, studio)
    if caller is None:
        raise Refused(401, "signed_out", "you are not signed in", "sign in, or send a token")
    if request.method not in SAFE and "write" not in caller.scopes:
        raise Refused(403, "forbidden", "this token may only read")
    return caller


TheCaller = Annotated[Caller, Depends(caller_of)]


def admin_of(caller: TheCaller) -> Caller:
    """Return who sends a request if it is an administrator, by a browser; raises Refused with 403."""
    if not caller.user.admin:
        raise Refused(403, "forbidden", "only an administrator may do that")
    return caller


TheAdmin = Annotated[Caller, Depends(admin_of)]


def count_attempt(studio: Studio, *keys: str) -> None:
    """Count an attempt to give a password by what it is for; raises Refused with 429 after too many."""
    if not studio.may_try(*keys):
        raise Refused(429, "too_many", "too many attempts to sign in", "wait five minutes", retry_after=300)


def _by_cookie(request: Request, studio: Studio) -> Caller | None:
    secret = request.cookies.get(COOKIE)
    return studio.accounts.by_session(secret) if secret else None


def _by_token(request: Request, studio: Studio) -> Caller | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    caller = studio.accounts.by_token(secret.strip())
    if caller is None:
        raise Refused(401, "signed_out", "this token is unknown, or has expired", "make another")
    return caller


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    return urlsplit(f"//{host}").hostname or ""
