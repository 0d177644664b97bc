"""What the studio's server is told: where its database is, who may reach it, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one user may do; 0 for no limit."""

    running: int = 2
    """Jobs that are painted, or are next, at a time."""
    waiting: int = 100
    """Jobs that have not begun."""
    megapixels_a_day: float = 2000.0
    """Pixels of results in 24 hours, in millions."""
    megabytes: float = 20_000.0
    """Bytes of pictures and results that are kept, in millions."""

    def changed(self, values: Mapping[str, float]) -> Limits:
        """Return the limits with those of a user in place; unknown ones are ignored."""
        usual = asdict(self)
        return Limits(**{name: type(one)(values.get(name, one)) for name, one in usual.items()})


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A server for e-mail; without a `host` none is sent."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = ""
    sender: str = ""
    tls: bool = True


@dataclass(frozen=True, kw_only=True)
class Keep:
    """For how many days what is kept; 0 for ever."""

    deleted: float = 1
    """Deleted jobs, whose deletion can be undone until then."""
    unused: float = 30
    """Photos and masks that no job uses."""
    checkpoints: float = 7
    """What a job has painted on the way, to branch from, after its end."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The configuration of a server.

    The queue, with the studio's tables, is in the `database`; files are in the `store`, by default beside an
    SQLite database; uploads pass through the `folder`. With `local` there is one user without a password, for
    browsers on this machine alone. `address` is that under which browsers reach the server, with the
    `base_path`. Webhooks are sent to `private` addresses of the network only if allowed.
    """

    database: str
    folder: Path
    store: str = ""
    address: str = "http://127.0.0.1:8300"
    base_path: str = ""
    local: bool = True
    private: bool = False
    upload_megabytes: float = 200
    upload_megapixels: float = 250
    limits: Limits = field(default_factory=Limits)
    keep: Keep = field(default_factory=Keep)
    mail: Mail = field(default_factory=Mail)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the server by TLS."""
        return self.address.startswith("https:")
