"""Keeping house: what is old and not needed is deleted, again and again."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import sqlalchemy as sa

from impasto.errors import ImpastoError
from impasto.web import once, shares
from impasto.web.accounts import Accounts
from impasto.web.config import Config
from impasto.web.files import job_owner
from impasto.web.jobs import Jobs
from impasto.web.pictures import Pictures
from impasto.web.tables import jobs, pictures, uses

EVERY = 600.0
"""Seconds between two rounds."""

DAY = 86400.0

log = logging.getLogger("impasto.studio")


class Keeping:
    """A thread that keeps a studio's house; `also` is called in each round."""

    def __init__(
        self, config: Config, accounts: Accounts, jobs: Jobs, pictures: Pictures, also: Callable[[], None]
    ) -> None:
        self._config, self._accounts, self._jobs, self._pictures = config, accounts, jobs, pictures
        self._database, self._also, self._closing = accounts.database, also, threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio-keeping", daemon=True)

    def start(self) -> None:
        """Begin with a round."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the step that is being done."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def round(self) -> None:
        """Delete what is too old; raises QueueError."""
        now, keep = time.time(), self._config.keep
        self._accounts.forget_expired()
        with self._database.write() as connection:
            once.forget(connection)
            shares.forget(connection)
        if keep.deleted:
            for job in self._found(jobs.c.deleted < now - keep.deleted * DAY):
                self._jobs.purge(job)
        if keep.checkpoints:
            self._prune(now - keep.checkpoints * DAY)
        if keep.unused:
            self._drop_unused(now - keep.unused * DAY)
        self._clean_folder(now - DAY)
        self._also()

    def _run(self) -> None:
        while not self._closing.is_set():
            with suppress(ImpastoError, sa.exc.SQLAlchemyError, OSError):
                self.round()
            self._closing.wait(EVERY)

    def _found(self, which: sa.ColumnElement[bool]) -> list[str]:
        with self._database.read() as connection:
            return list(connection.execute(sa.select(jobs.c.id).where(which).limit(1000)).scalars())

    def _prune(self, before: float) -> None:
        """Forget the checkpoints of jobs that have ended, and what the queue knows of them."""
        service = self._jobs.service
        known = {job.identity for job in service.queue.jobs(states=("done", "failed", "cancelled"))}
        for job in self._found(jobs.c.ended < before):
            if job not in known:
                continue
            service.forget(job)
            service.queue.forget(job)
            service.tables.drop_stages(job)
            with self._database.write() as connection:
                mine = jobs.c.id == job
                result = connection.execute(sa.select(jobs.c.result).where(mine)).scalar()
                if result:
                    connection.execute(jobs.update().where(mine).values(result={**result, "branches": 0}))

    def _drop_unused(self, before: float) -> None:
        """Delete old photos and masks that no job needs."""
        needed = sa.select(uses.c.sha256).where(uses.c.owner.startswith(job_owner("")))
        wanted = sa.select(pictures.c.user, pictures.c.id).where(
            pictures.c.created < before,
            pictures.c.purpose != "painting",
            pictures.c.sha256.notin_(needed),
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted.limit(1000)).all()
        for user, picture in rows:
            self._pictures.remove(user, picture)
        if rows:
            log.info("deleted %d uploads that nobody used", len(rows))

    def _clean_folder(self, before: float) -> None:
        """Delete what uploads have left that were cut off when a server died."""
        for path in self._config.folder.iterdir():
            if path.is_dir() and path.stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)
