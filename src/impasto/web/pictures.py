"""Pictures that people have uploaded, and the paintings of the package."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from impasto.looks.card import shipped
from impasto.media.bundled import Painting, paintings
from impasto.web import once
from impasto.web.cursors import page
from impasto.web.database import Database, Taken
from impasto.web.files import Files, digest, picture_owner
from impasto.web.intake import looked_at
from impasto.web.problem import Refused, not_found
from impasto.web.secret import identity
from impasto.web.tables import pictures

Purpose = Literal["photo", "painting", "mask"]
Row = Mapping[str, Any]

BUNDLED = "bundled-"
"""What the ids of the package's paintings begin with."""

OWNER_OF_BUNDLED = "bundled"


class Pictures:
    """The pictures in a database, with their files in a store; uploads are worked on in `folder`."""

    def __init__(self, database: Database, files: Files, folder: Path) -> None:
        self.files, self.folder, self._database = files, folder, database
        self._lock = threading.Lock()

    def add(
        self,
        user: str,
        upload: Path,
        *,
        name: str,
        purpose: Purpose,
        title: str = "",
        painter: str = "",
        pixels: float = 0,
        key: str = "",
    ) -> Row:
        """Look at an uploaded file, keep it, and return its row; raises PictureError, and Refused."""
        sha256, size = digest(upload)
        request = once.fingerprint("picture", sha256, purpose)
        if (before := self._made(user, key, request)) is not None:
            return before
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            small = Path(folder) / "thumbnail.jpg"
            found = looked_at(upload, small, pixels)
            objects = {sha256: upload, digest(small)[0]: small}
            row = dict(
                id=identity(),
                user=user,
                purpose=purpose,
                name=name,
                title=title or _stem(name),
                painter=painter,
                bytes=size,
                sha256=sha256,
                thumbnail=digest(small)[0],
                created=time.time(),
                **found._asdict(),
            )
            try:
                with self._database.write() as connection:
                    once.note(connection, user, key, request, str(row["id"]))
                    connection.execute(pictures.insert().values(row))
                    sizes = [(one, file.stat().st_size) for one, file in objects.items()]
                    self.files.keep(connection, user, picture_owner(str(row["id"])), sizes)
            except Taken:  # the same request was faster
                with self._database.read() as connection:
                    return self.the(user, once.made(connection, user, key, request))
            try:
                for file in objects.values():
                    self.files.put(file)
            except BaseException:
                self.remove(user, str(row["id"]))
                raise
        return row

    def _made(self, user: str, key: str, request: str) -> Row | None:
        """Return the picture that a key has created; None if there is none, or if it is deleted."""
        with self._database.read() as connection:
            which = once.made(connection, user, key, request)
        with suppress(Refused):
            return self.the(user, which) if which else None
        with self._database.write() as connection:
            once.drop(connection, user, key)
        return None

    def listed(self, user: str, purpose: Purpose | None, search: str, cursor: str, count: int) -> list[Row]:
        """Return a page of a user's pictures, newest first, and one row more if there is another page."""
        wanted = sa.select(pictures).where(pictures.c.user == user)
        if purpose:
            wanted = wanted.where(pictures.c.purpose == purpose)
        for word in search.lower().split()[:10]:
            texts = pictures.c.name + " " + pictures.c.title + " " + pictures.c.painter
            wanted = wanted.where(sa.func.lower(texts).contains(word, autoescape=True))
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(page(wanted, pictures, cursor, count)).mappings()]

    def the(self, user: str, which: str) -> Row:
        """Return a picture of a user, or of the package; raises Refused with 404."""
        if which.startswith(BUNDLED):
            return self.bundled(which)
        wanted = sa.select(pictures).where(pictures.c.user == user, pictures.c.id == which)
        with self._database.read() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        if row is None:
            raise not_found("picture")
        return dict(row)

    def change(self, user: str, which: str, **values: Any) -> Row:
        """Change the title, painter, name or purpose of a picture; raises Refused with 404."""
        with self._database.write() as connection:
            mine = pictures.c.user == user, pictures.c.id == which
            if values:
                connection.execute(pictures.update().where(*mine).values(**values))
        return self.the(user, which)

    def remove(self, user: str, which: str) -> None:
        """Delete a picture; its bytes go with the last job that needs them. Raises Refused with 404."""
        with self._database.write() as connection:
            mine = pictures.c.user == user, pictures.c.id == which
            if not connection.execute(pictures.delete().where(*mine)).rowcount:
                raise not_found("picture")
            self.files.drop(connection, [picture_owner(which)])

    def bundled(self, which: str) -> Row:
        """Return a painting of the package as if it had been uploaded; raises Refused with 404."""
        known = {f"{BUNDLED}{painting.name}": painting for painting in paintings()}
        if which not in known:
            raise not_found("picture")
        return _row_of(which, known[which])

    def all_bundled(self) -> list[Row]:
        """Return the paintings of the package."""
        return [self.bundled(f"{BUNDLED}{painting.name}") for painting in paintings()]

    def thumbnail(self, row: Row) -> tuple[Path, bool]:
        """Return a file with the small picture, and whether it is a copy for the caller to delete."""
        if row["user"] == OWNER_OF_BUNDLED:
            return self._small(Path(row["file"])), False
        return self.files.file(row["thumbnail"])

    def file(self, row: Row) -> tuple[Path, bool]:
        """Return a file with the picture, and whether it is a copy for the caller to delete."""
        if row["user"] == OWNER_OF_BUNDLED:
            return Path(row["file"]), False
        return self.files.file(row["sha256"])

    def _small(self, file: Path) -> Path:
        """Return a file with the small picture of a painting of the package, made once."""
        small = self.folder / f"{file.stem}.jpg"
        with self._lock:
            if not small.is_file():
                part = small.with_suffix(".part")
                looked_at(file, part)
                part.replace(small)
        return small


@cache
def _row_of(which: str, painting: Painting) -> Row:
    """Return a painting of the package as if it had been uploaded."""
    sha256, size = digest(painting.file)
    return dict(
        id=which,
        user=OWNER_OF_BUNDLED,
        purpose="painting",
        kind="picture",
        name=painting.file.name,
        title=painting.title,
        painter=painting.painter,
        year=painting.year,
        licence=painting.licence,
        width=painting.width,
        height=painting.height,
        moving=False,
        seconds=None,
        suffix=painting.file.suffix,
        notes=[],
        bytes=size,
        sha256=sha256,
        created=0.0,
        file=str(painting.file),
        look=painting.name in shipped(),
    )


def _stem(name: str) -> str:
    """Return the name of a file as a title."""
    return Path(name).stem.replace("_", " ").strip()[:200]
