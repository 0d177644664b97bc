"""Video input: a film, a GIF or a folder of pictures, read frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from impasto.errors import PictureError
from impasto.media.folder import RATE, common_size, picture_at, pictures_in, shown_of
from impasto.media.moments import Shown, Time, at_rate, rate_of, span_of, within
from impasto.media.paths import is_folder
from impasto.media.probe import Facts, probe
from impasto.media.reel import Picture, Reel
from impasto.media.yuv import to_image

if TYPE_CHECKING:
    from av import VideoFrame

Frame = Shown[Image.Image]
"""An upright 8-bit sRGB picture with its time from the start of the span and its duration, in seconds."""


@dataclass
class Clip:
    """A video source and the facts known before it is read.

    `seconds` and `count` are read from the file; `count` is None if unknown. Once all frames have been read,
    `notes` holds the warnings for the user, and `truncated` tells whether the file was truncated.
    """

    path: Path
    facts: Facts
    files: list[Path] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    truncated: bool = False

    @classmethod
    def open(cls, path: str | Path) -> Clip:
        """Open a film, a GIF or a folder of pictures.

        Raises PictureError if it is none of these, and SettingsError if PyAV is not installed.
        """
        path = Path(path)
        if is_folder(path):
            files = pictures_in(path)
            return cls(path, Facts(common_size(files), RATE, len(files) / RATE, len(files)), files)
        facts = probe(path)
        return cls(path, facts, notes=list(facts.notes))

    @property
    def name(self) -> str:
        """Name of the file without its suffix, or of the folder."""
        return self.path.name if self.files else self.path.stem

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels, upright and with square pixels."""
        return self.facts.size

    @property
    def rate(self) -> Fraction:
        """Average frames per second."""
        return self.facts.rate

    @property
    def seconds(self) -> Fraction:
        """Duration in seconds."""
        return self.facts.seconds

    @property
    def count(self) -> int | None:
        """Number of frames, or None if unknown."""
        return self.facts.count

    @property
    def sound(self) -> bool:
        """Whether it has sound."""
        return self.facts.sound

    def frames(
        self, start: Time | None = None, end: Time | None = None, fps: Time | None = None
    ) -> Iterator[Frame]:
        """Yield the frames between two times in seconds, at their own times or at a constant `fps`.

        The first is the frame on screen at `start`. A folder's pictures are played at `fps`, by default 25.
        Transparent parts are white. A damaged frame is replaced by the one before. Raises SettingsError if
        the span is empty, and PictureError if no frame in it can be read.
        """
        rate = None if fps is None else rate_of(fps)
        seconds = len(self.files) / (rate or RATE) if self.files else self.seconds
        begin, finish = span_of(self.name, seconds, start, end)
        return self._pictures(rate or RATE, begin, finish) if self.files else self._film(rate, begin, finish)

    def _pictures(self, rate: Fraction, start: Fraction, end: Fraction | None) -> Iterator[Frame]:
        image, lost = None, 0
        for shot in within(shown_of(self.files, rate), start, end):
            image, damaged = picture_at(self.files, shot.image, self.size, image)
            lost += damaged
            yield Shown(image, shot.time, shot.duration, damaged)
        self._note(lost)

    def _film(self, rate: Fraction | None, start: Fraction, end: Fraction | None) -> Iterator[Frame]:
        reel, shots = self._reel(start)
        span = within(shots, start, end)
        source: VideoFrame | None = None
        lost = 0
        for shot in span if rate is None else at_rate(span, rate):
            if shot.image is not source:  # a repeated frame is already converted
                source, image = shot.image, to_image(shot.image, self.size, self.facts.turn)
            lost += shot.damaged
            yield Shown(image, shot.time, shot.duration, shot.damaged)
        if source is None:
            raise PictureError(
                f"'{self.path}' has no readable frame after {float(start):g} s; "
                "start earlier, or take another copy"
            )
        self.truncated = reel.cut
        self._note(lost)

    def _reel(self, start: Fraction) -> tuple[Reel, Iterator[Picture]]:
        """Start reading at a key frame before `start` if seeking works, else at the beginning."""
        if start > 0 and self.facts.clocked:
            reel = Reel(self.path, self.facts, start)
            shots = reel.shots()
            first = next(shots, None)
            if first is not None and first.time <= start and not reel.lost:
                return reel, chain([first], shots)
        reel = Reel(self.path, self.facts)
        return reel, reel.shots()

    def _note(self, lost: int) -> None:
        self.notes[:] = [*self.facts.notes, *losses_of(lost, self.truncated)]


def losses_of(damaged: int, truncated: bool) -> list[str]:
    """Return the notes on what could not be read of a clip."""
    notes = []
    if damaged:
        plural = "s" if damaged > 1 else ""
        notes.append(f"{damaged} damaged frame{plural}, each replaced by the one before")
    if truncated:
        notes.append("the file is truncated; the readable part was used")
    return notes
