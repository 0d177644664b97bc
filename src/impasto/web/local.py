"""Pictures as files of this machine, for a process that opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from impasto.looks.card import shipped
from impasto.web.orders import LOOK, look_file
from impasto.web.pictures import BUNDLED, Pictures, Row


class Local:
    """The files of a user's pictures, by their ids."""

    def __init__(self, pictures: Pictures, user: str) -> None:
        self._pictures, self._user = pictures, user
        self.copies: list[Path] = []

    def find(self, which: str) -> Row:
        """Return a picture; raises Refused with 404."""
        return self._pictures.the(self._user, which)

    def look(self, which: str) -> str:
        """Return the file of a look, of the one that was trained on a painting, or else of the painting."""
        known = shipped().get(which.removeprefix(BUNDLED)) if which.startswith(BUNDLED) else None
        return str(known) if known else self.path(which)

    def path(self, which: str) -> str:
        """Return the file of a picture or a look; raises Refused with 404."""
        if which.startswith(LOOK):
            return str(look_file(which))
        file, copied = self._pictures.file(self.find(which))
        if copied:
            self.copies.append(file)
        return str(file)


@contextmanager
def opened(pictures: Pictures, user: str) -> Iterator[Local]:
    """Open a user's pictures as files; copies are deleted in the end."""
    local = Local(pictures, user)
    try:
        yield local
    finally:
        for file in local.copies:
            file.unlink(missing_ok=True)
