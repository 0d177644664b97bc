"""Settings: everything that decides the result, as plain data, in groups that are a file each."""

from __future__ import annotations

import dataclasses
from typing import Any

import tomli_w
from pydantic import ConfigDict, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from impasto.errors import SettingsError
from impasto.settings.film import Film
from impasto.settings.layers import Layer, channel_of
from impasto.settings.length import pair, pixels
from impasto.settings.machine import Machine
from impasto.settings.method import Method
from impasto.settings.number import number
from impasto.settings.option import described, on_paper, plain, read
from impasto.settings.picture import QUALITIES, STRENGTH, Picture
from impasto.settings.regions import COLORS, Regions

ONSET = 40.0
"""The strength at which the photo is wholly recoloured and the style loss has its full weight."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Settings(Machine, Method, Film, Regions, Picture):
    """Everything that decides the result, apart from the pictures; raises SettingsError for a value out of range."""

    @model_validator(mode="before")
    @classmethod
    def _in_pixels(cls, given: ArgsKwargs) -> dict[str, Any]:
        """Read texts as on the command line, turn a size such as `1024x768` into the long side and the aspect, and lengths on paper into pixels."""
        values = read(cls, given.kwargs or {})
        size, dpi = values.get("size"), values.get("dpi", 0)
        if sides := pair(size) if isinstance(size, str) else None:
            dots = number("dpi", dpi, int)
            width, height = (
                pixels("size", side if not side.isdecimal() else side + "px", dots) for side in sides
            )
            values |= {"size": max(width, height), "aspect": f"{width}:{height}"}
        on_paper(cls, values, dpi)
        return values

    def __post_init__(self) -> None:
        _ = (
            self.color_amount,
            self.sides,
            self.excited,
            self.offsets,
        )  # read once, so that a wrong text is refused here
        if self.strength is None and self.content_weight is None:
            object.__setattr__(self, "strength", STRENGTH)
        if self.strength is not None and self.content_weight is not None:
            raise SettingsError(
                f"strength and content weight exclude each other, got {self.strength:g} and {self.content_weight:g}; give one of them"
            )
        if self.strength is not None and self.losses != "relative":
            raise SettingsError(
                f"a strength is a relative error, got losses '{self.losses}'; give a content weight in its place"
            )
        if self.content_weight == 0 and not self.style_weight:
            raise SettingsError(
                "content weight and style weight are both 0, so nothing is left to paint; raise one of them"
            )

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width of a result of this aspect, None where there is none; raises SettingsError."""
        if not self.aspect:
            return None
        width, colon, height = self.aspect.partition(":")
        width, height = (number("aspect", part, float) for part in (width, height if colon else 0))
        if min(width, height) <= 0:
            raise SettingsError(f"aspect must be width to height, such as 4:3, got '{self.aspect}'")
        factor = self.size / max(width, height)
        return max(1, round(height * factor)), max(1, round(width * factor))

    def check_shape(self, kind: str) -> None:
        """Raise SettingsError where a result has two sides of its own, and the kind gives it those of a picture."""
        if not self.aspect or kind == "texture":
            return
        height, width = self.sides or (0, 0)
        whole = self.aspect == f"{width}:{height}"
        given = f"size {width}x{height} has two sides" if whole else f"aspect {self.aspect} is for textures"
        way_out = (
            f"give the long side, --size {self.size}"
            if whole
            else f"leave it out and give the long side, --size {self.size}"
        )
        raise SettingsError(
            f"{given}, but here the {'clip' if kind == 'video' else 'picture'}'s shape decides one of them; {way_out}"
        )

    @property
    def excited(self) -> tuple[Layer, int] | None:
        """The layer and the number of the filter that the result is to excite, None where there is none; raises SettingsError."""
        return channel_of(self.excite) if self.excite else None

    @property
    def offsets(self) -> tuple[int, ...]:
        """How many frames back those are that a frame is held to, nearest first; raises SettingsError."""
        found = [number("long term", part, int) for part in self.long_term.split(",") if part.strip()]
        if not found or min(found) < 1:
            raise SettingsError(
                f"long term must be frames counted back, such as 1,2,4, got '{self.long_term}'"
            )
        return tuple(sorted(set(found)))

    @property
    def total_steps(self) -> int:
        """Steps over all scales: as given, or as the quality says."""
        return self.steps or QUALITIES[self.quality]

    @property
    def onset(self) -> float:
        """How far recolouring and style have set in: from 0 at strength 0 to 1 at ONSET and for a content weight."""
        return 1.0 if self.strength is None else min(1.0, self.strength / ONSET)

    @property
    def color_amount(self) -> float:
        """The photo's part in the colours of the result: 0 for `style`, 1 for `content`; raises SettingsError."""
        kind, colon, amount = self.colors.partition(":")
        if kind == "mix" and colon:
            found = number("colors mix", amount, float)
            if 0 <= found <= 1:
                return float(found)
            raise SettingsError(f"colors mix must be >= 0 and <= 1, got {amount}")
        if self.colors not in COLORS:
            raise SettingsError(f"colors must be style, content, mix or mix:AMOUNT, got '{self.colors}'")
        return COLORS[self.colors]

    def with_changes(self, **changes: Any) -> Settings:
        """Return a copy with some fields replaced; texts are read as on the command line.

        Strength and content weight replace each other, and a quality the steps.
        """
        for one, other, unset in (
            ("strength", "content_weight", None),
            ("content_weight", "strength", None),
            ("quality", "steps", 0),
        ):
            if changes.get(one) is not None:
                changes.setdefault(other, unset)
        return dataclasses.replace(self, **read(type(self), changes))

    def to_toml(self) -> str:
        """Return the settings as a TOML document that `from_toml` reads."""
        return tomli_w.dumps({name: value for name, value in self.as_table().items() if value is not None})

    def as_table(self) -> dict[str, Any]:
        """Return the settings as JSON and TOML hold them, layers as text."""
        return {name: plain(getattr(self, name)) for name in described(Settings)}
