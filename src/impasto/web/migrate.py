"""The tables of the studio brought to this version, by Alembic."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from impasto.errors import QueueError
from impasto.web.database import Database

FOLDER = Path(__file__).parent / "migrations"

VERSIONS = "studio_version"
"""The table that has the version of the others."""


def migrate(database: Database) -> None:
    """Create the tables, or change those of an earlier version; raises QueueError."""
    if _version(database) == max(path.stem for path in (FOLDER / "versions").glob("[0-9]*.py")):
        return
    from alembic import command  # which takes a while to import, and is seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(database: Database) -> str:
    """Return the version of the tables there are, empty if there are none."""
    with suppress(QueueError), database.read() as connection:
        if sa.inspect(connection).has_table(VERSIONS):
            return str(connection.execute(sa.text(f"SELECT version_num FROM {VERSIONS}")).scalar() or "")
    return ""
