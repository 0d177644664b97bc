"""Keeping house: what is old and not needed is deleted, again and again."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from impasto.errors import ImpastoError
from impasto.web import once, shares
from impasto.web.files import job_owner
from impasto.web.tables import jobs, pictures, uses

if TYPE_CHECKING:
    from impasto.web.studio import Studio

EVERY = 600.0
"""Seconds between two rounds."""

DAY = 86400.0

log = logging.getLogger("impasto.studio")


class Keeping:
    """A thread that keeps a studio's house."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._closing = studio, threading.Event()
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
        studio, now = self._studio, time.time()
        studio.accounts.forget_expired()
        with studio.database.write() as connection:
            once.forget(connection)
            shares.forget(connection)
        keep = studio.config.keep
        if keep.deleted:
            for job in self._found(jobs.c.deleted < now - keep.deleted * DAY):
                studio.jobs.purge(job)
        if keep.checkpoints:
            self._prune(now - keep.checkpoints * DAY)
        if keep.unused:
            self._drop_unused(now - keep.unused * DAY)
        self._clean_folder(now - DAY)
        studio.assistant.end_if_idle()

    def _run(self) -> None:
        while not self._closing.is_set():
            with suppress(ImpastoError, sa.exc.SQLAlchemyError, OSError):
                self.round()
            self._closing.wait(EVERY)

    def _found(self, which: sa.ColumnElement[bool]) -> list[str]:
        with self._studio.database.read() as connection:
            return list(connection.execute(sa.select(jobs.c.id).where(which).limit(1000)).scalars())

    def _prune(self, before: float) -> None:
        """Forget the checkpoints of jobs that have ended, and what the queue knows of them."""
        service = self._studio.service
        known = {job.identity for job in service.queue.jobs(states=("done", "failed", "cancelled"))}
        for job in self._found(jobs.c.ended < before):
            if job not in known:
                continue
            service.forget(job)
            service.queue.forget(job)
            with self._studio.database.write() as connection:
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
        with self._studio.database.read() as connection:
            rows = connection.execute(wanted.limit(1000)).all()
        for user, picture in rows:
            self._studio.pictures.remove(user, picture)
        if rows:
            log.info("deleted %d uploads that nobody used", len(rows))

    def _clean_folder(self, before: float) -> None:
        """Delete what uploads have left that were cut off when a server died."""
        for path in self._studio.config.folder.iterdir():
            if path.is_dir() and path.stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)
