"""Validation of the addresses of queues and stores, and access to the queue engine's package."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impasto.errors import QueueError, SettingsError, option
from impasto.media.paths import is_there


def dbos_package() -> Any:
    """Return the engine's package with its log output silenced.

    Raises SettingsError if it is not installed.
    """
    try:
        import dbos
    except ImportError:
        raise SettingsError("a queue needs DBOS", "pip install 'impasto[queue]'") from None
    quiet = logging.getLogger("dbos")
    if not quiet.handlers:  # without one, the engine adds a handler that prints
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
    return dbos


def serializer() -> Any:
    """Return the JSON serializer of the engine's rows.

    The engine's default is pickle, which would run code that anyone wrote into the database.
    """
    return dbos_package().DBOSPortableJSONSerializer()


def checked(url: str) -> tuple[str, str]:
    """Return the URL of a queue for the engine, and the same without its password for messages.

    The path of a SQLite file becomes absolute. Raises SettingsError if the URL is invalid or unsupported.
    """
    dbos_package()
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    way_out = "give one such as sqlite:///queue.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"queue '{url}' is no URL", way_out) from None
    kind = {"postgres": "postgresql"}.get(name := parsed.drivername.partition("+")[0], name)
    if kind not in ("sqlite", "postgresql") or not parsed.database or parsed.database == ":memory:":
        raise SettingsError(f"queue '{parsed.render_as_string()}' cannot be used", way_out)
    if kind == "sqlite":
        parsed = parsed.set(drivername="sqlite", database=str(Path(parsed.database).absolute()))
    else:
        query = {"connect_timeout": "10"} | dict(parsed.query)
        parsed = parsed.set(drivername="postgresql", query=query)
    return parsed.render_as_string(hide_password=False), make_url(url).render_as_string()


def store_beside(url: str, store: str) -> str:
    """Return the address of `store`, or by default of a folder beside the SQLite file of the queue.

    Raises SettingsError if the URL is invalid, or if no store is given for a queue on PostgreSQL.
    """
    from sqlalchemy import make_url

    full, shown = checked(url)
    if store:
        return store if "://" in store else str(Path(store).absolute())
    parsed = make_url(full)
    if parsed.drivername != "sqlite":
        raise SettingsError(
            f"queue '{shown}' is for many machines, which needs a {option('store')} that all of them reach",
            "name a shared folder, or s3://bucket/prefix",
        )
    return str(Path(str(parsed.database)).with_suffix("")) + "-store"


@contextmanager
def reaching(shown: str) -> Iterator[None]:
    """Turn errors of the database into a QueueError with a message of one line."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        raise QueueError(
            f"queue '{shown}' cannot be reached: {why}",
            f"check {option('queue')} and that its database runs",
        ) from None


def there(url: str, shown: str) -> None:
    """Raise QueueError if the SQLite file of a queue does not exist."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    if parsed.drivername == "sqlite" and not is_there(Path(str(parsed.database))):
        raise QueueError(
            f"no queue '{shown}': there is no such file", "check the path, or put a batch on it to create it"
        )


def answers(url: str) -> None:
    """Raise SQLAlchemy's error if the database does not answer.

    The engine itself would retry without limit.
    """
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        with create_engine(parsed, poolclass=NullPool).connect():
            return
    server = parsed.set(drivername="postgresql+psycopg")
    try:
        create_engine(server, poolclass=NullPool).connect().close()
    except OperationalError as error:
        if "does not exist" not in str(error):
            raise
        # The engine creates a missing database if it may; a missing user is refused here as well.
        create_engine(server.set(database="postgres"), poolclass=NullPool).connect().close()
