"""Write a migration from the studio's tables as of the last one to those of `web/tables.py`.

python scripts/migration.py 0002 "what changes"
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config

from impasto.web.database import Database
from impasto.web.migrate import FOLDER, migrate


def main() -> None:
    """Write the migration of the number and the message that are given."""
    number, message = sys.argv[1:]
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s")
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'studio.sqlite'}")
        migrate(database)
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    main()
