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
    sa.Column("mail", sa.Boolean, nullable=False),
    _moment("created"),
)
"""People. `password` is an Argon2 hash, empty for who has none; `limits` are those unlike the usual ones.

Who wants `mail` gets one when a long job is done.
"""

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


pictures = sa.Table(
    "studio_pictures",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    _owner(),
    sa.Column("purpose", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("painter", sa.String(200), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("moving", sa.Boolean, nullable=False),
    sa.Column("suffix", sa.String(16), nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Double, nullable=True),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(SECRET), nullable=False),
    sa.Column("thumbnail", sa.String(SECRET), nullable=False),
    _moment("created"),
    sa.Index(None, "user", "created", "id"),
)
"""Uploads: a `purpose` (photo, painting or mask), and a `kind` (picture or clip); `moving` if a film."""

jobs = sa.Table(
    "studio_jobs",
    metadata,
    sa.Column("id", sa.String(SECRET), primary_key=True),
    _owner(),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("content", sa.String(64), nullable=True),
    sa.Column("styles", sa.JSON, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("source", sa.String(SECRET), nullable=True),
    sa.Column("draft", sa.Boolean, nullable=False),
    sa.Column("favourite", sa.Boolean, nullable=False),
    sa.Column("held", sa.Boolean, nullable=False),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("pixels", sa.BigInteger, nullable=False),
    _moment("created"),
    _moment("started", nullable=True),
    _moment("ended", nullable=True),
    _moment("deleted", nullable=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("result", sa.JSON, nullable=True),
    sa.Column("recipe", sa.Text, nullable=True),
    sa.Index(None, "user", "created", "id"),
    sa.Index(None, "ended"),
)
"""What users know of their jobs. Their state is the queue's until they have `ended`, when it is noted here.

`content` and `styles` are ids of pictures, `settings` those that were chosen. A `held` job waits until its
user has fewer others; `turn` is its place in the round of all users. `pixels` are those of the result.
"""

uses = sa.Table(
    "studio_uses",
    metadata,
    sa.Column("owner", sa.String(80), primary_key=True),
    sa.Column("sha256", sa.String(SECRET), primary_key=True),
    _owner(),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Index(None, "sha256"),
    sa.Index(None, "user"),
)
"""Who needs which object of the store: an `owner` is a picture or a job. What nobody needs is deleted."""

creations = sa.Table(
    "studio_creations",
    metadata,
    sa.Column("user", sa.String(ID), sa.ForeignKey("studio_users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("request", sa.String(SECRET), nullable=False),
    sa.Column("made", sa.String(SECRET), nullable=False),
    _moment("created"),
)
"""What was made for an idempotency key, and the hash of what was asked."""

shares = sa.Table(
    "studio_shares",
    metadata,
    *_secret(),
    _owner(),
    sa.Column("job", sa.String(SECRET), sa.ForeignKey("studio_jobs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("recipe", sa.Boolean, nullable=False),
    _moment("created"),
    _moment("expires", nullable=True),
    sa.Index(None, "job"),
)
"""Links to one result for whoever has them; with its recipe if the owner says so."""

hooks = sa.Table(
    "studio_hooks",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    _owner(),
    sa.Column("url", sa.String(2000), nullable=False),
    sa.Column("secret", sa.String(200), nullable=False),
    _moment("created"),
    sa.Column("error", sa.String(200), nullable=False),
    sa.Index(None, "user"),
)
"""Addresses told of a user's jobs. `secret` signs, so it is kept itself; `error` is of the last try."""

messages = sa.Table(
    "studio_messages",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    _owner(),
    sa.Column("hook", sa.String(ID), sa.ForeignKey("studio_hooks.id", ondelete="CASCADE"), nullable=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    _moment("due"),
    _moment("created"),
    sa.Index(None, "due"),
)
"""Messages to send: to a hook, or by e-mail to the user if there is none."""
