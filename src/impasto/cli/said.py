"""Errors in the words of the terminal: settings by their options, and the commands that help."""

from __future__ import annotations

from impasto.errors import ImpastoError, worded

_OPTIONS = {"output": "-o", "repaint": "--repaint"}
"""Options that are not called after their setting."""


def said(error: ImpastoError) -> str:
    """Return the message of an error as a terminal shows it."""
    return in_options(error.text)


def in_options(text: str) -> str:
    """Return a text in which settings are called by their options."""
    return worded(text, lambda name: _OPTIONS.get(name) or "--" + name.replace("_", "-"))
