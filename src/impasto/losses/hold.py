"""The names of held errors."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast, get_args

Kind = Literal["content", "protected", "calm"]
"""The errors that are held: of the whole picture, of protected places, and of every place alike."""


class Hold(NamedTuple):
    """One held error: its kind and layer. Reports call it `content conv4_2`."""

    kind: Kind
    layer: str

    @classmethod
    def parse(cls, text: str) -> Hold:
        """Read one such as `content conv4_2`; raises ValueError."""
        kind, layer = text.split()
        if kind not in get_args(Kind):
            raise ValueError(f"unknown held error '{text}'")
        return cls(cast(Kind, kind), layer)

    def __str__(self) -> str:
        return f"{self.kind} {self.layer}"
