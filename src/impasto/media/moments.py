"""Times in a film: parsing, and sequences of frames cut to a span or resampled to another rate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Generic, TypeVar

from impasto.errors import SettingsError

Time = Fraction | int | float
"""Seconds; a Fraction is exact."""

Kind = TypeVar("Kind")

_WRITTEN = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+\.?\d*|\.\d+)\s*s?")
_FINEST = 1001
"""Largest denominator of a frame rate, as in 30000/1001 for 29.97."""


@dataclass(frozen=True)
class Shown(Generic[Kind]):
    """A picture with its time and duration in seconds; `damaged` if the one before replaces it."""

    image: Kind
    time: Fraction
    duration: Fraction
    damaged: bool = False

    @property
    def end(self) -> Fraction:
        """When it stops being shown, in seconds."""
        return self.time + self.duration


def seconds_of(text: str, name: str = "time") -> Fraction:
    """Parse a time such as `90`, `2.5s`, `1:02.5` or `1:00:02` into exact seconds; raises SettingsError."""
    written = _WRITTEN.fullmatch(text.strip().lower())
    hours, minutes, seconds = written.groups("") if written else ("", "", "0")
    if not written or (minutes and float(seconds) >= 60) or (hours and int(minutes) >= 60):
        raise SettingsError(
            f"{name} must be seconds or minutes:seconds, got '{text}'; write it as 90, 2.5s or 1:02.5"
        )
    return (int(hours or 0) * 60 + int(minutes or 0)) * 60 + Fraction(seconds.rstrip("."))


def rate_of(fps: Time) -> Fraction:
    """Return frames per second as a fraction; raises SettingsError unless above 0 and below 1000."""
    if not 0 < fps < 1000:
        raise SettingsError(f"fps must be > 0 and < 1000, got {float(fps):g}; use a rate such as 12 or 25")
    return exact(fps, _FINEST)


def span_of(
    name: str, seconds: Fraction, start: Time | None, end: Time | None
) -> tuple[Fraction, Fraction | None]:
    """Return a span of a film, its end None if it is the film's; raises SettingsError if it is empty."""
    begin, finish = exact(start or 0), None if end is None else exact(end)
    if begin < 0 or (finish is not None and finish <= begin):
        raise SettingsError(
            f"a span must start at 0 or later and end after that, "
            f"got {float(begin):g} to {float(finish or 0):g} s; change start or end"
        )
    if begin >= seconds:
        raise SettingsError(
            f"start must be before the end of '{name}' at {float(seconds):.6g} s, "
            f"got {float(begin):.6g} s; start earlier"
        )
    return begin, finish


def exact(time: Time, finest: int = 1_000_000) -> Fraction:
    """Return a number as a fraction; a float becomes the nearest one with a denominator up to `finest`."""
    return Fraction(time).limit_denominator(finest) if isinstance(time, float) else Fraction(time)


def within(shots: Iterator[Shown[Kind]], start: Fraction, end: Fraction | None) -> Iterator[Shown[Kind]]:
    """Yield the frames shown in a span, timed from its start; the first and the last are cut to it."""
    for shot in shots:
        if end is not None and shot.time >= end:
            return
        begin, finish = max(shot.time, start), shot.end if end is None else min(shot.end, end)
        if finish > start:
            yield replace(shot, time=begin - start, duration=finish - begin)


def at_rate(shots: Iterator[Shown[Kind]], rate: Fraction) -> Iterator[Shown[Kind]]:
    """Resample frames that begin at 0 to a constant rate.

    Each tick shows the last frame whose start rounds to that tick or an earlier one. A frame thus moves by at
    most half a tick, and long frames stay long.
    """
    tick, held, step = 0, None, 1 / rate
    for shot in shots:
        while held is not None and (tick + Fraction(1, 2)) * step <= shot.time:
            yield replace(held, time=tick * step, duration=step)
            tick += 1
        held = shot
    if held is not None:
        for late in range(tick, max(1, int(held.end * rate + Fraction(1, 2)))):
            yield replace(held, time=late * step, duration=step)
