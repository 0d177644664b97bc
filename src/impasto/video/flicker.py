"""Measurement of flicker: changes of a stylized film that are not due to motion of its source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from PIL import Image
from torch import Tensor

from impasto.errors import PictureError, option
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
    """The warping errors of a film, `result`, and of its `source`, for each frame from the second on.

    They are None at the first frame of a shot, or if no flow to the previous frame is reliable. `shots` are
    the first frames of the shots, from 0; `notes` list unreadable parts of the files.
    """

    result: Errors
    source: Errors
    shots: tuple[int, ...] = (0,)
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Mean of the result's errors; 0 if there are none."""
        return _mean(self.result)

    @property
    def source_mean(self) -> float:
        """Mean of the source's errors: noise, changes of light, and errors of the flow."""
        return _mean(self.source)


def flicker(
    result: str | Path, source: str | Path, flow: str = "deepflow", *, start: str = "", fps: float = 0
) -> Flicker:
    """Measure the flicker of a film file against its source clip, with the start and frame rate of the film.

    Raises like `warping_errors`, and PictureError and SettingsError if a file is not a film or too short.
    """
    clip, film = Clip.open(source), Clip.open(result)
    selected = clip.frames(seconds_of(start, "start") if start else None, None, fps or None)
    readers = _Reader(clip, selected), _Reader(film, film.frames())
    measured = warping_errors(*readers, flow, (f"'{source}'", f"'{result}'"))
    if not measured.result:
        raise PictureError(
            f"'{result}' has a single frame, but flicker needs at least two; use a longer film"
        )
    return replace(measured, notes=tuple(note for reader in readers for note in reader.notes))


@dataclass
class _Reader:
    """The frames of a clip as arrays; after iteration, `notes` list its unreadable parts."""

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
    """Measure the flicker of a film against its source, which is resized to its size and may be longer.

    The error of frame i is the mean over pixels and channels of ((x(i) − ω(x(i−1)))/255)² where the flow ω of
    the source is reliable: the warping error of Lai et al. (Learning Blind Video Temporal Consistency, 2018,
    evaluation metrics), who average over pixels only. Pairs across cuts are ignored. Preferably use a
    different flow `method` than for the film; `deepflow` is accurate for small motion, `dis` also finds large
    motion. Two frames of each film are in memory.

    Raises PictureError if the source is shorter or has another aspect, and SettingsError like flow.estimator.
    """
    estimate, differences = estimator(method), Differences()
    errors: list[tuple[float | None, float | None]] = []
    before: tuple[Tensor, Tensor] | None = None
    for frame, painted in _together(source, result, names):
        differences.add(frame)
        if before:
            luma, previous = grey(frame), grey(before[0])
            flow, reverse = estimate(luma, previous), estimate(previous, luma)
            weights = reliability(flow, reverse)
            error = warping_error(painted, before[1], flow, weights)
            errors.append((error, warping_error(frame, before[0], flow, weights)))
        before = frame, painted
    shots = cuts(differences.values) if before else []
    for first in shots[1:]:
        errors[first - 1] = None, None
    return Flicker(tuple(error for error, _ in errors), tuple(error for _, error in errors), tuple(shots))


def warping_error(now: Tensor, before: Tensor, flow: Tensor, weights: Tensor) -> float | None:
    """Return the weighted mean of ((x − ω(x'))/255)² of a frame `(1, 3, H, W)`; None if all weights are 0."""
    change = ((now - warp(before, flow)[0]) / 255).square().mean(1, keepdim=True)
    total = float(weights.sum())
    return float((change * weights).sum()) / total if total else None


def draw(measured: Flicker) -> Image.Image:
    """Plot the errors of the result and the source over the frames, numbered from 1, with their means."""
    lines = [
        Line(f"painted, mean {measured.mean:.2g}", measured.result, measured.mean),
        Line(f"source, mean {measured.source_mean:.2g}", measured.source, measured.source_mean),
    ]
    return plot(lines, across="frame", up="warping error", first=2)


def _together(
    source: Iterable[Frame], result: Iterable[Frame], names: tuple[str, str]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pairs of frames of both films as pixels at the size of the result."""
    frames = iter(source)
    for i, painted in enumerate(result):
        if (frame := next(frames, None)) is None:
            raise PictureError(
                f"{names[0]} ends at frame {i}, before {names[1]}",
                f"give the clip that it was painted from, with its {option('start')} and {option('fps')}",
            )
        (height, width), (source_height, source_width) = size_of(painted), size_of(frame)
        # Scaling rounds sides to whole pixels, so aspects may differ slightly.
        difference = abs(source_width * height - source_height * width)
        if difference > max(height, width, source_height, source_width):
            raise PictureError(
                f"{names[1]} at {width}x{height} px and {names[0]} at {source_width}x{source_height} px "
                "have different aspects; give the clip that it was painted from"
            )
        yield pixels(frame, (height, width)), pixels(painted, (height, width))


def _mean(errors: Errors) -> float:
    known = [error for error in errors if error is not None]
    return fmean(known) if known else 0.0
