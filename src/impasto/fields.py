"""A field of the settings: its metadata, how a value is read, and the check that it is in range.

The metadata is the only source of a field's command-line option, its help, its range and its row in the docs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from impasto.errors import SettingsError
from impasto.length import is_length, pixels

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
LAYERS: tuple[str, ...] = tuple(
    name for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1) for name in (*(f"conv{block}_{i}" for i in range(1, count + 1)), f"pool{block}")
)
"""The encoder's layers, shallow to deep; a `conv` is read after its ReLU."""

CHANNELS = (64, 128, 256, 512, 512)
"""Filters of each block's layers."""

COMMANDS = ("stylize", "video", "texture", "reconstruct", "features")
"""What paints with settings."""


class Layer(NamedTuple):
    """A layer of the encoder and the weight of its loss among the layers of its kind, written `conv4_2` or `conv4_2:0.5`."""

    name: str
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Layer:
        """Read `NAME` or `NAME:WEIGHT`; raises SettingsError."""
        name, colon, weight = text.strip().partition(":")
        if name not in LAYERS:
            raise SettingsError(f"unknown layer '{name}'; the encoder has {', '.join(LAYERS)}")
        return cls(name, number(f"weight of layer {name}", weight, float) if colon else 1.0)

    @property
    def channels(self) -> int:
        """The number of its filters."""
        return CHANNELS[int(self.name.removeprefix("conv").removeprefix("pool")[0]) - 1]

    def __str__(self) -> str:
        short = f"{self.weight:g}"
        return self.name if self.weight == 1 else f"{self.name}:{short if float(short) == self.weight else repr(self.weight)}"


def channel_of(text: str) -> tuple[Layer, int]:
    """Read `LAYER:CHANNEL`, one filter of a layer; raises SettingsError."""
    name, _, channel = text.partition(":")
    layer, found = Layer.parse(name), number("channel", channel, int)
    if not 0 <= found < layer.channels:
        raise SettingsError(f"channel must be 0 to {layer.channels - 1}, the filters of {name}, got {found}")
    return layer, found


def option(
    default: Any,
    help: str,
    *,
    group: str = "Picture",
    unit: str = "",
    low: float = -math.inf,
    high: float = math.inf,
    above: float = -math.inf,
    choices: tuple[str, ...] = (),
    metavar: str = "",
    paper: bool = False,
    commands: tuple[str, ...] = COMMANDS,
) -> Any:
    """Return a dataclass field whose metadata says what a person may give: `low` and `high` are included, `above` is not.

    A number of pixels with `paper` may also be given as a length such as `30cm`, and becomes pixels at the settings' dpi.
    `commands` are those whose result it changes.
    """
    metadata = dict(help=help, group=group, unit=unit, low=low, high=high, above=above, choices=choices, metavar=metavar, paper=paper, commands=commands)
    return dataclasses.field(default=default, metadata=metadata)


def bounds(field: dataclasses.Field[Any]) -> str:
    """Return a field's range, such as `>= 0`, or an empty text."""
    low, high, above = (field.metadata[key] for key in ("low", "high", "above"))
    parts = [f"> {above:g}"] if math.isfinite(above) else [f">= {low:g}"] if math.isfinite(low) else []
    parts += [f"<= {high:g}"] if high < 1e9 else []
    return " and ".join(parts)


def words_beside_files(field: dataclasses.Field[Any]) -> tuple[str, ...] | None:
    """Return what a field may say that is no file or folder, such as `noise` or nothing; None where it never names one."""
    words = [part for part in field.metadata["metavar"].split("|") if part not in ("FILE", "FOLDER")]
    return ("", *words) if len(words) < len(field.metadata["metavar"].split("|")) else None


