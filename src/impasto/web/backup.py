"""All of a studio in one file, and back: the database as of one moment, and the files of the store."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path

import sqlalchemy as sa

from impasto.errors import OutputError, PictureError, QueueError
from impasto.media.part import write_whole
from impasto.queue.address import checked, store_beside

DATABASE, STORE = "database.sqlite", "store"
"""Names within the file."""

_OBJECT = re.compile(r"store/[\w./-]{1,300}", re.ASCII)


def back_up(url: str, store: str, target: Path) -> int:
    """Write a studio into a tar file, while it may go on; return the number of its files.

    Raises QueueError if it is not on this machine alone, and OutputError.
    """
    database, folder = _places(url, store)
    if not database.is_file():
        raise QueueError(f"there is no studio at '{database}'", "check the folder")
    with tempfile.TemporaryDirectory(dir=target.absolute().parent) as work:
        copy = Path(work) / DATABASE
        with sqlite3.connect(database, timeout=60) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        connection.close()
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
        done = 0

        def write(file: object) -> None:
            nonlocal done
            with tarfile.open(fileobj=file, mode="w|") as archive:  # type: ignore[call-overload]
                archive.add(copy, DATABASE)
                for path in files:
                    try:
                        archive.add(path, f"{STORE}/{path.relative_to(folder).as_posix()}")
                        done += 1
                    except FileNotFoundError:  # deleted meanwhile, and known to nobody
                        continue

        write_whole(target, write)
    return done


def restore(url: str, store: str, source: Path) -> int:
    """Put a studio back from its file, where there is none; return the number of its files.

    Raises QueueError, OutputError if there is one already, and PictureError if the file is damaged.
    """
    database, folder = _places(url, store)
    if database.exists() or (folder.is_dir() and any(folder.iterdir())):
        raise OutputError(f"there is a studio at '{database}' already", "move it away first")
    database.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=database.parent) as work:
        done = _unpacked(source, Path(work))
        (Path(work) / STORE).mkdir(exist_ok=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            folder.rmdir()
        shutil.move(Path(work) / STORE, folder)
        (Path(work) / DATABASE).replace(database)
    return done


def _unpacked(source: Path, work: Path) -> int:
    """Unpack what belongs to a studio, and nothing else; raises PictureError."""
    done = 0
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                known = member.name == DATABASE or _OBJECT.fullmatch(member.name)
                if not (member.isfile() and known and ".." not in member.name):
                    raise PictureError(f"'{source}' is no backup of a studio: it has '{member.name[:80]}'")
                archive.extract(member, work, filter="data")
                done += member.name != DATABASE
    except (OSError, tarfile.TarError, EOFError) as error:
        raise PictureError(f"cannot read backup '{source}': {error}", "take another copy") from None
    if not (work / DATABASE).is_file():
        raise PictureError(f"'{source}' is no backup of a studio: it has no database")
    return done


def _places(url: str, store: str) -> tuple[Path, Path]:
    """Return the file of the database and the folder of the store; raises QueueError for other kinds."""
    full, shown = checked(url)
    parsed, files = sa.make_url(full), store_beside(url, store)
    if parsed.drivername != "sqlite" or "://" in files:
        raise QueueError(
            f"'{shown}' is not in files of this machine",
            "use pg_dump for PostgreSQL, and copy its store by its own means",
        )
    return Path(str(parsed.database)), Path(files)
