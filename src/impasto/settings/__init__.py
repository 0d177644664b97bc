"""Settings: everything that determines the result, as plain data, in one file per group."""

from __future__ import annotations

import dataclasses
from typing import Any

import tomli_w
from pydantic import ConfigDict, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from impasto.errors import SettingsError
from impasto.errors import option as mark  # `option` is a submodule of this package
from impasto.settings.film import Film
from impasto.settings.layers import Layer, channel_of
from impasto.settings.length import pair, pixels
from impasto.settings.machine import Machine
from impasto.settings.method import FORM_LAYERS, Method
from impasto.settings.number import number
from impasto.settings.option import described, on_paper, plain, read
from impasto.settings.picture import QUALITIES, STRENGTH, Picture
from impasto.settings.regions import COLORS, Regions

ONSET = 40.0
"""The strength from which the photo is fully recoloured and the style loss has its full weight."""


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Settings(Machine, Method, Film, Regions, Picture):
    """Everything that determines the result, except the input pictures.

    Raises SettingsError if a value is out of range.
    """

    @model_validator(mode="before")
    @classmethod
    def _in_pixels(cls, given: ArgsKwargs) -> dict[str, Any]:
        """Parse strings as on the command line and convert lengths on paper to pixels.

        A size such as `1024x768` becomes the long side and the aspect.
        """
        values = read(cls, given.kwargs or {})
        size, dpi = values.get("size"), values.get("dpi", 0)
        if sides := pair(size) if isinstance(size, str) else None:
            dots = number("dpi", dpi, int)
            written = [side + "px" if side.isdecimal() else side for side in sides]
            width, height = (pixels("size", side, dots) for side in written)
            values |= {"size": max(width, height), "aspect": f"{width}:{height}"}
        on_paper(cls, values, dpi)
        return values

    def __post_init__(self) -> None:
        # These properties parse strings: evaluate them once so that invalid ones fail here.
        _ = (self.color_amount, self.sides, self.excited, self.offsets)
        if self.strength is None and self.content_weight is None:
            object.__setattr__(self, "strength", STRENGTH)
        if self.strength is not None and self.content_weight is not None:
            raise SettingsError(
                f"strength and content weight exclude each other, got {self.strength:g} and "
                f"{self.content_weight:g}; give only one"
            )
        if self.strength is not None and self.losses != "relative":
            raise SettingsError(
                f"strength needs relative losses, got losses '{self.losses}'; give a content weight instead"
            )
        if self.content_weight == 0 and not self.style_weight:
            raise SettingsError(
                "content weight and style weight are both 0, so nothing is optimised; raise one of them"
            )

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width of a result of this aspect, None if no aspect is set; raises SettingsError."""
        if not self.aspect:
            return None
        width, colon, height = self.aspect.partition(":")
        width, height = (number("aspect", part, float) for part in (width, height if colon else 0))
        if min(width, height) <= 0:
            raise SettingsError(f"aspect must be WIDTH:HEIGHT, such as 4:3, got '{self.aspect}'")
        factor = self.size / max(width, height)
        return max(1, round(height * factor)), max(1, round(width * factor))

    def check_shape(self, kind: str) -> None:
        """Raise SettingsError if an aspect is set, but the kind of result takes that of its input."""
        if not self.aspect or kind == "texture":
            return
        height, width = self.sides or (0, 0)
        way_out = f"give the long side, {mark('size')} {self.size}"
        if self.aspect == f"{width}:{height}":
            given = f"size {width}x{height} has two sides"
        else:
            given, way_out = f"aspect {self.aspect} is for textures", f"leave it out and {way_out}"
        source = "clip" if kind == "video" else "picture"
        raise SettingsError(f"{given}, but the aspect is that of the {source}", way_out)

    @property
    def painted_layers(self) -> tuple[Layer, ...]:
        """Layers of the style loss: the style layers, with those of the painting's forms raised towards 1."""
        if not self.forms:
            return self.style_layers
        weights = {layer.name: layer.weight for layer in self.style_layers}
        for name, weight in FORM_LAYERS:
            weights[name] = max(weights.get(name, 0.0), weight * self.forms / 100)
        return tuple(Layer(*one) for one in weights.items())

    @property
    def excited(self) -> tuple[Layer, int] | None:
        """Layer and index of the filter to maximise, None if not set; raises SettingsError."""
        return channel_of(self.excite) if self.excite else None

    @property
    def offsets(self) -> tuple[int, ...]:
        """Offsets of the previous frames in the temporal loss, nearest first; raises SettingsError."""
        found = [number("long term", part, int) for part in self.long_term.split(",") if part.strip()]
        if not found or min(found) < 1:
            raise SettingsError(
                f"long term must be offsets of previous frames, such as 1,2,4, got '{self.long_term}'"
            )
        return tuple(sorted(set(found)))

    @property
    def total_steps(self) -> int:
        """Steps over all scales: `steps` if given, else those of the quality."""
        return self.steps or QUALITIES[self.quality]

    @property
    def onset(self) -> float:
        """Factor of recolouring and style: 0 at strength 0, 1 from ONSET on or with a content weight."""
        return 1.0 if self.strength is None else min(1.0, self.strength / ONSET)

    @property
    def color_amount(self) -> float:
        """Share of the photo in the colours of the result, 0 to 1; raises SettingsError."""
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
        """Return a copy with some fields replaced; strings are parsed as on the command line.

        Strength and content weight replace each other, and a quality replaces the steps.
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
        """Return the settings as a dictionary for JSON and TOML, with layers as strings."""
        return {name: plain(getattr(self, name)) for name in described(Settings)}
