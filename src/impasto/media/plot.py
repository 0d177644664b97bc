"""Line plots of series, drawn with Pillow: lines, two axes, and a name for each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from PIL import Image, ImageDraw

from impasto.media.grid import NAME, PAPER, WORDS, letters

COLOURS = ("#b5431f", "#1f5fb5", "#4a7a1f", "#7a3fa0")
"""Line colours in order; contrast 4:1 or more with the background."""

LETTERS = 16
"""Font size in pixels."""

LEFT, RIGHT, TOP, BOTTOM = 84, 24, 64, 56
"""Margins in pixels, for names and numbers."""

_FINER = 3
"""Supersampling factor, for antialiasing."""

_FAINT = "#d8d8d8"


class Line(NamedTuple):
    """A series: name, values (None for a gap), and a level, such as the mean, drawn as a dashed line."""

    name: str
    values: Sequence[float | None]
    level: float | None = None


class _Axes(NamedTuple):
    """The axes of a plot: size in pixels, numbers at the first and last value, and value at the top."""

    width: int
    height: int
    first: int
    last: int
    top: float

    def place(self, number: float, value: float) -> tuple[float, float]:
        across = (number - self.first) / max(1, self.last - self.first)
        inner_width, inner_height = self.width - LEFT - RIGHT, self.height - TOP - BOTTOM
        return LEFT + across * inner_width, TOP + (1 - value / self.top) * inner_height


def plot(
    lines: Sequence[Line], *, across: str, up: str, first: int = 1, size: tuple[int, int] = (960, 420)
) -> Image.Image:
    """Draw lines over numbers from `first`; `across` and `up` name the axes, `size` is width and height."""
    count = max((len(line.values) for line in lines), default=0)
    highest = max(
        (value for line in lines for value in (*line.values, line.level) if value is not None), default=0.0
    )
    step = _step(highest or 1.0, 5)
    axes = _Axes(*size, first, first + max(count - 1, 1), math.ceil((highest or 1.0) / step - 1e-9) * step)
    canvas = Image.new("RGB", (size[0] * _FINER, size[1] * _FINER), PAPER)
    pen = ImageDraw.Draw(canvas)
    heights = list(_ticks(0, axes.top, step))
    numbers = list(_ticks(first, axes.last, max(1, _step(axes.last - first, 10))))
    for value in heights:
        ends = [_finer(axes.place(first, value)), _finer(axes.place(axes.last, value))]
        pen.line(ends, fill=_FAINT, width=_FINER)
    for line, colour in zip(lines, COLOURS, strict=False):
        _draw(pen, line, colour, axes)
    canvas = canvas.resize(size, Image.Resampling.BOX)
    _write(ImageDraw.Draw(canvas), lines, axes, (heights, numbers), (across, up))
    return canvas


def _draw(pen: ImageDraw.ImageDraw, line: Line, colour: str, axes: _Axes) -> None:
    if line.level is not None:
        (left, y), (right, _) = axes.place(axes.first, line.level), axes.place(axes.last, line.level)
        for x in range(round(left), round(right), 12):
            pen.line([_finer((x, y)), _finer((min(x + 6, right), y))], fill=colour, width=_FINER)
    points = [(axes.first + i, value) for i, value in enumerate(line.values)]
    for missing, part in groupby(points, lambda point: point[1] is None):
        places = [_finer(axes.place(number, value)) for number, value in part if value is not None]
        if missing:
            continue
        if len(places) == 1:  # a single point between two gaps is drawn as a dot
            pen.circle(places[0], 2 * _FINER, fill=colour)
        pen.line(places, fill=colour, width=2 * _FINER, joint="curve")


def _write(
    pen: ImageDraw.ImageDraw,
    lines: Sequence[Line],
    axes: _Axes,
    ticks: tuple[list[float], list[float]],
    names: tuple[str, str],
) -> None:
    font, (heights, numbers) = letters(LETTERS), ticks
    x, foot = LEFT, axes.height - BOTTOM
    for line, colour in zip(lines, COLOURS, strict=False):
        pen.rectangle((x, 16, x + 20, 19), fill=colour)
        pen.text((x + 28, 8), line.name, fill=NAME, font=font)
        x += 28 + round(font.getlength(line.name)) + 32
    pen.text((8, TOP - LETTERS - 12), names[1], fill=WORDS, font=font)
    for value in heights:
        text = f"{value:.6g}"
        corner = LEFT - 8 - font.getlength(text), axes.place(axes.first, value)[1] - LETTERS * 0.6
        pen.text(corner, text, fill=WORDS, font=font)
    for number in numbers:
        text = f"{number:.0f}"
        pen.text((axes.place(number, 0)[0] - font.getlength(text) / 2, foot + 6), text, fill=WORDS, font=font)
    pen.text((LEFT, axes.height - LETTERS - 10), names[0], fill=WORDS, font=font)


def _finer(place: tuple[float, float]) -> tuple[float, float]:
    return place[0] * _FINER, place[1] * _FINER


def _step(span: float, parts: int) -> float:
    """Return 1, 2 or 5 times a power of ten, so that about `parts` steps make up the span."""
    rough = max(span, 1e-12) / parts
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _ticks(first: float, last: float, step: float) -> Iterator[float]:
    """Yield the multiples of a step between the first and the last."""
    begin = math.ceil(first / step - 1e-9)
    yield from (i * step for i in range(begin, math.floor(last / step + 1e-9) + 1))
