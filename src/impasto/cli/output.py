"""The output of a run: the given file, a reserved unused name, or stdout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self

from impasto.cli.streams import STREAM, check_stdout, send, stdout_file
from impasto.errors import OutputError
from impasto.media.formats import FORMATS
from impasto.media.names import Reservation, claim, reserve
from impasto.media.paths import is_folder
from impasto.settings.run import RunOptions

Default = Callable[[], tuple[str, str]]
"""A function that returns the stem and suffix of the default name."""


class Output:
    """The output file of a run, at `path`; a context manager that releases a reserved name.

    The file is the one in `run`, or else the one `recorded` by a job. If that name was only `reserved`,
    another run may have taken it since. `chosen` is true if the program chose the name.
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
        """The path as it is printed."""
        return STREAM if self.to_stdout else str(self.path)

    def send(self) -> None:
        """Copy the written file to stdout if that is the output; raises OutputError."""
        if self.to_stdout:
            send(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reservation is not None:
            self._reservation.release()


def _names_folder(output: str, default: Default) -> bool:
    """Return whether the output is a folder but a file is needed; frames of a film may go into a folder."""
    return output.endswith(("/", os.sep)) or (bool(output) and is_folder(output) and default()[1] in FORMATS)


def _of_job(path: Path) -> Reservation:
    """Return the name that was reserved when the job started, or another one if it is now in use."""
    found = None if os.path.lexists(path) else claim(path)
    return found or reserve(path.parent, path.stem, path.suffix)
