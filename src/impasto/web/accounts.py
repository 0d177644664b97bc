"""People with their passwords, the browsers and programs that act for them, and links that work once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from impasto.errors import AccountError
from impasto.web.database import Database, Taken
from impasto.web.secret import fresh, hashed, identity
from impasto.web.tables import links, sessions, tokens, users

Scope = Literal["read", "write"]
Purpose = Literal["invitation", "reset"]

Row = Mapping[Any, Any]

SHORTEST, LONGEST = 10, 200
"""Lengths of a password."""

SESSION, LINK = 30 * 86400.0, 7 * 86400.0
"""Seconds after its last use that a browser is signed out, and after which a link works no more."""

SEEN = 3600.0
"""Seconds between two writes of when a session or token was used: each request would be a write otherwise."""


@dataclass(frozen=True)
class User:
    """A person; `limits` are those that differ from the usual."""

    id: str
    email: str
    name: str
    admin: bool
    limits: Mapping[str, float]
    mail: bool
    created: float


@dataclass(frozen=True)
class Caller:
    """Who sends a request: a user, and the id of the session or token by which, with what it may do."""

    user: User
    id: str
    scopes: tuple[Scope, ...] = ("read", "write")


class Accounts:
    """The accounts in a database. Methods raise AccountError for what people can correct."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._hasher = PasswordHasher()

    def add(self, email: str, name: str, password: str, *, admin: bool = False) -> User:
        """Create a user; the e-mail address identifies them."""
        address = _address(email)
        row = _row(address, name.strip()[:100] or address.split("@")[0], self._hash(password), admin)
        try:
            self._insert(row)
        except Taken:
            raise AccountError(f"there is an account with '{address}' already") from None
        return _user(row)

    def owner(self, email: str) -> User:
        """Return the one user of a studio that needs no password, an administrator; create them if needed."""
        found = self._found(users.c.email == email)
        if found is None:
            with suppress(Taken):  # another server may be faster
                self._insert(_row(email, "", "", True))
            found = self._found(users.c.email == email)
        assert found is not None
        return found

    def user(self, which: str) -> User | None:
        """Return the user of an id, None if there is none."""
        return self._found(users.c.id == which)

    def knows(self, user: User, password: str) -> bool:
        """Return whether this is a user's password."""
        wanted = sa.select(users.c.password).where(users.c.id == user.id)
        with self.database.read() as connection:
            known = connection.execute(wanted).scalar()
        return bool(known) and self._fits(str(known), password)

    def people(self) -> list[User]:
        """Return all users, oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.created)).mappings().all()
        return [_user(row) for row in rows]

    def signed_in(self, email: str, password: str, agent: str = "") -> str | None:
        """Return the secret of a new session, or None if address and password do not belong together.

        Takes as long for an unknown address as for a wrong password.
        """
        wanted = sa.select(users.c.id, users.c.password).where(users.c.email == email.strip().lower())
        with self.database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        known = row.password if row and row.password else _of_nobody()
        if not self._fits(known, password) or row is None or not row.password:
            return None
        if self._hasher.check_needs_rehash(known):
            self.set_password(row.id, password)
        return self.open_session(row.id, agent)

    def open_session(self, user: str, agent: str = "") -> str:
        """Sign a user's browser in, and return the secret for its cookie."""
        secret, now = fresh(), time.time()
        row = dict(secret=hashed(secret), id=identity(), user=user, agent=agent[:200], created=now, seen=now)
        with self.database.write() as connection:
            connection.execute(sessions.insert().values(row))
        return secret

    def by_session(self, secret: str) -> Caller | None:
        """Return who a browser acts for, by the secret of its cookie; None if it is signed out."""
        now = time.time()
        found = self._holder(sessions, secret, sessions.c.seen > now - SESSION)
        return Caller(_user(found), str(found["holder"])) if found else None

    def by_token(self, secret: str) -> Caller | None:
        """Return who a program acts for, by its token; None if there is none such, or it has expired."""
        alive = sa.or_(tokens.c.expires.is_(None), tokens.c.expires > time.time())
        found = self._holder(tokens, secret, alive, tokens.c.scopes)
        return Caller(_user(found), str(found["holder"]), tuple(found["scopes"])) if found else None

    def make_token(
        self, user: str, name: str, scopes: Sequence[Scope], expires: float | None = None
    ) -> tuple[str, str]:
        """Return the id and the secret of a new token, which is shown once."""
        secret, row = fresh("impasto_"), identity()
        values = dict(
            secret=hashed(secret),
            id=row,
            user=user,
            name=name[:100],
            scopes=list(scopes),
            created=time.time(),
            expires=expires,
        )
        with self.database.write() as connection:
            connection.execute(tokens.insert().values(values))
        return row, secret

    def listed(self, table: sa.Table, user: str) -> list[dict[str, Any]]:
        """Return a user's sessions or tokens, newest first, without secrets."""
        columns = [column for column in table.c if column.name not in ("secret", "user")]
        wanted = sa.select(*columns).where(table.c.user == user).order_by(table.c.created.desc())
        with self.database.read() as connection:
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def end(self, table: sa.Table, user: str, which: str) -> bool:
        """Delete a session or a token of a user; return whether there was one."""
        with self.database.write() as connection:
            done = connection.execute(table.delete().where(table.c.user == user, table.c.id == which))
        return done.rowcount > 0

    def invite(self, *, admin: bool = False, lasts: float = LINK) -> str:
        """Return the secret of a link by which somebody creates an account."""
        return self._link("invitation", None, admin, lasts)

    def has_admin(self) -> bool:
        """Whether some administrator can sign in."""
        wanted = sa.select(users.c.id).where(users.c.admin.is_(True), users.c.password != "").limit(1)
        with self.database.read() as connection:
            return connection.execute(wanted).scalar() is not None

    def first_admin(self) -> str:
        """Return the secret of a link for the first administrator, who takes over what the owner has made."""
        nameless = self._found(users.c.password == "")
        return self._link("invitation", nameless.id if nameless else None, True, LINK)

    def reset_link(self, user: str, lasts: float = LINK) -> str:
        """Return the secret of a link by which a user chooses another password."""
        return self._link("reset", user, False, lasts)

    def purpose_of(self, secret: str) -> Purpose | None:
        """Return what a link is for, None if it works no more."""
        row = self._open_link(secret)
        purpose: Purpose | None = row["purpose"] if row else None
        return purpose

    def accept(self, secret: str, email: str, name: str, password: str) -> User:
        """Create the account of an invitation, which then works no more."""
        row = self._open_link(secret)
        if row is None or row["purpose"] != "invitation":
            raise _spent()
        self._check(password)
        _address(email)
        if not self._spend(secret):
            raise _spent()
        try:
            if row["user"]:
                return self._adopt(row["user"], email, name, password)
            return self.add(email, name, password, admin=row["admin"])
        except AccountError:  # the address is taken; the person may try another
            self._restore(row)
            raise

    def choose(self, secret: str, password: str) -> None:
        """Set another password by a link, which then works no more, and sign out all browsers."""
        row = self._open_link(secret)
        self._check(password)
        if row is None or row["purpose"] != "reset" or not self._spend(secret):
            raise _spent()
        self.set_password(row["user"], password)
        self.sign_out(row["user"])

    def set_password(self, user: str, password: str) -> None:
        """Set the password of a user."""
        with self.database.write() as connection:
            connection.execute(users.update().where(users.c.id == user).values(password=self._hash(password)))

    def sign_out(self, user: str, but: str = "") -> None:
        """Sign out all of a user's browsers, but the one of a session's id."""
        with self.database.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.user == user, sessions.c.id != but))

    def change(self, user: str, **values: Any) -> None:
        """Change the name of a user, or whether they want e-mail."""
        if values:
            with self.database.write() as connection:
                connection.execute(users.update().where(users.c.id == user).values(**values))

    def set_limits(self, user: str, limits: Mapping[str, float]) -> None:
        """Set the limits of a user that differ from the usual."""
        with self.database.write() as connection:
            connection.execute(users.update().where(users.c.id == user).values(limits=dict(limits)))

    def remove(self, user: str) -> bool:
        """Delete a user with all that is theirs in the database; return whether there was one."""
        with self.database.write() as connection:
            return connection.execute(users.delete().where(users.c.id == user)).rowcount > 0

    def forget_expired(self) -> None:
        """Delete sessions, tokens and links that work no more."""
        now = time.time()
        with self.database.write() as connection:
            connection.execute(sessions.delete().where(sessions.c.seen < now - SESSION))
            connection.execute(tokens.delete().where(tokens.c.expires < now))
            connection.execute(links.delete().where(links.c.expires < now))

    def _adopt(self, user: str, email: str, name: str, password: str) -> User:
        """Give the one user of a studio that needed no password an address and a password."""
        address = _address(email)
        values = dict(email=address, name=name.strip()[:100] or address.split("@")[0])
        try:
            with self.database.write() as connection:
                values |= dict(password=self._hash(password))
                connection.execute(users.update().where(users.c.id == user).values(**values))
        except Taken:
            raise AccountError(f"there is an account with '{address}' already") from None
        found = self.user(user)
        assert found is not None
        return found

    def _insert(self, row: Row) -> None:
        with self.database.write() as connection:
            connection.execute(users.insert().values(row))

    def _found(self, which: sa.ColumnElement[bool]) -> User | None:
        with self.database.read() as connection:
            row = connection.execute(sa.select(users).where(which)).mappings().one_or_none()
        return None if row is None else _user(row)

    def _holder(
        self, table: sa.Table, secret: str, alive: sa.ColumnElement[bool], *more: sa.Column[Any]
    ) -> Row | None:
        """Return the row of a secret's user with the `holder`'s id, and note that it was used."""
        key, now = hashed(secret), time.time()
        joined = users.join(table, table.c.user == users.c.id)
        wanted = sa.select(users, table.c.id.label("holder"), table.c.seen, *more).select_from(joined)
        with self.database.read() as connection:
            row = connection.execute(wanted.where(table.c.secret == key, alive)).mappings().one_or_none()
        if row is not None and (row["seen"] or 0) < now - SEEN:
            with self.database.write() as connection:
                connection.execute(table.update().where(table.c.secret == key).values(seen=now))
        return row

    def _link(self, purpose: str, user: str | None, admin: bool, lasts: float) -> str:
        secret, now = fresh(), time.time()
        row = dict(
            secret=hashed(secret),
            id=identity(),
            purpose=purpose,
            user=user,
            admin=admin,
            created=now,
            expires=now + lasts,
        )
        with self.database.write() as connection:
            connection.execute(links.insert().values(row))
        return secret

    def _open_link(self, secret: str) -> Row | None:
        wanted = sa.select(links).where(links.c.secret == hashed(secret), links.c.expires > time.time())
        with self.database.read() as connection:
            return connection.execute(wanted).mappings().one_or_none()

    def _spend(self, secret: str) -> bool:
        """Delete a link; return False if another request was faster."""
        with self.database.write() as connection:
            return connection.execute(links.delete().where(links.c.secret == hashed(secret))).rowcount > 0

    def _restore(self, row: Row) -> None:
        with self.database.write() as connection:
            connection.execute(links.insert().values(dict(row)))

    def _hash(self, password: str) -> str:
        self._check(password)
        return self._hasher.hash(password)

    def _check(self, password: str) -> None:
        if not SHORTEST <= len(password) <= LONGEST:
            raise AccountError(
                f"a password has {SHORTEST} to {LONGEST} characters, got {len(password)}",
                "choose another; three words are good",
            )

    def _fits(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password[:LONGEST])
        except (VerifyMismatchError, InvalidHashError):
            return False


@cache
def _of_nobody() -> str:
    """The hash of a password that nobody has, to compare with where there is no account."""
    return PasswordHasher().hash(fresh())


def _spent() -> AccountError:
    return AccountError("this link works no more", "ask for another")


def _row(email: str, name: str, password: str, admin: bool) -> dict[str, Any]:
    row = dict(id=identity(), email=email, name=name, password=password, admin=admin, limits={})
    return row | dict(mail=True, created=time.time())


def _user(row: Row) -> User:
    return User(
        row["id"], row["email"], row["name"], row["admin"], row["limits"], row["mail"], row["created"]
    )


def _address(email: str) -> str:
    """Return an e-mail address as it is kept; raises AccountError if it cannot be one."""
    address = email.strip().lower()
    name, _, domain = address.rpartition("@")
    if not name or "." not in domain or len(address) > 254 or any(sign.isspace() for sign in address):
        raise AccountError(f"'{email[:60]}' is no e-mail address", "give one such as ada@example.org")
    return address
