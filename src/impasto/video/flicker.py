"""Flicker: how much a painted film changes where its source only moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from PIL import Image
from torch import Tensor

from impasto.errors import PictureError
from impasto.media.clip import Clip, losses_of
from impasto.media.moments import Shown, seconds_of
from impasto.media.plot import Line, plot
from impasto.video.consistency import reliability
from impasto.video.cuts import Differences, cuts
from impasto.video.flow import estimator
from impasto.video.frame import Frame, grey, pixels, size_of
from impasto.video.warp import warp

Errors = tuple[float | None, ...]
NAMES = "the source", "the film"


@dataclass(frozen=True)
class Flicker:
    """The warping errors of a film, `result`, and of its `source`, frame by frame from the second on.

    None where a shot begins, or nothing of a frame was to be seen in the one before. `shots` are the first frames of the
    shots, from 0; `notes` say what of the two could not be read.
    """

    result: Errors
    source: Errors
    shots: tuple[int, ...] = (0,)
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """The mean of the result's errors; 0 where there are none."""
        return _mean(self.result)

    @property
    def source_mean(self) -> float:
        """The mean of the source's own: noise, light that changes, and what the flow did not find."""
        return _mean(self.source)


def flicker(
    result: str | Path, source: str | Path, flow: str = "deepflow", *, start: str = "", fps: float = 0
) -> Flicker:
    """Measure the flicker of a film in a file against the clip that it was painted from, from a time on and at a rate where those were given.

    Raises as `warping_errors`, and PictureError and SettingsError for what is no film or too short.
    """
    clip, film = Clip.open(source), Clip.open(result)
    wanted = clip.frames(seconds_of(start, "start") if start else None, None, fps or None)
    read = _Read(clip, wanted), _Read(film, film.frames())
    found = warping_errors(*read, flow, (f"'{source}'", f"'{result}'"))
    if not found.result:
        raise PictureError(f"'{result}' has one frame, and flicker is between two; measure a longer film")
    return replace(found, notes=tuple(note for one in read for note in one.notes))


@dataclass
class _Read:
    """The frames of a clip as arrays, and, once they are read, what of them could not be."""

    clip: Clip
    frames: Iterator[Shown[Image.Image]]
    damaged: int = 0

    def __iter__(self) -> Iterator[Frame]:
        for shown in self.frames:
            self.damaged += shown.damaged
            yield np.asarray(shown.image)

    @property
    def notes(self) -> list[str]:
        return [f"'{self.clip.path}': {note}" for note in losses_of(self.damaged, self.clip.truncated)]


def warping_errors(
    source: Iterable[Frame], result: Iterable[Frame], method: str = "deepflow", names: tuple[str, str] = NAMES
) -> Flicker:
    """Measure the flicker of a film against its source, which is brought to its size and may go on longer; memory holds two frames of each.

    The error of frame i is the mean over pixels and channels of ((x(i) − ω(x(i−1)))/255)², where the flow ω of the source
    can be trusted: the warping error of Lai et al. (Learning Blind Video Temporal Consistency, 2018, evaluation metrics), whose
    mean is taken over pixels alone. Pairs across cuts are left out. The `method` of the flow is best another one than
    the film was painted with; `deepflow` sees no more than small motion, where `dis` sees large.

    Raises PictureError where the source is shorter or of another aspect, and SettingsError as flow.estimator.
    """
    estimate, differences = estimator(method), Differences()
    errors: list[tuple[float | None, float | None]] = []
    before: tuple[Tensor, Tensor] | None = None
    for frame, painted in _together(source, result, names):
        differences.add(frame)
        if before:
            light, earlier = grey(frame), grey(before[0])
            flow, reverse = estimate(light, earlier), estimate(earlier, light)
            weights = reliability(flow, reverse)
            errors.append(
                (
                    warping_error(painted, before[1], flow, weights),
                    warping_error(frame, before[0], flow, weights),
                )
            )
        before = frame, painted
    shots = cuts(differences.values) if before else []
    for first in shots[1:]:
        errors[first - 1] = None, None
    return Flicker(tuple(error for error, _ in errors), tuple(error for _, error in errors), tuple(shots))


def warping_error(now: Tensor, before: Tensor, flow: Tensor, weights: Tensor) -> float | None:
    """Return the mean of ((x − ω(x'))/255)² over a frame, `(1, 3, H, W)`, where the `flow` between them is to be trusted; None where it nowhere is."""
    change = ((now - warp(before, flow)[0]) / 255).square().mean(1, keepdim=True)
    total = float(weights.sum())
    return float((change * weights).sum()) / total if total else None


def draw(measured: Flicker) -> Image.Image:
    """Draw the errors over the frames, numbered from 1, the result's and the source's, with the mean of each."""
    lines = [
        Line(f"painted, mean {measured.mean:.2g}", measured.result, measured.mean),
        Line(f"source, mean {measured.source_mean:.2g}", measured.source, measured.source_mean),
    ]
    return plot(lines, across="frame", up="warping error", first=2)


def _together(
    source: Iterable[Frame], result: Iterable[Frame], names: tuple[str, str]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the frames of both films as pixels at the size of the result."""
    frames = iter(source)
    for i, painted in enumerate(result):
        if (frame := next(frames, None)) is None:
            raise PictureError(
                f"{names[0]} ends with frame {i} and {names[1]} goes on; name the clip that it was painted from, and its --start and --fps"
            )
        (height, width), (own_height, own_width) = size_of(painted), size_of(frame)
        # Either may be the other, scaled and rounded to whole pixels.
        if abs(own_width * height - own_height * width) > max(height, width, own_height, own_width):
            sides = f"{names[1]} of {width}x{height} px has not the aspect of {names[0]}, {own_width}x{own_height} px"
            raise PictureError(f"{sides}; compare it with the clip that it was painted from")
        yield pixels(frame, (height, width)), pixels(painted, (height, width))


def _mean(errors: Errors) -> float:
    known = [error for error in errors if error is not None]
    return fmean(known) if known else 0.0
