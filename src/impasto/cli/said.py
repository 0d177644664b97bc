"""Error messages for the terminal, in which settings are named by their options."""

from __future__ import annotations

from impasto.errors import ImpastoError, worded

_OPTIONS = {"output": "-o", "repaint": "--repaint"}
"""Options that are not named after their setting."""


def said(error: ImpastoError) -> str:
    """Return the message of an error for the terminal."""
    return in_options(error.text)


def in_options(text: str) -> str:
    """Return the text with settings replaced by their options."""
    return worded(text, lambda name: _OPTIONS.get(name) or "--" + name.replace("_", "-"))
