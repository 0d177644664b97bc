"""The log of a job: its events, numbered from 1, for any number of readers in any process."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from impasto.engine.events import Event, Step, as_record, from_record

LOG = "events.jsonl"

EVERY = 0.25
"""Seconds between two logged steps; the curve of losses has every step."""

_BLOCK = 1 << 16
"""Bytes of a log that are read at once."""


class Numbered(NamedTuple):
    """An event and its number in the log."""

    number: int
    event: Event


class Log:
    """The log in a job's folder; events that cannot be written are left out, and painting continues."""

    def __init__(self, folder: Path) -> None:
        self._path, self._number, self._stepped = folder / LOG, 0, 0.0
        with suppress(OSError):
            self._number = _repair(self._path)

    def add(self, event: Event) -> int:
        """Append an event and return its number, 0 if it is not logged."""
        if isinstance(event, Step):
            now = time.monotonic()
            if event.step < event.steps and now - self._stepped < EVERY:
                return 0
            self._stepped = now
        line = json.dumps({"number": self._number + 1} | as_record(event)) + "\n"
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError:
            return 0
        self._number += 1
        return self._number


def read(folder: str | os.PathLike[str], after: int = 0) -> list[Numbered]:
    """Return the events of a job's log with numbers greater than `after`; unknown ones are skipped.

    Only the end of the log is read, so that it may be followed often, however long it is.
    """
    found: list[Numbered] = []
    for line in _backwards(Path(folder) / LOG):
        if (number := _number(line)) and number <= after:
            break
        if event := _event(line):
            found.append(event)
    return found[::-1]


def write(folder: Path, events: Iterable[Numbered]) -> None:
    """Write events as the log of a job that is resumed on another machine; raises OSError."""
    lines = (json.dumps({"number": number} | as_record(event)) + "\n" for number, event in events)
    (folder / LOG).write_text("".join(lines), encoding="utf-8")


def newest(folder: Path, kind: type) -> Event | None:
    """Return the last event of a kind in a job's log; None if there is none."""
    found = (one.event for line in _backwards(folder / LOG) if (one := _event(line)))
    return next((event for event in found if isinstance(event, kind)), None)


def _backwards(path: Path) -> Iterator[str]:
    """Yield the complete lines of a file, the last first, and read no more of it than is used."""
    with suppress(OSError), path.open("rb") as file:
        start, rest, ended = file.seek(0, os.SEEK_END), b"", False
        while start:
            end, start = start, max(0, start - _BLOCK)
            file.seek(start)
            rest, *lines = (file.read(end - start) + rest).split(b"\n")
            for line in reversed(lines):
                if ended:  # what follows the last line break is not complete
                    yield line.decode("utf-8", "replace")
                ended = True
        if ended:
            yield rest.decode("utf-8", "replace")


def _event(line: str) -> Numbered | None:
    try:
        record = json.loads(line)
        return Numbered(int(record["number"]), from_record(record))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _repair(path: Path) -> int:
    """Remove an unfinished last line, and return the number of the last event; raises OSError."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        file.truncate(len(whole))
    numbers = map(_number, reversed(whole.decode("utf-8", "replace").splitlines()))
    return next(filter(None, numbers), 0)


def _number(line: str) -> int:
    """Return the number of a line, of an event of a later version too; 0 if it has none."""
    try:
        return int(json.loads(line)["number"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
