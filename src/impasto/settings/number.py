"""Validation of numbers from user input."""

from __future__ import annotations

import math
from typing import Any

from impasto.errors import SettingsError


def number(name: str, value: Any, kind: type) -> Any:
    """Convert a value to a finite int or float; raises SettingsError.

    >>> number("size", "512", int)
    512
    """
    wanted = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingsError(f"{name} must be {wanted}, got {value!r}")
    try:
        found = kind(value)
        exact = math.isfinite(found) and (kind is float or found == float(value))
    except (ValueError, OverflowError):
        raise SettingsError(f"{name} must be {wanted}, got '{str(value)[:40]}'") from None
    if not exact:
        raise SettingsError(f"{name} must be {wanted}, got {value}")
    return found
