"""The frames of a film, of the clip and of each pass, in a folder, so that memory does not grow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from cachetools import LRUCache
from PIL import Image
from torch import Tensor

from impasto.engine.schedule import Size
from impasto.errors import OutputError, option
from impasto.media.clip import Clip, losses_of
from impasto.media.image import Picture, image_of, load, save
from impasto.media.part import write_whole
from impasto.media.paths import is_file
from impasto.video.cuts import Differences, cuts
from impasto.video.names import CLIP, SOURCE

LISTS = ("times", "durations", "damaged", "firsts", "notes")


@dataclass(frozen=True)
class Reading:
    """Metadata of a clip: times and durations of its frames in seconds, and first frames of its shots.

    Times are fractions as strings. `damaged` are the numbers of unreadable frames, which are replaced by the
    previous one; `notes` are for the user, and `truncated` is whether the file was cut off.
    """

    times: tuple[str, ...]
    durations: tuple[str, ...]
    damaged: tuple[int, ...]
    firsts: tuple[int, ...]
    notes: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def losses(self) -> list[str]:
        """Descriptions of the unreadable parts of the clip."""
        return losses_of(len(self.damaged), self.truncated)

    def shown(self) -> Iterator[tuple[Fraction, Fraction]]:
        """Yield the time and duration of each frame."""
        for time, duration in zip(self.times, self.durations, strict=True):
            yield Fraction(time), Fraction(duration)


HELD = 12
"""Frames that are kept in memory: each is needed for several others, and decoding it takes longer."""


class Frames:
    """The frames of a film in a folder, numbered from 0, as 8-bit PNG files that are written atomically."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.size = folder, size
        self._held: LRUCache[Path, Picture] = LRUCache(HELD)
        self._lock = threading.Lock()  # flow is estimated in another thread

    def source(self, i: int) -> Path:
        """Return the path of frame i of the clip."""
        return self.folder / SOURCE / f"{i + 1:06d}.png"

    def painted(self, turn: int, i: int) -> Path:
        """Return the path of frame i of a pass, which exists once the frame is painted."""
        return self.folder / f"pass{turn}" / f"{i + 1:06d}.png"

    def array(self, i: int) -> np.ndarray[Any, Any]:
        """Return the pixels of frame i of the clip, uint8 `(H, W, 3)`."""
        return np.asarray(self._opened(self.source(i)).image)

    def pixels(self, path: Path) -> Tensor:
        """Return the pixels of a file, float32 `(1, 3, H, W)` in 0 to 255; raises PictureError."""
        return self._opened(path).pixels(self.size)

    def keep(self, turn: int, i: int, pixels: Tensor) -> None:
        """Save frame i of a pass; raises OutputError."""
        path, image = self.painted(turn, i), image_of(pixels)
        _save(image, path)
        with self._lock:
            self._held[path] = Picture(image, name=path.stem)

    def _opened(self, path: Path) -> Picture:
        """Return a frame as it is in its file; raises PictureError."""
        with self._lock:
            held = self._held.get(path)
        if held is None:
            held = load(path)
            with self._lock:
                self._held[path] = held
        return held

    def take(self, clip: Clip, start: Fraction | None, end: Fraction | None, fps: float) -> Reading:
        """Extract the frames of a part of a clip, unless already done.

        Raises PictureError, SettingsError and OutputError.
        """
        if (found := self.reading()) is not None:
            return found
        times, durations, damaged, differences = [], [], [], Differences()
        for i, shot in enumerate(clip.frames(start, end, fps or None)):
            image = shot.image.resize((self.size[1], self.size[0]), Image.Resampling.LANCZOS)
            _save(image, self.source(i))
            differences.add(np.asarray(image))
            times.append(str(shot.time))
            durations.append(str(shot.duration))
            damaged += [i] if shot.damaged else []
        firsts = tuple(cuts(differences.values))
        reading = Reading(
            tuple(times), tuple(durations), tuple(damaged), firsts, tuple(clip.notes), clip.truncated
        )
        write_whole(self.folder / CLIP, lambda file: file.write(json.dumps(asdict(reading)).encode()))
        return reading

    def reading(self) -> Reading | None:
        """Return the metadata of a completely extracted clip, else None."""
        found = self.listed()
        return found if found and all(is_file(self.source(i)) for i in range(len(found.times))) else None

    def listed(self) -> Reading | None:
        """Return the metadata of a clip that was extracted once, even if its frames are no longer there."""
        try:
            table = json.loads((self.folder / CLIP).read_text(encoding="utf-8"))
            return Reading(**{name: tuple(table[name]) for name in LISTS}, truncated=bool(table["truncated"]))
        except (OSError, ValueError, TypeError, LookupError):
            return None


def _save(image: Image.Image, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"cannot create folder '{path.parent}': {error.strerror or error}",
            f"free some space or choose another {option('job')}",
        ) from None
    save(image, path)