def number(name: str, value: Any, kind: type) -> Any:
    """Return a value as a finite number of a kind, int or float; raises SettingsError."""
    wanted = "a whole number" if kind is int else "a number"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SettingsError(f"{name} must be {wanted}, got {value!r}")
    try:
        found = kind(value)
        exact = math.isfinite(found) and (kind is float or found == float(value))
    except (ValueError, OverflowError):
        raise SettingsError(f"{name} must be {wanted}, got '{str(value)[:40]}'") from None
    if not exact:
        raise SettingsError(f"{name} must be {wanted}, got {value}")
    return found


def from_text(field: dataclasses.Field[Any], text: str) -> Any:
    """Return what a text stands for as a value of a field: on or off for one that is either, and else itself; raises SettingsError."""
    if field.type != "bool":
        return text
    words = {"on": True, "true": True, "off": False, "false": False}
    if text not in words:
        raise SettingsError(f"{field.name.replace('_', ' ')} must be on or off, got '{text}'")
    return words[text]


def as_text(value: Any) -> str:
    """Return a value in a person's words, as the command line takes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _layers(name: str, value: Any) -> tuple[Layer, ...]:
    items = [t for t in value.split(",") if t.strip()] if isinstance(value, str) else list(value)
    return tuple(Layer.parse(item) if isinstance(item, str) else Layer(*item) for item in items)


def read(kind: type, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for the fields of a dataclass, their texts read as on the command line; raises SettingsError."""
    types = {f.name: str(f.type) for f in dataclasses.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in types:
            raise SettingsError(f"unknown setting '{name}'; known are {', '.join(types)}")
        values[name] = value
        if types[name] == "tuple[Layer, ...]":
            values[name] = _layers(name, value)
        elif types[name] == "tuple[str, ...]":
            values[name] = (value,) if isinstance(value, str) else tuple(value)
    return values


def check(settings: Any) -> None:
    """Make every number of a dataclass one of its field's type, and raise SettingsError for a value out of range."""
    # Lengths come last, because they are reckoned with dots per inch that must be sound.
    for field in sorted(dataclasses.fields(settings), key=lambda field: bool(field.metadata["paper"])):
        name, value, data = field.name.replace("_", " "), getattr(settings, field.name), field.metadata
        if value is None and field.default is None:
            continue
        if field.type in ("int", "float", "float | None"):
            object.__setattr__(settings, field.name, _in_range(name, value, field, getattr(settings, "dpi", 0)))
        elif field.type == "bool" and not isinstance(value, bool):
            raise SettingsError(f"{name} must be true or false, got {value!r}")
        elif field.type == "str" and not isinstance(value, str):
            raise SettingsError(f"{name} must be a text, got {value!r}")
        elif field.type == "tuple[str, ...]" and not (isinstance(value, tuple) and all(isinstance(item, str) for item in value)):
            raise SettingsError(f"{name} must be a tuple of texts, got {value!r}")
        elif field.type == "tuple[Layer, ...]":
            _check_layers(name, value)
        if data["choices"] and str(value) not in data["choices"]:
            raise SettingsError(f"{name} must be one of {', '.join(data['choices'])}, got '{value}'")


def _in_range(name: str, value: Any, field: dataclasses.Field[Any], dpi: int) -> int | float:
    paper = field.metadata["paper"] and isinstance(value, str) and is_length(value)
    found: int | float = pixels(name, value, dpi) if paper else number(name, value, int if field.type == "int" else float)
    if not (field.metadata["low"] <= found <= field.metadata["high"] and found > field.metadata["above"]):
        raise SettingsError(f"{name} must be {bounds(field)}, got {found}" + (f" px from {value} at {dpi} dpi" if paper else ""))
    return found


def _check_layers(name: str, layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise SettingsError(f"{name} must name at least one layer, got none")
    for layer in layers:
        if layer.name not in LAYERS:
            raise SettingsError(f"unknown layer '{layer.name}' in {name}; the encoder has {', '.join(LAYERS)}")
        if not (math.isfinite(layer.weight) and layer.weight >= 0):
            raise SettingsError(f"weight of {layer.name} in {name} must be >= 0, got {layer.weight}")


def toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(str(item)) for item in value) + "]"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else repr(value)
