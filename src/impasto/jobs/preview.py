"""The newest small picture of a job, in its folder, for whoever looks."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from impasto.engine.events import Event, FrameDone, Painted, Preview, Step
from impasto.errors import ImpastoError
from impasto.jobs.folder import PREVIEW
from impasto.jobs.kinds import Run

EVERY, PART_OF_TIME = 3.0, 0.01
"""Seconds between two previews at least, and the share of the time that they may take."""

LONG_SIDE, QUALITY = 512, 85


class Thumbnail:
    """What keeps the newest preview of a job in its folder; what cannot be written is left out."""

    def __init__(self, folder: Path) -> None:
        self._path, self._next = folder / PREVIEW, time.monotonic() + EVERY

    def update(self, run: Run, event: Step | FrameDone | Painted) -> Iterator[Event]:
        """Write a preview if one is due or the run is complete, and yield its event."""
        last = isinstance(event, Painted) or (isinstance(event, Step) and event.step == event.steps)
        if time.monotonic() < self._next and not last:
            return
        began = time.perf_counter()
        written = False
        with suppress(OSError, ImpastoError):
            self._write(run.image())
            written = True
        self._next = time.monotonic() + max(EVERY, (time.perf_counter() - began) / PART_OF_TIME)
        if written and not last and not isinstance(event, Painted):
            yield Preview(event.step if isinstance(event, Step) else event.frame)

    def _write(self, image: Image.Image) -> None:
        small = image.convert("RGB")
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=QUALITY)
        part = self._path.with_name(self._path.name + ".part")
        part.write_bytes(file.getvalue())
        part.replace(self._path)


def preview(folder: Path) -> bytes | None:
    """Return the newest preview of a job, a JPEG; None before the first."""
    try:
        return (folder / PREVIEW).read_bytes()
    except OSError:
        return None
