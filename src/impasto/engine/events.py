"""What the engine reports as it works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class Step:
    """One evaluation of the objective: `step` of `steps` over all scales, the weighted losses, seconds so far and left."""

    scale: int
    scales: int
    width: int
    height: int
    step: int
    steps: int
    loss: float
    losses: dict[str, float]
    seconds: float
    seconds_left: float
    kind: str = "step"


@dataclass(frozen=True)
class ScaleDone:
    """A scale came to its end; `loss` is that of its best picture."""

    scale: int
    scales: int
    width: int
    height: int
    loss: float
    seconds: float
    kind: str = "scale_done"


@dataclass(frozen=True)
class CellBegun:
    """The cell `name` of a sheet, `number` of `cells` from 1 on, is painted next; `text` says in what it differs."""

    name: str
    number: int
    cells: int
    text: str
    kind: str = "cell_begun"


@dataclass(frozen=True)
class ShotBegun:
    """What the frames `first` to `last` of a film have in common is sought next: they are the `shot` of `shots`, all counted from 1."""

    shot: int
    shots: int
    first: int
    last: int
    kind: str = "shot_begun"


@dataclass(frozen=True)
class FrameBegun:
    """Frame `frame` of `frames`, counted from 1, is painted next, in pass `turn` of `turns`; `seconds_left` over all, once it can be told."""

    frame: int
    frames: int
    turn: int
    turns: int
    seconds_left: float | None = None
    kind: str = "frame_begun"


@dataclass(frozen=True)
class FrameDone:
    """A frame is painted and kept, after so many seconds of it."""

    frame: int
    frames: int
    turn: int
    turns: int
    seconds: float
    losses: dict[str, float]
    kind: str = "frame_done"


@dataclass(frozen=True)
class Preview:
    """The picture so far, `(1, 3, H, W)` in 0 to 255, after `step` steps."""

    step: int
    pixels: Tensor = field(repr=False)
    kind: str = "preview"


@dataclass(frozen=True)
class Note:
    """What was found out on the way and a person should know, in words."""

    text: str
    kind: str = "note"


Event = Step | ScaleDone | CellBegun | ShotBegun | FrameBegun | FrameDone | Preview | Note


def as_record(event: Event) -> dict[str, Any]:
    """Return an event as plain data for JSON; a preview without its pixels."""
    record = {"kind": event.kind, **vars(event)}
    record.pop("pixels", None)
    return record
