"""The studio's database: SQLite for a household, PostgreSQL for many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from impasto.errors import SettingsError
from impasto.queue.address import checked, reaching

BUSY = 30
"""Seconds that a write to SQLite waits for another one."""

_READS = "impasto_reads"


class Taken(Exception):
    """A row of that key is there already, or what it belongs to is not."""


class Database:
    """Connections to the database at a URL; raises QueueError if it cannot be reached."""

    def __init__(self, url: str) -> None:
        full, self.shown = checked(url)
        address = sa.make_url(full)
        if address.drivername == "sqlite":
            given = {"timeout": BUSY, "check_same_thread": False}
            self.engine = sa.create_engine(address, pool_size=5, max_overflow=40, connect_args=given)
            sa.event.listen(self.engine, "connect", _prepared)
            sa.event.listen(self.engine, "begin", _begun)
        else:
            self.engine = sa.create_engine(
                address.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=5
            )

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads, beside which another may write."""
        with reaching(self.shown), _sound(), self.engine.connect() as connection:
            yield connection.execution_options(**{_READS: True})

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction, which is written at the end unless there is an error; raises Taken."""
        with reaching(self.shown), _sound():
            try:
                with self.engine.begin() as connection:
                    yield connection
            except sa.exc.IntegrityError as error:
                raise Taken(str(error.orig)) from None

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


@contextmanager
def _sound() -> Iterator[None]:
    """Raise SettingsError for a text that a database cannot keep, such as one with a zero character."""
    try:
        yield
    except sa.exc.DataError:
        raise SettingsError("a text has a character that cannot be kept", "leave it out") from None


def _prepared(connection: Any, _record: Any) -> None:
    """Let readers go on beside one writer, and rows disappear with what they belong to."""
    connection.isolation_level = None  # so that SQLAlchemy's begin is the only one
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: sa.Connection) -> None:
    # A transaction that reads first and then writes would fail at once if another had written between.
    reads = connection.get_execution_options().get(_READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
