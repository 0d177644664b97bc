"""Bundled photos by which looks are made: some to train on, others to measure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from impasto.media.bundled import bundled_pictures

TRAINED_ON = "astronaut.png", "coffee.png", "rocket.jpg", "brick.png", "grass.png"
"""Bundled photos to train on, and some plain surfaces, which a look must cope with as well."""

UNSEEN = "chelsea.png", "eilean_donan.webp"
"""Bundled photos to measure on."""


def bundled(names: Iterable[str]) -> list[Path]:
    """Return the files of bundled photos."""
    return [bundled_pictures() / "photos" / name for name in names]
