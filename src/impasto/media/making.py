"""The film of a picture's making: its previews, one melting into the next."""

from __future__ import annotations

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


def write_making(pictures: Sequence[str], file: Path) -> None:
    """Write a film of the files of two or more previews, at the size of the last one; raises OutputError."""
    with Image.open(pictures[-1]) as last:
        height, width = even((last.height, last.width))
    with Film(file, (height, width), Fraction(RATE)) as film:
        for number, image in enumerate(_melting(pictures, (width, height))):
            film.add(image, Fraction(number, RATE), Fraction(1, RATE))


def _melting(pictures: Sequence[str], size: tuple[int, int]) -> Iterator[Image.Image]:
    between = max(1, round(RATE * min(SLOWEST, SECONDS / (len(pictures) - 1))))
    before = _opened(pictures[0], size)
    for picture in pictures[1:]:
        after = _opened(picture, size)
        for part in range(between):
            yield Image.blend(before, after, part / between)
        before = after
    for _ in range(round(HELD * RATE)):
        yield before


def _opened(picture: str, size: tuple[int, int]) -> Image.Image:
    with Image.open(picture) as image:
        return image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
