"""Where a result goes: the file that was named, an unused name that is reserved meanwhile, or stdout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from impasto.cli.streams import STREAM, check_stdout, send, stdout_file
from impasto.errors import OutputError
from impasto.media.image import FORMATS
from impasto.media.names import Reservation, claim, reserve
from impasto.media.paths import is_folder
from impasto.settings.run import RunOptions

Default = Callable[[], tuple[str, str]]
"""What gives stem and suffix of the name where none was given."""


class Output:
    """The file at `path` that a result is written to; used as a context it gives a reserved name back.

    It is what `run` names, else what a job kept: `recorded`, which may have been `reserved` alone and belong to another run
    by now. `chosen` says that the program chose the name.
    """

    def __init__(
        self, run: RunOptions, default: Default, *, recorded: str = "", reserved: bool = False
    ) -> None:
        self.chosen, self.to_stdout, self._reservation = False, run.output == STREAM, None
        if self.to_stdout:
            check_stdout(run.json)
            self.path = stdout_file()
        elif _names_folder(run.output, default):
            suggestion = Path(run.output) / "".join(default())
            raise OutputError(f"'{run.output}' is a folder; name a file in it, such as '{suggestion}'")
        elif run.output or (recorded and not reserved):
            self.path = Path(run.output or recorded)
        else:
            self._reservation = _of_job(Path(recorded)) if recorded else reserve(Path.cwd(), *default())
            self.path, self.chosen = self._reservation.path, True

    @property
    def shown(self) -> str:
        """The path as a person is told it."""
        return STREAM if self.to_stdout else str(self.path)

    def send(self) -> None:
        """Hand on what was written where it goes to stdout; raises OutputError."""
        if self.to_stdout:
            send(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reservation is not None:
            self._reservation.release()


def _names_folder(output: str, default: Default) -> bool:
    """Tell whether an output is a folder where a picture is to be named; frames of a film go into one."""
    return output.endswith(("/", os.sep)) or (bool(output) and is_folder(output) and default()[1] in FORMATS)


def _of_job(path: Path) -> Reservation:
    """Return the name that was reserved for a job when it began, or another where that is in use by now."""
    found = None if os.path.lexists(path) else claim(path)
    return found or reserve(path.parent, path.stem, path.suffix)
