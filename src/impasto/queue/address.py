"""Addresses of queues and stores, checked before anything is done with them, and the engine's package."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impasto.errors import QueueError, SettingsError
from impasto.media.paths import is_there


def engine() -> Any:
    """Return the engine's package, silent; raises SettingsError where it is not installed."""
    try:
        import dbos
    except ImportError:
        raise SettingsError("a queue needs DBOS; pip install 'impasto[queue]'") from None
    quiet = logging.getLogger("dbos")
    if not quiet.handlers:  # the engine adds one that prints, unless there is one
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
    return dbos


def serializer() -> Any:
    """Return what reads and writes the engine's rows: JSON, since its default, pickle, would run what anybody wrote into the database."""
    return engine().DBOSPortableJSONSerializer()


def checked(url: str) -> tuple[str, str]:
    """Return a URL of a queue as the engine takes it, and as it may be shown; raises SettingsError."""
    engine()
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    way_out = "give one such as sqlite:///queue.db or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"queue '{url}' is no URL; {way_out}") from None
    kind = {"postgres": "postgresql"}.get(name := parsed.drivername.partition("+")[0], name)
    if kind not in ("sqlite", "postgresql") or not parsed.database or parsed.database == ":memory:":
        raise SettingsError(f"queue '{parsed.render_as_string()}' cannot be used; {way_out}")
    if kind == "sqlite":
        parsed = parsed.set(drivername="sqlite", database=str(Path(parsed.database).absolute()))
    else:
        query = {"connect_timeout": "10"} | dict(parsed.query)
        parsed = parsed.set(drivername="postgresql", query=query)
    return parsed.render_as_string(hide_password=False), make_url(url).render_as_string()


def store_beside(url: str, store: str) -> str:
    """Return the address of the store that was given, or a folder beside a queue that is a file; raises SettingsError."""
    from sqlalchemy import make_url

    full, shown = checked(url)
    if store:
        return store if "://" in store else str(Path(store).absolute())
    parsed = make_url(full)
    if parsed.drivername != "sqlite":
        raise SettingsError(
            f"queue '{shown}' is for many machines, which needs a --store that all of them reach: a shared folder, or s3://bucket/prefix"
        )
    return str(Path(str(parsed.database)).with_suffix("")) + "-store"


@contextmanager
def reaching(shown: str) -> Iterator[None]:
    """Say in one line what goes wrong with the database."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", None) or error).split())
        raise QueueError(
            f"queue '{shown}' cannot be reached: {why}; check --queue and that its database runs"
        ) from None


def there(url: str, shown: str) -> None:
    """Raise QueueError where a queue is to be there already and is not."""
    from sqlalchemy import make_url

    parsed = make_url(url)
    if parsed.drivername == "sqlite" and not is_there(Path(str(parsed.database))):
        raise QueueError(
            f"no queue '{shown}': there is no such file; check the path, or begin one with 'impasto batch … --queue'"
        )


def answers(url: str) -> None:
    """Raise SQLAlchemy's error where the server does not answer: the engine itself would try again without end."""
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
        # The engine makes a database, given the right to; a user who does not exist is refused here too.
        create_engine(server.set(database="postgres"), poolclass=NullPool).connect().close()
