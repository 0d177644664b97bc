"""The objects of the store, each as long as a picture or a job of somebody needs it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from impasto.queue.store import Store
from impasto.web.database import Database
from impasto.web.tables import uses

_LOCK = 0x1A7A57
"""The number of the lock under which objects are given to owners and taken from them, on PostgreSQL."""


class Files:
    """The objects that are owned, in a store.

    An `owner` is a picture or a job, by `picture_owner` or `job_owner`. The same bytes of several owners are
    one object, which is deleted with the last of them.
    """

    def __init__(self, database: Database, store: Store) -> None:
        self.store, self._database = store, database

    def keep(
        self, connection: sa.Connection, user: str, owner: str, objects: Iterable[tuple[str, int]]
    ) -> None:
        """Note that an owner needs objects of a SHA-256 and length, within a transaction that writes."""
        lock(connection)
        rows = [
            dict(owner=owner, sha256=sha256, user=user, bytes=size) for sha256, size in dict(objects).items()
        ]
        known = sa.select(uses.c.sha256).where(uses.c.owner == owner)
        there = set(connection.execute(known).scalars())
        if rows := [row for row in rows if row["sha256"] not in there]:
            connection.execute(uses.insert(), rows)

    def drop(self, connection: sa.Connection, owners: Iterable[str]) -> None:
        """Forget what owners need, and delete objects that nobody needs any more, within a transaction."""
        lock(connection)
        for owner in owners:
            wanted = sa.select(uses.c.sha256).where(uses.c.owner == owner)
            mine = list(connection.execute(wanted).scalars())
            connection.execute(uses.delete().where(uses.c.owner == owner))
            others = sa.select(uses.c.sha256).where(uses.c.sha256.in_(mine))
            self.store.drop(set(mine) - set(connection.execute(others).scalars()))

    def put(self, source: Path | bytes) -> None:
        """Put an object into the store; note an owner first, or it may be deleted at once."""
        self.store.put(source)

    def file(self, sha256: str) -> tuple[Path, bool]:
        """Return a file with an object's bytes, and whether it is a copy for the caller to delete.

        Raises StoreError, and QueueError if the store cannot be reached.
        """
        place = self.store.place(sha256)
        if place is not None and place.is_file():
            return place, False
        with tempfile.NamedTemporaryFile(prefix="impasto-", delete=False) as file:
            copy = Path(file.name)
        try:
            self.store.get(sha256, copy)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy, True

    def bytes_of(self, user: str) -> int:
        """Return the bytes that a user's pictures and jobs need, each object counted once."""
        once = sa.select(uses.c.sha256, sa.func.max(uses.c.bytes).label("bytes")).where(uses.c.user == user)
        found = sa.select(sa.func.sum(once.group_by(uses.c.sha256).subquery().c.bytes))
        with self._database.read() as connection:
            return int(connection.execute(found).scalar() or 0)


def picture_owner(picture: str) -> str:
    """Return the owner that a picture is."""
    return f"picture:{picture}"


def job_owner(job: str) -> str:
    """Return the owner that a job is."""
    return f"job:{job}"


def digest(path: Path) -> tuple[str, int]:
    """Return the SHA-256 and the length of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def lock(connection: sa.Connection) -> None:
    """Let nobody else count owners until this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
