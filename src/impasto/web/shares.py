"""Links to one result, for whoever has them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from impasto.web.database import Database
from impasto.web.problem import not_found
from impasto.web.secret import fresh, hashed, identity
from impasto.web.tables import jobs, shares

Row = Mapping[str, Any]

_SHOWN = [column for column in shares.c if column.name not in ("secret", "user")]


class Shares:
    """The links in a database, of which only hashes are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, user: str, job: str, *, recipe: bool, expires: float | None) -> tuple[Row, str]:
        """Return a new link to a job's result, and its secret, which is shown once."""
        secret = fresh()
        row = dict(id=identity(), user=user, job=job, recipe=recipe, created=time.time(), expires=expires)
        with self._database.write() as connection:
            connection.execute(shares.insert().values(secret=hashed(secret), **row))
        return row, secret

    def of(self, user: str, job: str) -> list[Row]:
        """Return the links to a user's job, newest first, without secrets."""
        mine = shares.c.user == user, shares.c.job == job
        with self._database.read() as connection:
            wanted = sa.select(*_SHOWN).where(*mine).order_by(shares.c.created.desc())
            return [dict(row) for row in connection.execute(wanted).mappings()]

    def revoke(self, user: str, which: str) -> None:
        """Delete a link; raises Refused with 404."""
        with self._database.write() as connection:
            mine = shares.c.user == user, shares.c.id == which
            if not connection.execute(shares.delete().where(*mine)).rowcount:
                raise not_found("share")

    def open(self, secret: str) -> tuple[Row, Row]:
        """Return a link that works, and the job to which it leads; raises Refused with 404."""
        alive = sa.or_(shares.c.expires.is_(None), shares.c.expires > time.time())
        wanted = sa.select(shares).where(shares.c.secret == hashed(secret), alive)
        with self._database.read() as connection:
            share = connection.execute(wanted).mappings().one_or_none()
            if share is None:
                raise not_found("share")
            there = jobs.c.id == share["job"], jobs.c.deleted.is_(None), jobs.c.state == "done"
            job = connection.execute(sa.select(jobs).where(*there)).mappings().one_or_none()
        if job is None or not job["result"]:
            raise not_found("share")
        return dict(share), dict(job)


def forget(connection: sa.Connection) -> None:
    """Delete links that have expired."""
    connection.execute(shares.delete().where(shares.c.expires < time.time()))
