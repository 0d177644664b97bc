"""Tables in the queue's database: events, previews and requested changes of jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from impasto.engine.events import Event, as_record, from_record
from impasto.jobs.log import Numbered
from impasto.queue.address import reaching

KEPT = 40
"""Previews of a job that are kept; of more, every other is left out."""


class Stage(NamedTuple):
    """A preview: its number from 1, and how far the job was; see `jobs/preview.py`."""

    number: int
    scale: int
    step: int


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
            "impasto_stages",
            tables,
            sa.Column("job", sa.String(64), primary_key=True),
            sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("scale", sa.Integer, nullable=False),
            sa.Column("step", sa.Integer, nullable=False),
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

    def add_preview(self, job: str, jpeg: bytes, scale: int, step: int) -> int:
        """Add a preview of a job, and return its number.

        Those of steps that are painted again are left out; of more than KEPT every other, but for the first
        and the last of each scale.
        """
        with self._begun() as connection:
            stages = self._stages(connection, job)
            number = stages[-1].number + 1 if stages else 1
            again = [stage.number for stage in stages if (stage.scale, stage.step) > (scale, step)]
            self._drop_stages(connection, job, again)
            row = dict(job=job, number=number, scale=scale, step=step, jpeg=jpeg)
            connection.execute(self._previews.insert().values(row))
            if len(stages) >= KEPT:
                between = [
                    stage.number
                    for before, stage, after in zip(stages, stages[1:], stages[2:], strict=False)
                    if before.scale == stage.scale == after.scale
                ]
                self._drop_stages(connection, job, between[::2])
        return number

    def preview(self, job: str, number: int = 0) -> bytes | None:
        """Return a preview of a job, a JPEG, or else the newest; None if there is none."""
        import sqlalchemy as sa

        table = self._previews.c
        wanted = sa.select(table.jpeg).where(table.job == job).order_by(table.number.desc()).limit(1)
        with self._begun() as connection:
            found = connection.execute(wanted.where(table.number == number) if number else wanted).scalar()
        return bytes(found) if found is not None else None

    def stages(self, job: str) -> list[Stage]:
        """Return the previews of a job that are kept, in order."""
        with self._begun() as connection:
            return self._stages(connection, job)

    def drop_stages(self, job: str) -> None:
        """Delete all previews of a job but the newest."""
        with self._begun() as connection:
            numbers = [stage.number for stage in self._stages(connection, job)]
            self._drop_stages(connection, job, numbers[:-1])

    def _stages(self, connection: Any, job: str) -> list[Stage]:
        import sqlalchemy as sa

        table = self._previews.c
        wanted = sa.select(table.number, table.scale, table.step).where(table.job == job)
        return [Stage(*row) for row in connection.execute(wanted.order_by(table.number))]

    def _drop_stages(self, connection: Any, job: str, numbers: list[int]) -> None:
        table = self._previews.c
        connection.execute(self._previews.delete().where(table.job == job, table.number.in_(numbers)))

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
        """Delete the events, previews and requests of a job."""
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
