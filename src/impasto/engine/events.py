"""Events of a run: a closed set of data classes, which can be logged and described in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Step:
    """An evaluation of the objective: `step` of `steps` over all scales, and the weighted `losses`."""

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
    """A scale is finished; `loss` is that of its best picture."""

    scale: int
    scales: int
    width: int
    height: int
    loss: float
    seconds: float
    kind: str = "scale_done"


@dataclass(frozen=True)
class CellBegun:
    """Cell `name` of a sheet, `number` of `cells` counted from 1, is next; `text` describes its settings."""

    name: str
    number: int
    cells: int
    text: str
    kind: str = "cell_begun"


@dataclass(frozen=True)
class ShotBegun:
    """The content weights of shot `shot` of `shots`, frames `first` to `last` from 1, are estimated next."""

    shot: int
    shots: int
    first: int
    last: int
    kind: str = "shot_begun"


@dataclass(frozen=True)
class FrameBegun:
    """Frame `frame` of `frames` is next, in pass `turn` of `turns`, all counted from 1.

    `seconds_left` is over all frames, None if it cannot be estimated yet.
    """

    frame: int
    frames: int
    turn: int
    turns: int
    seconds_left: float | None = None
    kind: str = "frame_begun"


@dataclass(frozen=True)
class FrameDone:
    """A frame is painted and saved; `seconds` is the time that it took."""

    frame: int
    frames: int
    turn: int
    turns: int
    seconds: float
    losses: dict[str, float]
    kind: str = "frame_done"


@dataclass(frozen=True)
class Painted:
    """A picture is painted in one pass, which took `seconds`."""

    width: int
    height: int
    seconds: float
    kind: str = "painted"


@dataclass(frozen=True)
class Preview:
    """The picture after `step` steps, or frame `step` of a film.

    `pixels` are `(1, 3, H, W)` in 0 to 255, None for an event that was read from a log.
    """

    step: int
    pixels: Tensor | None = field(default=None, repr=False, compare=False)
    kind: str = "preview"


@dataclass(frozen=True)
class Resumed:
    """An interrupted or `paused` run resumes after `done` units: steps of a picture, frames of a film."""

    done: int
    unit: str = "step"
    paused: bool = False
    kind: str = "resumed"


@dataclass(frozen=True)
class Paused:
    """The run is paused; its progress is saved."""

    kind: str = "paused"


@dataclass(frozen=True)
class Changed:
    """Settings, and optionally the weights of all styles, were changed.

    `change` is the entry in the recipe, with the place of the change: a step of a scale of a picture, or a
    frame of a pass of a film, according to `unit` and `part`. It is empty if nothing changed, since the run
    was over (`late`) or the values were already in effect.
    """

    settings: Mapping[str, float]
    styles: tuple[float, ...] = ()
    change: Mapping[str, Any] = field(default_factory=dict)
    late: bool = False
    part: str = "scale"
    unit: str = "step"
    kind: str = "changed"


@dataclass(frozen=True)
class Branched:
    """The run is a branch of `source` after unit `at`: a scale of a picture, a frame of a film."""

    source: str
    at: int
    kind: str = "branched"


@dataclass(frozen=True)
class Done:
    """The result is written as the file `output`; `facts` are its size, seconds, losses and the like."""

    output: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "done"


@dataclass(frozen=True)
class Failed:
    """The run ended with an error: its `code`, its message, and the `fields` of the message as data."""

    code: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "failed"


@dataclass(frozen=True)
class Cancelled:
    """The run was cancelled; what it had painted is discarded."""

    kind: str = "cancelled"


@dataclass(frozen=True)
class Note:
    """A message for the user: a `code` in NOTES with the fields of its sentence."""

    code: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "note"

    @property
    def text(self) -> str:
        """The sentence in English."""
        return NOTES[self.code].format(**self.fields)


Event = (
    Step
    | ScaleDone
    | CellBegun
    | ShotBegun
    | FrameBegun
    | FrameDone
    | Painted
    | Preview
    | Resumed
    | Paused
    | Changed
    | Branched
    | Done
    | Failed
    | Cancelled
    | Note
)

NOTES = {
    "input": "{text}",
    "clip": "{text}",
    "flow": "{text}",
    "faces": "found {faces}",
    "no_face": "found no face; nothing is protected",
    "frame_trimmed": "left out the frame of '{name}': {size} px of {whole} remain",
    "diverged": "{part}: {why}",
    "checkpoint_damaged": "{names} damaged in '{folder}'; {way}",
    "checkpoint_failed": "no checkpoint can be written into '{folder}': {why}; "
    "painting continues, and the last one stays. Free some space",
    "change_refused": "not changed: {why}",
    "change_delayed": "nothing is changed yet: {why}",
    "other_torch": "made with torch {made}, and this is {here}: the result may differ a little",
    "other_version": "made by impasto {made}, and this is {here}: the result may differ a little",
    "other_device": "made on a {device} device, which this machine does not have: "
    "the result may differ a little",
    "other_weights": "painted with other encoder weights than the recipe's",
    "other_plan": "the plan of the recipe needs more memory than there is; "
    "another plan is used, so the result may differ a little",
    "unfinished": "the result was stopped early; this run finishes it",
    "changes_moved": "its steps are different now, so what was changed while it was painted "
    "applies from the start: {changes}",
    "worker_died": "its worker {how} and another resumes from the last step that was kept",
    "result_gone": "{why}. It is painted again",
}
"""The sentences of notes by their codes."""


def note(code: str, **fields: Any) -> Note:
    """Return a note with a code in NOTES and the fields of its sentence."""
    return Note(code, fields)


def as_record(event: Event) -> dict[str, Any]:
    """Return an event as a dictionary for JSON: notes with their text, previews without pixels."""
    record = {"kind": event.kind, **vars(event)}
    record.pop("pixels", None)
    if isinstance(event, Done):
        return {"kind": event.kind, "output": event.output, **event.facts}
    return record | {"text": event.text} if isinstance(event, Note) else record


def from_record(record: Mapping[str, Any]) -> Event:
    """Return the event of a dictionary; raises ValueError if it is invalid or of a newer version."""
    kinds = {kind.kind: kind for kind in get_args(Event)}
    kind = kinds.get(str(record.get("kind")))
    names = {one.name for one in fields(kind)} - {"pixels"} if kind else set()
    try:
        if kind is None or (kind is Note and record.get("code") not in NOTES):
            raise ValueError(f"unknown event {record.get('kind')!r}")
        if kind is Done:
            facts = {
                name: value for name, value in record.items() if name not in ("kind", "number", "output")
            }
            return Done(str(record.get("output", "")), facts)
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
        return kind(**{name: values[name] for name in names & values.keys()})  # type: ignore[no-any-return]
    except TypeError as error:
        raise ValueError(str(error)) from None
