"""Tables in the queue's database: events, previews and requested changes of jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from impasto.engine.events import Event, as_record, from_record
from impasto.jobs.log import Numbered
from impasto.queue.address import reaching


class Tables:
    """The tables in the database of a queue, created if missing.

    Constructor and methods raise QueueError if the database cannot be reached.
    """

    def __init__(self, url: str, shown: str) -> None:
        import sqlalchemy as sa

        address = sa.make_url(url)
        sqlite = address.drivername == "sqlite"
        # Connections to SQLite are cheap, and a pool would keep the file open in every thread.
        options: dict[str, Any] = (
            dict(poolclass=sa.pool.NullPool, connect_args={"timeout": 30})
            if sqlite
            else dict(pool_pre_ping=True, pool_size=2)
        )
        if not sqlite:
            address = address.set(drivername="postgresql+psycopg")
        self._shown, self._engine = shown, sa.create_engine(address, **options)
        tables = sa.MetaData()
        self._events = sa.Table(
            "impasto_events",
            tables,
            sa.Column("job", sa.String(64), primary_key=True),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("record", sa.Text, nullable=False),
        )
        self._previews = sa.Table(
            "impasto_previews",
            tables,
            sa.Column("job", sa.String(64), primary_key=True),
            sa.Column("jpeg", sa.LargeBinary, nullable=False),
        )
        self._requests = sa.Table(
            "impasto_requests",
            tables,
            sa.Column("number", sa.Integer, primary_key=True),
            sa.Column("job", sa.String(64), nullable=False, index=True),
            sa.Column("record", sa.Text, nullable=False),
        )
        with reaching(shown):
            try:
                tables.create_all(self._engine)
            except sa.exc.DatabaseError:  # another process created them after the check
                tables.create_all(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def add_events(self, job: str, events: Iterable[Numbered]) -> None:
        """Add events of a job; existing ones are not changed."""
        with self._begun() as connection:
            for number, event in events:
                self._add_event(connection, job, number, event)

    def append(self, job: str, event: Event) -> None:
        """Add an event of a job after its last one."""
        import sqlalchemy as sa

        last = sa.select(sa.func.max(self._events.c.number)).where(self._events.c.job == job)
        with self._begun() as connection:
            self._add_event(connection, job, (connection.execute(last).scalar() or 0) + 1, event)

    def events(self, job: str, after: int = 0) -> list[Numbered]:
        """Return the events of a job with numbers greater than `after`, in order.

        Unknown ones, such as those of a later version, are skipped.
        """
        import sqlalchemy as sa

        table = self._events.c
        wanted = sa.select(table.number, table.record).where(table.job == job, table.number > after)
        with self._begun() as connection:
            rows = connection.execute(wanted.order_by(table.number)).all()
        return [Numbered(number, event) for number, text in rows if (event := _event(text))]

    def keep_preview(self, job: str, jpeg: bytes) -> None:
        """Replace the preview of a job."""
        with self._begun() as connection:
            connection.execute(self._previews.delete().where(self._previews.c.job == job))
            connection.execute(self._previews.insert().values(job=job, jpeg=jpeg))

    def preview(self, job: str) -> bytes | None:
        """Return the preview of a job, a JPEG; None before the first."""
        import sqlalchemy as sa

        wanted = sa.select(self._previews.c.jpeg).where(self._previews.c.job == job)
        with self._begun() as connection:
            found = connection.execute(wanted).scalar()
        return bytes(found) if found is not None else None

    def request(self, job: str, record: str) -> None:
        """Add a request for a change of a job."""
        with self._begun() as connection:
            connection.execute(self._requests.insert().values(job=job, record=record))

    def requests(self, job: str) -> dict[int, str]:
        """Return the requests for changes of a job by number, oldest first."""
        import sqlalchemy as sa

        table = self._requests.c
        wanted = sa.select(table.number, table.record).where(table.job == job).order_by(table.number)
        with self._begun() as connection:
            rows = connection.execute(wanted).all()
        return {int(number): str(record) for number, record in rows}

    def drop_requests(self, numbers: Iterable[int]) -> None:
        """Delete requests that are carried out and kept in a checkpoint."""
        with self._begun() as connection:
            connection.execute(self._requests.delete().where(self._requests.c.number.in_(list(numbers))))

    def forget(self, job: str) -> None:
        """Delete the events, preview and requests of a job."""
        with self._begun() as connection:
            for table in (self._events, self._previews, self._requests):
                connection.execute(table.delete().where(table.c.job == job))

    @contextmanager
    def _begun(self) -> Iterator[Any]:
        with reaching(self._shown), self._engine.begin() as connection:
            yield connection

    def _add_event(self, connection: Any, job: str, number: int, event: Event) -> None:
        from sqlalchemy.dialects import postgresql, sqlite

        insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(self._events)
        row = insert.values(job=job, number=number, record=json.dumps(as_record(event)))
        connection.execute(row.on_conflict_do_nothing())


def _event(text: str) -> Event | None:
    try:
        return from_record(json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
