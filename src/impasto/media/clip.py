"""Moving pictures: a film, a GIF or a folder of pictures, read frame by frame."""

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
"""An upright 8-bit sRGB picture, its time from the start of the span and its duration, both in seconds."""


@dataclass
class Clip:
    """Moving pictures, and what is known of them before they are read.

    `seconds` and `count` are what the file says, the count None where it does not. When the frames have been read to their
    end, `notes` tell what a viewer should know, and `truncated` whether the file was cut off.
    """

    path: Path
    facts: Facts
    files: list[Path] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    truncated: bool = False

    @classmethod
    def open(cls, path: str | Path) -> Clip:
        """Open a film, a GIF or a folder of pictures; raises PictureError where it is none, and SettingsError without PyAV."""
        path = Path(path)
        if is_folder(path):
            files = pictures_in(path)
            return cls(path, Facts(common_size(files), RATE, len(files) / RATE, len(files)), files)
        facts = probe(path)
        return cls(path, facts, notes=list(facts.notes))

    @property
    def name(self) -> str:
        """The file's name without its ending, or the folder's."""
        return self.path.name if self.files else self.path.stem

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels, upright and square."""
        return self.facts.size

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return self.facts.rate

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return self.facts.seconds

    @property
    def count(self) -> int | None:
        """How many frames it has, where that is known."""
        return self.facts.count

    @property
    def sound(self) -> bool:
        """Whether it has any."""
        return self.facts.sound

    def frames(
        self, start: Time | None = None, end: Time | None = None, fps: Time | None = None
    ) -> Iterator[Frame]:
        """Yield frames one by one from a time to another, in seconds; at their own times, or at a rate of so many a second.

        The one that is on the screen at the start is the first. A folder's pictures are played at `fps`, or at 25 a second.
        Transparent parts are white. In the place of a damaged frame stands the one before. Raises SettingsError where
        nothing is in the span, and PictureError where nothing of it can be read.
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
            if shot.image is not source:  # else shown again, and converted already
                source, image = shot.image, to_image(shot.image, self.size, self.facts.turn)
            lost += shot.damaged
            yield Shown(image, shot.time, shot.duration, shot.damaged)
        if source is None:
            raise PictureError(
                f"'{self.path}' has no frame after {float(start):g} s that can be read; start earlier, or take another copy"
            )
        self.truncated = reel.cut
        self._note(lost)

    def _reel(self, start: Fraction) -> tuple[Reel, Iterator[Picture]]:
        """Begin to read at a key frame before a time where the film can be wound to it, else at the beginning."""
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
    """Say what of a clip could not be read."""
    notes = (
        [f"{damaged} damaged frame{'s' if damaged > 1 else ''}, each replaced by the one before"]
        if damaged
        else []
    )
    return [*notes, "the file is cut off; what could be read was read"] if truncated else notes
