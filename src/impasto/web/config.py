"""What the studio's server is told: where its database is, who may reach it, and its limits."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one user may do; 0 for no limit."""

    running: int = 2
    """Jobs that are painted at a time."""
    waiting: int = 100
    """Jobs that wait."""
    megapixels_a_day: float = 2000
    """Pixels of results in 24 hours, in millions."""
    megabytes: float = 20_000
    """Bytes of pictures and results that are kept, in millions."""
    upload_megabytes: float = 200
    """Bytes of one upload, in millions."""
    upload_megapixels: float = 250
    """Pixels of one upload, in millions."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The configuration of a server.

    With `local` there is one user without a password, for browsers on this machine alone. `address` is that
    under which browsers reach the server, with the `base_path`.
    """

    database: str
    address: str = "http://127.0.0.1:8300"
    base_path: str = ""
    local: bool = True
    limits: Limits = field(default_factory=Limits)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the server by TLS."""
        return self.address.startswith("https:")
