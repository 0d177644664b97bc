"""Identifiers of held content errors."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast, get_args

Kind = Literal["content", "protected", "calm"]
"""Kinds of held errors: of the whole picture, of protected places, and locally normalised."""


class Hold(NamedTuple):
    """The kind and layer of a held error; written `content conv4_2` in reports."""

    kind: Kind
    layer: str

    @classmethod
    def parse(cls, text: str) -> Hold:
        """Parse a text such as `content conv4_2`; raises ValueError."""
        kind, layer = text.split()
        if kind not in get_args(Kind):
            raise ValueError(f"unknown held error '{text}'")
        return cls(cast(Kind, kind), layer)

    def __str__(self) -> str:
        return f"{self.kind} {self.layer}"
