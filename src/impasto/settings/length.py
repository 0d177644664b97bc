"""Conversion of lengths on paper to pixels."""

from __future__ import annotations

import re

from impasto.errors import SettingsError, option

_INCHES = {"mm": 1 / 25.4, "cm": 1 / 2.54, "in": 1.0}
_WRITTEN = re.compile(r"([+-]?\d+\.?\d*|[+-]?\.\d+)\s*([a-z]*)")


def is_length(text: str) -> bool:
    """Return whether a string is more than a plain number."""
    try:
        float(text)
    except ValueError:
        return bool(text.strip())
    return False


def pair(text: str) -> tuple[str, str] | None:
    """Split a size such as `1024x768` or `30cmx20cm` into width and height; None for a single length."""
    width, cross, height = text.strip().lower().partition("x")
    return (width, height) if cross and height and not width.endswith("p") else None


def pixels(name: str, text: str, dpi: int) -> int:
    """Return a length such as `30cm`, `300mm`, `12in` or `1024px` in pixels; raises SettingsError."""
    written = _WRITTEN.fullmatch(text.strip().lower())
    if not written or written[2] not in {*_INCHES, "px"}:
        raise SettingsError(
            f"{name} must be in pixels, mm, cm or in, got '{text}'; write such as 1024, 30cm or 12in"
        )
    number, unit = float(written[1]), written[2]
    if number <= 0:
        raise SettingsError(f"{name} must be > 0, got '{text}'; write such as 1024, 30cm or 12in")
    if unit == "px":
        return round(min(number, 1e12))
    if not dpi:
        raise SettingsError(f"{name} {text} needs {option('dpi')}, such as {option('dpi')} 300")
    # The cap keeps absurd lengths finite; the range check of the setting rejects them.
    return round(min(number * _INCHES[unit] * dpi, 1e12))
