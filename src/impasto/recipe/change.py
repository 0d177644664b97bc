"""What was changed while a result was painted, and from which step on."""

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
"""What the weights of several styles are called among what can change."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Settings that count from the step on which follows `step` steps of a scale, counted from 1, and so may the `styles`' weights.

    Where a scale ended before that step, they count from the next one on.
    """

    scale: int
    step: int
    settings: Mapping[str, float] = field(default_factory=dict)
    styles: tuple[float, ...] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Scale and step, by which changes are in order."""
        return self.scale, self.step

    @property
    def names(self) -> set[str]:
        """What it changes."""
        return {*self.settings, *([STYLES] if self.styles else [])}

    def __str__(self) -> str:
        return self.words("scale", "step")

    def words(self, part: str, unit: str) -> str:
        """Return it in words; `part` and `unit` are what `scale` and `step` count, such as a film's passes and frames."""
        return f"{worded(self.settings, self.styles)} from {part} {self.scale}, {unit} {self.step + 1} on"

    def as_table(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        styles = {STYLES: list(self.styles)} if self.styles else {}
        return {"scale": self.scale, "step": self.step, "settings": dict(self.settings)} | styles

    def without(self, names: Iterable[str]) -> Change:
        """Return the change without some of what it changes."""
        left = self.names - set(names)
        settings = {name: value for name, value in self.settings.items() if name in left}
        return dataclasses.replace(self, settings=settings, styles=self.styles if STYLES in left else ())


class Now(NamedTuple):
    """What counts at a step: settings, and the styles' weights."""

    settings: Settings
    weights: tuple[float, ...]

    @property
    def shares(self) -> list[float]:
        """The styles' parts, which sum to 1."""
        return [weight / sum(self.weights) for weight in self.weights]


def worded(settings: Mapping[str, float], styles: Sequence[float] = ()) -> str:
    """Return new settings and weights in words."""
    parts = [f"{name.replace('_', ' ')} {value:g}" for name, value in settings.items()]
    return ", ".join(
        [*parts, *([f"styles {','.join(f'{weight:g}' for weight in styles)}"] if styles else [])]
    )


def changeable(settings: Settings, styles: int) -> tuple[str, ...]:
    """Return the settings that can change while a run with so many styles is painted: weights that it has, and limits.

    Scales, layers, colours and the shapes of targets stay; what was left out at the start was not checked then, so it stays out.
    """
    held = ("strength", "calm") if settings.strength is not None else ("content_weight",)
    style = ("style_weight",) if settings.style_weight else ()
    return (*held, *style, "tv_weight", "range_weight", *([STYLES] if styles > 1 else []))


def check_names(names: Iterable[str], settings: Settings, styles: int) -> None:
    """Raise SettingsError for a name that cannot change in a run with so many styles."""
    known = changeable(settings, styles)
    for name in names:
        if name not in known:
            raise SettingsError(
                f"{name} cannot change while a picture is painted; what can is {', '.join(known)}"
            )


def check_weights(weights: Sequence[float | str], count: int) -> tuple[float, ...]:
    """Return the weights of so many styles; raises SettingsError where they cannot be that."""
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
    """Return what counts at a scale and step, after all changes up to there; raises SettingsError."""
    values, styles = changed_up_to(changes, place)
    return Now(settings.with_changes(**values) if values else settings, styles or tuple(weights))


def changed_up_to(
    changes: Sequence[Change], place: tuple[int, int]
) -> tuple[dict[str, float], tuple[float, ...]]:
    """Return the settings that were changed up to a place, and the styles' weights if those were."""
    values: dict[str, float] = {}
    styles: tuple[float, ...] = ()
    for change in changes:
        if change.place <= place:
            values, styles = values | dict(change.settings), change.styles or styles
    return values, styles


def check_changes(
    settings: Settings, weights: Sequence[float], changes: Sequence[Change]
) -> tuple[Change, ...]:
    """Return changes as they are; raises SettingsError where one cannot be made in a run that starts with these settings and weights."""
    for change in changes:
        check_names(change.names, settings, len(weights))
        if change.styles:
            check_weights(change.styles, len(weights))
        in_effect(settings, weights, changes, change.place)
    return tuple(changes)


def with_change(
    settings: Settings, weights: Sequence[float], changes: Sequence[Change], new: Change
) -> tuple[Change, ...]:
    """Return changes with another, as far as it is one, which also replaces what was to change the same thing later.

    `settings` and `weights` of styles are those of the start; raises SettingsError.
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
