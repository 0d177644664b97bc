"""Tables of the studio, in the database of its queue, so that a row and its job are written together."""

from __future__ import annotations

import sqlalchemy as sa

ID, SECRET = 32, 64
"""Lengths of an id, and of the SHA-256 of a secret in hexadecimal."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[float]:
    """Seconds since 1970, the same on SQLite and PostgreSQL."""
    return sa.Column(name, sa.Double, nullable=nullable)


def _secret() -> tuple[sa.Column[str], sa.Column[str]]:
    """The hash of a secret, by which its row is found, and an id that may be shown."""
    return (
        sa.Column("secret", sa.String(SECRET), primary_key=True),
        sa.Column("id", sa.String(ID), nullable=False, unique=True),
    )


def _owner(*, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(
        "user", sa.String(ID), sa.ForeignKey("studio_users.id", ondelete="CASCADE"), nullable=nullable
    )


users = sa.Table(
    "studio_users",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("admin", sa.Boolean, nullable=False),
    sa.Column("limits", sa.JSON, nullable=False),
    _moment("created"),
)
"""People. `password` is an Argon2 hash, empty for who has none; `limits` are those unlike the usual ones."""

sessions = sa.Table(
    "studio_sessions",
    metadata,
    *_secret(),
    _owner(),
    sa.Column("agent", sa.String(200), nullable=False),
    _moment("created"),
    _moment("seen"),
    sa.Index(None, "user"),
)
"""Browsers that are signed in. `secret` is the hash of their cookie."""

tokens = sa.Table(
    "studio_tokens",
    metadata,
    *_secret(),
    _owner(),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    _moment("created"),
    _moment("seen", nullable=True),
    _moment("expires", nullable=True),
    sa.Index(None, "user"),
)
"""Secrets of programs. `secret` is a hash, `scopes` are names of what it may do."""

links = sa.Table(
    "studio_links",
    metadata,
    *_secret(),
    sa.Column("purpose", sa.String(16), nullable=False),
    _owner(nullable=True),
    sa.Column("admin", sa.Boolean, nullable=False),
    _moment("created"),
    _moment("expires"),
)
"""Links that work once: an `invitation`, or a `reset` of the password of a user."""
