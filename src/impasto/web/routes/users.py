"""People, for administrators."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import BaseModel, Field

from impasto.web.accounts import User
from impasto.web.config import Limits
from impasto.web.guard import TheAdmin, TheStudio
from impasto.web.problem import Refused, not_found

router = APIRouter(prefix="/users", tags=["users"])


class Person(BaseModel):
    """A user as an administrator sees them."""

    id: str
    email: str
    name: str
    admin: bool
    created: float
    limits: dict[str, float] = Field(description="What they may do.")


class Invitation(BaseModel):
    """An invitation to be made."""

    admin: bool = False


class Made(BaseModel):
    """A link that works once, which is shown this once."""

    url: str


class NewLimits(BaseModel):
    """What a user may do; limits that are left out are the usual ones, 0 is for no limit."""

    limits: dict[str, float]


@router.get("")
def people(admin: TheAdmin, studio: TheStudio) -> list[Person]:
    """Return all users, oldest first."""
    usual = asdict(studio.config.limits)
    return [_person(user, usual) for user in studio.accounts.people()]


@router.post("/invitations", status_code=201)
def invite(form: Invitation, admin: TheAdmin, studio: TheStudio) -> Made:
    """Make a link by which somebody creates an account, within a week."""
    return Made(url=studio.url(f"/link/{studio.accounts.invite(admin=form.admin)}"))


@router.post("/{user}/reset", status_code=201)
def reset(user: str, admin: TheAdmin, studio: TheStudio) -> Made:
    """Make a link by which a user chooses another password, within a week."""
    if studio.accounts.user(user) is None:
        raise not_found("user")
    return Made(url=studio.url(f"/link/{studio.accounts.reset_link(user)}"))


@router.put("/{user}/limits")
def set_limits(user: str, form: NewLimits, admin: TheAdmin, studio: TheStudio) -> Person:
    """Set what a user may do."""
    usual = asdict(Limits())
    for name, value in form.limits.items():
        if name not in usual or not 0 <= value < 1e12:
            known = ", ".join(usual)
            raise Refused(422, "invalid", f"there is no limit '{name[:40]}' of {value}", f"there are {known}")
    studio.accounts.set_limits(user, form.limits)
    found = studio.accounts.user(user)
    if found is None:
        raise not_found("user")
    return _person(found, asdict(studio.config.limits))


@router.delete("/{user}", status_code=204)
def remove(user: str, admin: TheAdmin, studio: TheStudio) -> None:
    """Delete a user with all that is theirs."""
    if user == admin.user.id:
        raise Refused(409, "conflict", "you cannot delete yourself", "let another administrator do it")
    if not studio.remove_user(user):
        raise not_found("user")


def _person(user: User, usual: dict[str, float]) -> Person:
    return Person(
        id=user.id,
        email=user.email,
        name=user.name,
        admin=user.admin,
        created=user.created,
        limits=usual | dict(user.limits),
    )
