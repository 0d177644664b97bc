"""What a file of a look says of itself in its header, which is read without its numbers and without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from impasto.errors import LookError

VERSION = 1
"""Version of the architecture, which a file of a look names; other versions are refused."""

SUFFIX = ".look"
LARGEST = 8_000_000
"""Bytes that a file of a look may have; one with a trunk of its own has under a million."""

SHIPPED = Path(__file__).parent / "shipped"
"""The folder of the looks of the package."""

KEY = "impasto look"
"""The entry of a safetensors header that has a look's text."""


@dataclass(frozen=True)
class Card:
    """What people want to know of a look: where it comes from, and how good it is.

    `content` and `style` are its errors on photos that it was not trained on, at a strength of 60.
    """

    title: str = ""
    painter: str = ""
    source: str = ""
    licence: str = ""
    content: float = 0.0
    style: float = 0.0
    recipe: Mapping[str, Any] = field(default_factory=dict)
    thumbnail: str = ""


@dataclass(frozen=True)
class About:
    """The text of a look: its name, the SHA-256 of the trunk that it belongs to, and its card."""

    name: str
    trunk_sha256: str
    card: Card


def shipped() -> dict[str, Path]:
    """Return the files of the looks of the package by name, in alphabetical order."""
    return {path.stem: path for path in sorted(SHIPPED.glob(f"*{SUFFIX}"))}


def read_about(path: Path) -> About:
    """Read the text of a look, and none of its numbers; raises LookError."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, LARGEST)))
        return about_of(path, header.get("__metadata__", {}))
    except OSError as error:
        raise LookError(f"cannot read look '{path}': {error.strerror or error}", "check the path") from None
    except (ValueError, AttributeError, RecursionError) as error:
        raise LookError(f"'{path}' is no look, or is damaged: {error}", "get the file again") from None


def about_of(path: Path, metadata: Mapping[str, str]) -> About:
    """Return the text of a look from its header; raises LookError, also for another version."""
    try:
        about = dict(json.loads(metadata[KEY]))
        version = int(about["version"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise LookError(f"'{path}' is no look of impasto", "make one with 'impasto train'") from None
    if version != VERSION:
        how = "a newer" if version > VERSION else "an older"
        raise LookError(
            f"look '{path}' is of {how} version, {version}; this impasto reads {VERSION}",
            "update impasto" if version > VERSION else "train it again",
        )
    try:
        card = Card(**{one.name: about["card"][one.name] for one in fields(Card)})
        return About(str(about["name"]), str(about["trunk"]), card)
    except (KeyError, TypeError) as error:
        raise LookError(f"look '{path}' is damaged: {error}", "get the file again") from None
