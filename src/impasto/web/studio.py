"""All that the routes of one server share."""

from __future__ import annotations

from functools import cached_property

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from impasto.web.accounts import Accounts, User
from impasto.web.config import Config
from impasto.web.database import Database
from impasto.web.migrate import migrate

OWNER = "owner@localhost"
"""The address of the one user of a local studio, who has no password."""

LOGINS = RateLimitItemPerMinute(10, 5)
"""Attempts to sign in to an account, and as many from an address, in five minutes."""


class Studio:
    """The state of a server. Raises QueueError if the database cannot be reached."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.database = Database(config.database)
        migrate(self.database)
        self.accounts = Accounts(self.database)
        self._logins = MovingWindowRateLimiter(MemoryStorage())

    @cached_property
    def owner(self) -> User:
        """The one user of a local studio."""
        return self.accounts.owner(OWNER)

    def url(self, path: str) -> str:
        """Return the address of a page, as browsers see it."""
        return self.config.address.rstrip("/") + self.config.base_path + path

    def may_try(self, *keys: str) -> bool:
        """Count an attempt to give a password by its account and address; return whether there were few."""
        few = [self._logins.hit(LOGINS, key) for key in keys]  # each is counted
        return all(few)

    def close(self) -> None:
        """Close the connections."""
        self.database.close()
