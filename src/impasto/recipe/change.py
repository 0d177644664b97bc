"""Changes made to settings while a result is painted, each from a given step on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from impasto.errors import SettingsError
from impasto.settings import Settings
from impasto.settings.number import number

STYLES = "styles"
"""The name under which the weights of several styles can change."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """New settings, and optionally new weights of the `styles`, from one step on.

    They take effect after `step` steps of scale `scale`, which is counted from 1, or with the next scale if
    that scale ends earlier.
    """

    scale: int
    step: int
    settings: Mapping[str, float] = field(default_factory=dict)
    styles: tuple[float, ...] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Scale and step, by which changes are sorted."""
        return self.scale, self.step

    @property
    def names(self) -> set[str]:
        """The names of the settings that change, with STYLES if the weights do."""
        return {*self.settings, *([STYLES] if self.styles else [])}

    def __str__(self) -> str:
        return self.words("scale", "step")

    def words(self, part: str, unit: str) -> str:
        """Describe the change, with names for what `scale` and `step` count, such as passes and frames."""
        return f"{worded(self.settings, self.styles)} from {part} {self.scale}, {unit} {self.step + 1} on"

    def as_table(self) -> dict[str, Any]:
        """Return the change as a dictionary for JSON."""
        styles = {STYLES: list(self.styles)} if self.styles else {}
        return {"scale": self.scale, "step": self.step, "settings": dict(self.settings)} | styles

    def without(self, names: Iterable[str]) -> Change:
        """Return the change without some of its names."""
        left = self.names - set(names)
        settings = {name: value for name, value in self.settings.items() if name in left}
        return dataclasses.replace(self, settings=settings, styles=self.styles if STYLES in left else ())


class Now(NamedTuple):
    """The settings and the weights of the styles at one step."""

    settings: Settings
    weights: tuple[float, ...]

    @property
    def shares(self) -> list[float]:
        """The weights of the styles, normalised to a sum of 1."""
        return [weight / sum(self.weights) for weight in self.weights]


def worded(settings: Mapping[str, float], styles: Sequence[float] = ()) -> str:
    """Describe new settings and weights of styles."""
    parts = [f"{name.replace('_', ' ')} {value:g}" for name, value in settings.items()]
    return ", ".join(
        [*parts, *([f"styles {','.join(f'{weight:g}' for weight in styles)}"] if styles else [])]
    )


def changeable(settings: Settings, styles: int) -> tuple[str, ...]:
    """Return the names of the settings that can change while a run with `styles` styles is painted.

    These are the weights of its losses. Scales, layers, colours and the shapes of targets are fixed, and a
    style loss that was off at the start stays off, since its settings have not been checked.
    """
    held = ("strength", "calm") if settings.strength is not None else ("content_weight",)
    style = ("style_weight",) if settings.style_weight else ()
    return (*held, *style, "tv_weight", "range_weight", *([STYLES] if styles > 1 else []))


def check_names(names: Iterable[str], settings: Settings, styles: int) -> None:
    """Raise SettingsError for a name that cannot change in a run with `styles` styles."""
    known = changeable(settings, styles)
    for name in names:
        if name not in known:
            raise SettingsError(
                f"{name} cannot change while a picture is painted; settings that can are {', '.join(known)}"
            )


def check_weights(weights: Sequence[float | str], count: int) -> tuple[float, ...]:
    """Return the weights of `count` styles as floats; raises SettingsError if they are invalid."""
    found = tuple(float(number("style weight", weight, float)) for weight in weights)
    if len(found) != count:
        raise SettingsError(f"styles must have a weight for each of {count}, in order, got {len(found)}")
    if any(not 0 <= weight < math.inf for weight in found) or not sum(found):
        raise SettingsError(
            f"style weights must be >= 0 and not all 0, got {', '.join(f'{weight:g}' for weight in found)}"
        )
    return found


def in_effect(
    settings: Settings, weights: Sequence[float], changes: Sequence[Change], place: tuple[int, int]
) -> Now:
    """Return settings and weights at a scale and step, with all changes up to it; raises SettingsError."""
    values, styles = changed_up_to(changes, place)
    return Now(settings.with_changes(**values) if values else settings, styles or tuple(weights))


def changed_up_to(
    changes: Sequence[Change], place: tuple[int, int]
) -> tuple[dict[str, float], tuple[float, ...]]:
    """Return the settings changed up to a place, and the weights of the styles, empty if unchanged."""
    values: dict[str, float] = {}
    styles: tuple[float, ...] = ()
    for change in changes:
        if change.place <= place:
            values, styles = values | dict(change.settings), change.styles or styles
    return values, styles


def check_changes(
    settings: Settings, weights: Sequence[float], changes: Sequence[Change]
) -> tuple[Change, ...]:
    """Return the changes; raises SettingsError if one is invalid for these initial settings and weights."""
    for change in changes:
        check_names(change.names, settings, len(weights))
        if change.styles:
            check_weights(change.styles, len(weights))
        in_effect(settings, weights, changes, change.place)
    return tuple(changes)


def with_change(
    settings: Settings, weights: Sequence[float], changes: Sequence[Change], new: Change
) -> tuple[Change, ...]:
    """Return the changes with a new one, reduced to the values that differ from those in effect.

    It also replaces later changes of the same names. `settings` and `weights` are the initial ones. Raises
    SettingsError.
    """
    check_names(new.names, settings, len(weights))
    if new.styles:
        check_weights(new.styles, len(weights))
    before, wanted = in_effect(settings, weights, changes, new.place), {}
    after = before.settings.with_changes(**new.settings)
    later = [
        left for change in changes if change.place > new.place and (left := change.without(new.names)).names
    ]
    for name in new.settings:
        if getattr(after, name) != getattr(before.settings, name):
            wanted[name] = getattr(after, name)
    new = dataclasses.replace(new, settings=wanted, styles=() if new.styles == before.weights else new.styles)
    here = next((change for change in changes if change.place == new.place), None)
    if here:
        new = dataclasses.replace(
            new, settings={**here.settings, **new.settings}, styles=new.styles or here.styles
        )
    return (
        *(change for change in changes if change.place < new.place),
        *([new] if new.names else []),
        *later,
    )
