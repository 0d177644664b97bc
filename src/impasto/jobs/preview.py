"""The newest small picture of a job, in its folder, for whoever looks; it says when it was drawn."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from impasto.engine.events import Event, FrameDone, Painted, Preview, ScaleDone, Step
from impasto.errors import ImpastoError
from impasto.jobs.folder import PREVIEW
from impasto.jobs.kinds import Run

FIRST = 0.5
"""Seconds before the first preview, which people wait for."""

EVERY, PART_OF_TIME = 3.0, 0.01
"""Seconds between two previews at least, and the share of the time that they may take."""

LONG_SIDE, QUALITY = 512, 85


class Place(NamedTuple):
    """How far a job was: its scale from 1, and its step over all scales; of a film 1, and its frame."""

    scale: int = 0
    step: int = 0


class Thumbnail:
    """What keeps the newest preview of a job in its folder; what cannot be written is left out."""

    def __init__(self, folder: Path) -> None:
        self._path, self._next = folder / PREVIEW, time.monotonic() + min(FIRST, EVERY)
        self._place = Place()

    def update(self, run: Run, event: Step | ScaleDone | FrameDone | Painted) -> Iterator[Event]:
        """Write a preview if one is due, or a scale or the run is complete, and yield its event."""
        self._place = _place_of(event, self._place)
        last = isinstance(event, Painted) or (isinstance(event, Step) and event.step == event.steps)
        if time.monotonic() < self._next and not last and not isinstance(event, ScaleDone):
            return
        began = time.perf_counter()
        written = False
        with suppress(OSError, ImpastoError):
            self._write(run.image())
            written = True
        self._next = time.monotonic() + max(EVERY, (time.perf_counter() - began) / PART_OF_TIME)
        if written and isinstance(event, Step | FrameDone) and not last:
            yield Preview(self._place.step)

    def _write(self, image: Image.Image) -> None:
        small = image.convert("RGB")
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=QUALITY, comment="{} {}".format(*self._place).encode())
        part = self._path.with_name(self._path.name + ".part")
        part.write_bytes(file.getvalue())
        part.replace(self._path)


def _place_of(event: Step | ScaleDone | FrameDone | Painted, before: Place) -> Place:
    if isinstance(event, Step):
        return Place(event.scale, event.step)
    if isinstance(event, ScaleDone):
        return before
    return Place(1, event.frame) if isinstance(event, FrameDone) else Place(1, 1)


def place_of(jpeg: bytes) -> Place:
    """Return how far a job was at a preview; zeros if it does not say."""
    with suppress(OSError, ValueError, TypeError), Image.open(io.BytesIO(jpeg)) as image:
        return Place(*map(int, image.info["comment"].split()))
    return Place()


def preview(folder: Path) -> bytes | None:
    """Return the newest preview of a job, a JPEG; None before the first."""
    try:
        return (folder / PREVIEW).read_bytes()
    except OSError:
        return None
