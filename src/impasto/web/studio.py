"""All that the routes of one server share."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from functools import cached_property

import sqlalchemy as sa
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from impasto.queue.service import QueueService
from impasto.web.accounts import Accounts, User
from impasto.web.assistant import Assistant
from impasto.web.board import Board
from impasto.web.config import Config, Limits
from impasto.web.database import Database
from impasto.web.files import Files
from impasto.web.jobs import Jobs, Seen
from impasto.web.keeping import Keeping
from impasto.web.local import Local, opened
from impasto.web.messages import Sender, add_for
from impasto.web.metrics import Metrics
from impasto.web.migrate import migrate
from impasto.web.pictures import Pictures
from impasto.web.problem import Refused
from impasto.web.shares import Shares
from impasto.web.shown import shown
from impasto.web.tables import jobs, pictures

OWNER = "owner@localhost"
"""The address of the one user of a local studio, who has no password."""

LOGINS = RateLimitItemPerMinute(10, 5)
"""Attempts to sign in to an account, and as many from an address, in five minutes."""


class Studio:
    """The state of a server. Raises QueueError if the database cannot be reached."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        self.config, self.metrics = config, metrics
        config.folder.mkdir(parents=True, exist_ok=True)
        self.service = QueueService(config.database, config.store)
        self.database = Database(config.database)
        migrate(self.database)
        self.accounts = Accounts(self.database)
        self.files = Files(self.database, self.service.store)
        self.pictures = Pictures(self.database, self.files, config.folder)
        self.jobs = Jobs(self.database, self.service, self.files, self.pictures)
        self.shares = Shares(self.database)
        self.assistant = Assistant()
        self.board = Board(self.database, self.jobs, self.limits_of_id, self._ended)
        self.sender = Sender(self.database, config, self.url("/pictures"))
        parts = config, self.accounts, self.jobs, self.pictures
        self.keeping = Keeping(*parts, self.assistant.end_if_idle)
        self._logins = MovingWindowRateLimiter(MemoryStorage())

    @cached_property
    def owner(self) -> User:
        """The one user of a local studio."""
        return self.accounts.owner(OWNER)

    def start(self) -> None:
        """Begin what goes on in the background, in the running event loop."""
        self.board.start(asyncio.get_running_loop())
        self.sender.start()
        self.keeping.start()

    def url(self, path: str) -> str:
        """Return the address of a page, as browsers see it."""
        return self.config.address.rstrip("/") + self.config.base_path + path

    def path(self, path: str) -> str:
        """Return the path of a page, as browsers see it."""
        return self.config.base_path + path

    def limits_of(self, user: User) -> Limits:
        """Return what a user may do; the owner of a local studio may do everything."""
        if self.config.local:
            return Limits(running=0, waiting=0, megapixels_a_day=0, megabytes=0)
        return self.config.limits.changed(user.limits)

    def limits_of_id(self, user: str) -> Limits:
        """Return what the user of an id may do."""
        found = self.accounts.user(user)
        return self.limits_of(found) if found else self.config.limits

    def check_room(self, user: User, size: int) -> None:
        """Raise Refused if a user would keep more bytes than they may."""
        most = self.limits_of(user).megabytes
        if most and (kept := (self.files.bytes_of(user.id) + size) / 1e6) > most:
            what = f"with this, you keep {kept:.0f} MB, and may keep {most:g}"
            raise Refused(413, "limit", what, "delete pictures or results")

    def may_try(self, *keys: str) -> bool:
        """Count an attempt to give a password by its account and address; return whether there were few."""
        few = [self._logins.hit(LOGINS, key) for key in keys]  # each is counted
        return all(few)

    def close(self) -> None:
        """Stop what goes on in the background, and close the connections."""
        self.board.close()
        self.sender.close()
        self.keeping.close()
        self.assistant.close()
        self.service.close()
        self.database.close()

    def opened(self, user: str) -> AbstractContextManager[Local]:
        """Open a user's pictures as files of this machine."""
        return opened(self.pictures, user)

    def remove_user(self, user: str) -> bool:
        """Delete a user with all that is theirs; return whether there was one."""
        with self.database.read() as connection:
            theirs = list(connection.execute(sa.select(jobs.c.id).where(jobs.c.user == user)).scalars())
            shown = list(
                connection.execute(sa.select(pictures.c.id).where(pictures.c.user == user)).scalars()
            )
        for job in theirs:
            self.jobs.remove(user, job)
            self.jobs.purge(job)
        for picture in shown:
            self.pictures.remove(user, picture)
        return self.accounts.remove(user)

    def _ended(self, connection: sa.Connection, seen: Seen) -> None:
        """Do what is due when a job has ended, within the transaction that notes it."""
        job, kind = shown(seen).model_dump(), str(seen.row["kind"])
        mail = bool(self.config.mail.host) and not self.config.local
        add_for(connection, str(seen.row["user"]), f"job.{seen.state}", job, mail=mail)
        self.metrics.ended.labels(kind, seen.state).inc()
        if seen.result.get("seconds"):
            self.metrics.painting.labels(kind).observe(float(seen.result["seconds"]))
