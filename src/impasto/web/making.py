"""The film of a picture's making: its previews, one melting into the next."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image

from impasto.media.film import Film, even

RATE = 24
"""Frames a second."""

SECONDS, SLOWEST = 8.0, 0.5
"""How long a film takes at most, and how long one preview melts into the next at most."""

HELD = 1.5
"""Seconds for which the last one is held."""


def write_making(jpegs: Sequence[bytes], file: Path) -> None:
    """Write a film of two or more previews, all at the size of the last one; raises OutputError."""
    with Image.open(io.BytesIO(jpegs[-1])) as last:
        height, width = even((last.height, last.width))
    with Film(file, (height, width), Fraction(RATE)) as film:
        for number, image in enumerate(_melting(jpegs, (width, height))):
            film.add(image, Fraction(number, RATE), Fraction(1, RATE))


def _melting(jpegs: Sequence[bytes], size: tuple[int, int]) -> Iterator[Image.Image]:
    between = max(1, round(RATE * min(SLOWEST, SECONDS / (len(jpegs) - 1))))
    before = _opened(jpegs[0], size)
    for jpeg in jpegs[1:]:
        after = _opened(jpeg, size)
        for part in range(between):
            yield Image.blend(before, after, part / between)
        before = after
    for _ in range(round(HELD * RATE)):
        yield before


def _opened(jpeg: bytes, size: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
