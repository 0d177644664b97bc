"""Robust stdout and stderr: closed streams, full disks or broken pipes do not stop a run."""

from __future__ import annotations

import codecs
import io
import json
import os
import select
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from rich.progress import Progress

ERRORS = "impasto.plain"
"""Name of the codec error handler that replaces unsupported characters with ASCII."""

_SPELLED = {
    "…": "...",
    "‖": "|",
    "−": "-",
    "–": "-",
    "×": "x",
    "²": "2",
    "Δ": "d",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "½": "1/2",
    "ω": "w",
}


def spelled(text: str) -> str:
    """Return the text in ASCII: known symbols spelled out, accents removed, and others escaped."""
    letters = (
        _SPELLED.get(c)
        or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
        or ascii(c)[1:-1]
        for c in text
    )
    return "".join(letters)


def safe(text: str) -> str:
    """Return the text with control characters other than newlines escaped."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return spelled(error.object[error.start : error.end]), error.end


codecs.register_error(ERRORS, _spell)


class Sink(io.FileIO):
    """A writable file descriptor that keeps the first error in `lost` and then discards all data."""

    lost: OSError | None = None

    def write(self, data: Any) -> int:
        """Write, waiting for a slow reader; an error is stored instead of raised."""
        while self.lost is None:
            try:
                if (written := super().write(data)) is not None:
                    return written
                select.select([], [self], [])  # another process made the descriptor non-blocking
            except OSError as error:
                self.lost = error
        return memoryview(data).nbytes


class Streams:
    """Replaces stdout and stderr of this process with streams that never raise."""

    def __init__(self) -> None:
        _fill_closed_descriptors()
        self._sinks: dict[str, Sink] = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            self._replace(number, name)

    def lost(self) -> tuple[str, OSError] | None:
        """Flush both streams; return the name and error of the first that could not be written, or None."""
        for name, sink in self._sinks.items():
            getattr(sys, name).flush()
            if sink.lost is not None:
                return name, sink.lost
        return None

    def _replace(self, number: int, name: str) -> None:
        stream = getattr(sys, name)
        if sys.platform == "win32" and stream is not None and stream.isatty():
            return  # a Windows console has its own Unicode API
        sink = Sink(number, "w", closefd=False)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        wrapped = io.TextIOWrapper(io.BufferedWriter(cast(Any, sink)), encoding, ERRORS, line_buffering=True)
        setattr(sys, name, wrapped)
        self._sinks[name] = sink


def _fill_closed_descriptors() -> None:
    """Open the null device for closed standard descriptors, so that no output file gets their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the system assigns the lowest free number


def progress_bars() -> Progress:
    """Return progress bars on stderr with a description and a state, without markup."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)
    description, state = (
        TextColumn(f"{{task.{field}}}", markup=False) for field in ("description", "fields[state]")
    )
    return Progress(description, BarColumn(), state, console=console, transient=True)
