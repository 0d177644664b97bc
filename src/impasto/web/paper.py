"""The papers that a picture fills, and how finely it is printed there."""

from __future__ import annotations

from typing import NamedTuple

PAPERS = {
    "A6": (105, 148),
    "A5": (148, 210),
    "A4": (210, 297),
    "A3": (297, 420),
    "A2": (420, 594),
    "A1": (594, 841),
    "A0": (841, 1189),
}
"""Sides in millimetres."""

LEAST, FINE = 100, 300
"""Dots per inch below which a print looks coarse even from afar, and above which nobody sees a difference."""


class Paper(NamedTuple):
    """A size of paper, the sides of the print on it in centimetres, and its dots per inch."""

    name: str
    width: float
    height: float
    dpi: int


def papers(width: int, height: int) -> list[Paper]:
    """Return the papers on which a picture of so many pixels can be printed, the smallest first."""
    found = []
    for name, (short, long) in PAPERS.items():
        scale = min(max(short, long) / max(width, height), min(short, long) / min(width, height))
        dpi = round(25.4 / scale)
        if dpi >= LEAST:
            found.append(Paper(name, round(width * scale / 10, 1), round(height * scale / 10, 1), dpi))
    return found
