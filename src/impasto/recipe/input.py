"""Inputs of a result, and references to them in the settings of a recipe."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from impasto.settings import Settings
from impasto.settings.option import Setting, described

REFERENCE = "input:"
"""Prefix of references in settings: `input:2` is the third input of the recipe."""


@dataclass(frozen=True, kw_only=True)
class Input:
    """An input of a result: its role, SHA-256 and length in bytes, and optionally its name and absolute path.

    The role is content, style, or the setting that names the file. With `pixels` the input was an array or a
    Pillow image, and the hash is that of its pixels. `weight` is that of a style, not normalised.
    """

    role: str
    sha256: str
    bytes: int = 0
    weight: float = 1.0
    pixels: bool = False
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        name = (
            f"{self.role.replace('_', ' ')} '{printable(self.name)}'"
            if self.name
            else f"a {self.role.replace('_', ' ')} without a name"
        )
        return f"{name} (SHA-256 {self.sha256[:8]}…)"


def nameless(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Return inputs without their names and paths."""
    return tuple(dataclasses.replace(item, name="", path="") for item in inputs)


def with_references(settings: Settings, inputs: Iterable[Input]) -> Settings:
    """Return settings with references instead of files.

    `inputs` has those files in the order of `files_of`, besides content and styles.
    """
    numbers = itertools.compress(
        itertools.count(), (item.role not in ("content", "style") for item in inputs)
    )
    return with_files(settings, lambda _field, _text: f"{REFERENCE}{next(numbers)}")


def files_of(settings: Settings) -> list[tuple[str, str]]:
    """Return pairs of a field and a file for each file named in settings."""
    found: list[tuple[str, str]] = []

    def note(field: str, text: str) -> str:
        found.append((field, text))
        return text

    with_files(settings, note)
    return found


def with_files(settings: Settings, change: Callable[[str, str], str]) -> Settings:
    """Return settings with each file name replaced by `change(field, name)`."""
    values = {
        name: (getattr(settings, name), with_files_in(field, getattr(settings, name), change))
        for name, field in described(Settings).items()
    }
    return dataclasses.replace(settings, **{name: new for name, (old, new) in values.items() if new != old})


def with_files_in(field: Setting, value: Any, change: Callable[[str, str], str]) -> Any:
    """Return the value of a field with each file name replaced by `change(field, name)`."""
    words = field.words
    if words is None:
        return value
    if isinstance(value, tuple):
        return tuple(text if text in words else change(field.name, text) for text in value)
    return value if value in words else change(field.name, value)


def printable(text: str, most: int = 80) -> str:
    """Return untrusted text for a terminal: unprintable characters escaped, at most `most` characters."""
    shown = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text[:most])
    return shown + ("…" if len(text) > most else "")
