"""The tables of the studio brought to this version, by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from impasto.web.database import Database

FOLDER = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Create the tables, or change those of an earlier version; raises QueueError."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
