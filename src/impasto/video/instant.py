"""Films painted with looks: each frame in one pass, steadied by the frames before it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from impasto.engine.events import Event, FrameBegun, FrameDone, Preview
from impasto.engine.schedule import Size, fit_long
from impasto.looks.instant import MOST, Instant
from impasto.looks.manner import WORKING
from impasto.looks.painter import Fixed, Painter
from impasto.losses.moment import Moment
from impasto.recipe.change import Now
from impasto.settings import Settings
from impasto.stills.enlarge import enlarged
from impasto.video.passes import merged
from impasto.video.shots import Shot, shots_of
from impasto.video.stylize import Filming, Model

HALF = 6.0
"""The temporal weight at which a frame is half itself and half the one before it, warped."""


class InstantFilming(Filming):
    """A film painted with looks, named or files, as styles; see Filming.

    All frames of a shot are recoloured and normalised as its first one, and what they show again stays close
    to what was painted before, by the same flow and masks as in other films. Frames larger than WORKING are
    painted at that size, so that a film is painted at the speed of the machine.
    """

    @property
    def offsets(self) -> tuple[int, ...]:
        """The nearest offset alone: flow takes longer than painting, and holding to more gained little."""
        return self.settings.offsets[:1]

    @property
    def _looks(self) -> Instant:
        assert isinstance(self.model, Instant)
        return self.model

    def _model(self, blank: Image.Image, settings: Settings, device: str) -> Model:
        options = dict[str, Any](command="video", device=device, stock=self.stock)
        return Instant(blank, list(self.styles), settings, **options)

    def _notes(self) -> Iterator[Event]:
        return iter(())

    def _fit(self, place: tuple[int, int], shot: Shot, colours: Tensor) -> Iterator[Event]:
        return iter(())

    def _is_known(self, key: str) -> bool:
        return True

    def _paint(self, place: tuple[int, int], i: int, moment: Moment, key: str) -> Iterator[Event]:
        turn, self._begun, now = place[0], place, self._now(place)
        where = (i + 1, self.count, turn, self._turns)
        yield FrameBegun(*where, self._seconds_left(turn))
        began = time.perf_counter()
        painted = steadied(self._painted(i, moment, now), moment, now.settings.temporal_weight)
        self.frames.keep(turn, i, painted)
        seconds = time.perf_counter() - began
        self._seconds[False].append(seconds)
        self.seconds, self._newest = self.seconds + seconds, (turn, i)
        yield FrameDone(*where, seconds, {})
        if self.previews:
            yield Preview(i + 1, self._finished(i, painted))

    def _painted(self, i: int, moment: Moment, now: Now) -> Tensor:
        """Return frame i as painted by itself, at the size of the film."""
        painter, fixed = self._painter(self._shot_of(i), moment, now)
        small = painter.paint(self._at(i, self._working(now.settings)), fixed)
        if small.shape[2:] == self.size:
            return small
        if small.shape[2] < self.size[0]:
            return enlarged(small, self.size).clamp(0, 255)
        return F.interpolate(small, self.size, mode="bilinear", antialias=True)

    def _painter(self, shot: Shot, moment: Moment, now: Now) -> tuple[Painter, Sequence[Fixed]]:
        """Return the painter of a shot, and what all its frames share."""
        key = (shot.first, now)
        if self._known_painter is None or self._known_painter[0] != key:
            size, count = self._working(now.settings), len(self._looks.looks)
            regions = self._looks.masks.at(size, [size] * count)
            painter = Painter(self._looks.looks, now, regions, self.model.device)
            assert moment.shot is not None
            fixed = painter.fixed(self._at(shot.first, size), torch.cat(list(moment.shot), 1)[None])
            self._known_painter = key, painter, fixed
        return self._known_painter[1:]

    _known_painter: tuple[tuple[int, Now], Painter, list[Fixed]] | None = None

    def _at(self, i: int, size: Size) -> Tensor:
        """Return the pixels of frame i of the clip at a height and width."""
        pixels = self.frames.pixels(self.frames.source(i))
        if pixels.shape[2:] == size:
            return pixels
        return F.interpolate(pixels, size, mode="bilinear", antialias=True)

    def _working(self, settings: Settings) -> Size:
        long_side = min(WORKING, max(self.size)) / settings.brush
        return fit_long(self.size, min(MOST, long_side))

    def _shot_of(self, i: int) -> Shot:
        assert self.reading is not None
        shots = shots_of(self.reading.firsts, self.count)
        return next(shot for shot in shots if shot.first <= i < shot.end)


def steadied(painted: Tensor, moment: Moment, weight: float) -> Tensor:
    """Return a painted frame `(1, 3, H, W)`, closer to the pictures before it where these may be trusted.

    The minimum of ‖x − painted‖² · HALF + weight · Σ c‖x − before‖² for the weights c of the pictures.
    """
    if not moment.before:
        return painted
    picture, trust = merged(moment.before)
    return torch.lerp(painted, picture, weight * trust / (weight * trust + HALF))
