"""One's own account: name, password, browsers and tokens."""

from __future__ import annotations

import time

from fastapi import APIRouter
from pydantic import BaseModel, Field

from impasto.web.accounts import Scope, User
from impasto.web.guard import TheCaller, TheStudio, count_attempt
from impasto.web.problem import Refused, not_found
from impasto.web.studio import Studio
from impasto.web.tables import sessions, tokens

router = APIRouter(prefix="/me", tags=["me"])


class Me(BaseModel):
    """A user as they see themselves."""

    id: str
    email: str
    name: str
    admin: bool
    mail: bool = Field(description="Whether an e-mail is sent when a long job is done.")
    local: bool = Field(description="Whether this studio has one user, without a password.")


class Changes(BaseModel):
    """What is to change of one's account."""

    name: str | None = Field(default=None, max_length=100)
    mail: bool | None = None


class Disk(BaseModel):
    """What one's pictures and results take."""

    bytes: int
    limit: int | None = Field(description="Bytes that they may take; null for no limit.")


class Session(BaseModel):
    """A browser that is signed in."""

    id: str
    agent: str
    created: float
    seen: float
    current: bool


class Token(BaseModel):
    """The access of a program."""

    id: str
    name: str
    scopes: list[Scope]
    created: float
    seen: float | None
    expires: float | None


class NewToken(BaseModel):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(default=["read", "write"], min_length=1)
    days: float | None = Field(default=None, gt=0, le=3650, description="Days until it expires.")


class MadeToken(BaseModel):
    """A token with its secret, which is shown this once."""

    id: str
    secret: str


class Passwords(BaseModel):
    """The password there is, and another."""

    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


@router.get("")
def me(caller: TheCaller, studio: TheStudio) -> Me:
    """Return one's own account."""
    return _me(caller.user, studio)


@router.patch("")
def change_me(form: Changes, caller: TheCaller, studio: TheStudio) -> Me:
    """Change one's name, and whether e-mail is sent."""
    studio.accounts.change(caller.user.id, **form.model_dump(exclude_none=True))
    user = studio.accounts.user(caller.user.id)
    assert user is not None
    return _me(user, studio)


@router.get("/disk")
def disk(caller: TheCaller, studio: TheStudio) -> Disk:
    """Return what one's pictures and results take on disk."""
    most = studio.limits_of(caller.user).megabytes
    return Disk(bytes=studio.files.bytes_of(caller.user.id), limit=int(most * 1e6) or None)


@router.put("/password", status_code=204)
def set_password(form: Passwords, caller: TheCaller, studio: TheStudio) -> None:
    """Choose another password; other browsers are signed out."""
    count_attempt(studio, f"account {caller.user.email}")
    if not studio.accounts.knows(caller.user, form.old):
        raise Refused(403, "wrong_password", "this is not your password")
    studio.accounts.set_password(caller.user.id, form.new)
    studio.accounts.sign_out(caller.user.id, but=caller.id)


@router.get("/sessions")
def list_sessions(caller: TheCaller, studio: TheStudio) -> list[Session]:
    """Return the browsers that are signed in."""
    rows = studio.accounts.listed(sessions, caller.user.id)
    return [Session(**row, current=row["id"] == caller.id) for row in rows]


@router.delete("/sessions/{session}", status_code=204)
def end_session(session: str, caller: TheCaller, studio: TheStudio) -> None:
    """Sign a browser out."""
    if not studio.accounts.end(sessions, caller.user.id, session):
        raise not_found("session")


@router.get("/tokens")
def list_tokens(caller: TheCaller, studio: TheStudio) -> list[Token]:
    """Return one's tokens, without their secrets."""
    return [Token(**row) for row in studio.accounts.listed(tokens, caller.user.id)]


@router.post("/tokens", status_code=201)
def make_token(form: NewToken, caller: TheCaller, studio: TheStudio) -> MadeToken:
    """Make a token for a program."""
    expires = None if form.days is None else time.time() + form.days * 86400
    made = studio.accounts.make_token(caller.user.id, form.name, form.scopes, expires)
    return MadeToken(id=made[0], secret=made[1])


@router.delete("/tokens/{token}", status_code=204)
def end_token(token: str, caller: TheCaller, studio: TheStudio) -> None:
    """Revoke a token."""
    if not studio.accounts.end(tokens, caller.user.id, token):
        raise not_found("token")


def _me(user: User, studio: Studio) -> Me:
    same = {name: getattr(user, name) for name in ("id", "email", "name", "admin", "mail")}
    return Me(**same, local=studio.config.local)
