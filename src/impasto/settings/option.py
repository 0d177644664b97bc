"""Metadata of settings, from which the command-line options, help, schema and validation are derived."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from impasto.errors import SettingsError
from impasto.settings.kinds import OPTIMISED
from impasto.settings.layers import LAYERS, Layer
from impasto.settings.length import is_length, pixels
from impasto.settings.number import number

Type = Literal["int", "float", "bool", "text", "texts", "layers"]

_EXPECTED = {"bool": "true or false", "text": "a string", "texts": "a tuple of strings"}


@dataclass(frozen=True, kw_only=True)
class Option:
    """Annotation of a setting: its help and its valid values.

    `low` and `high` are inclusive, `above` is exclusive. With `paper`, lengths such as `30cm` are accepted.
    `kinds` are the kinds whose result depends on the setting, by default those that are optimised. `common`
    options are listed in the short help; `recorded` settings have no command-line option and are only stored
    in results.
    """

    help: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    choices: tuple[str, ...] = ()
    metavar: str = ""
    paper: bool = False
    kinds: tuple[str, ...] = OPTIMISED
    common: bool = False
    recorded: bool = False

    @property
    def bounds(self) -> str:
        """The range of a number, such as `>= 0`, or an empty string."""
        parts = []
        if math.isfinite(self.above):
            parts.append(f"> {self.above:g}")
        elif math.isfinite(self.low):
            parts.append(f">= {self.low:g}")
        if self.high < 1e9:
            parts.append(f"<= {self.high:g}")
        return " and ".join(parts)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that validates with this option, so that error messages contain the value."""
        kind, optional = _type_of(source)

        def check(value: Any, info: ValidationInfo) -> Any:
            return self.checked(kind, optional, str(info.field_name).replace("_", " "), value)

        return core_schema.with_info_plain_validator_function(
            check, metadata={"pydantic_js_input_core_schema": handler(source)}
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON schema of the setting."""
        found = dict(handler(schema["metadata"]["pydantic_js_input_core_schema"]))
        limits = {"minimum": self.low, "maximum": self.high, "exclusiveMinimum": self.above}
        found |= {name: value for name, value in limits.items() if math.isfinite(value)}
        found |= {"description": self.help} | ({"unit": self.unit} if self.unit else {})
        if self.choices:
            whole = found.get("type") == "integer"
            found["enum"] = [int(choice) if whole else choice for choice in self.choices]
        return found

    def checked(self, kind: Type, optional: bool, name: str, value: Any) -> Any:
        """Return a valid value, with numbers converted; raises SettingsError with the name and the value."""
        if value is None and optional:
            return None
        if kind in ("int", "float"):
            value = self._in_range(name, value, int if kind == "int" else float)
        elif kind == "layers":
            _check_layers(name, value)
        elif not _is(kind, value):
            raise SettingsError(f"{name} must be {_EXPECTED[kind]}, got {value!r}")
        if self.choices and str(value) not in self.choices:
            raise SettingsError(f"{name} must be one of {', '.join(self.choices)}, got '{value}'")
        return value

    def _in_range(self, name: str, value: Any, kind: type) -> int | float:
        paper = value if isinstance(value, Paper) else None
        found: int | float = number(name, value.pixels if paper else value, kind)
        if not (self.low <= found <= self.high and found > self.above):
            origin = f" px from {paper.text} at {paper.dpi} dpi" if paper else ""
            raise SettingsError(f"{name} must be {self.bounds}, got {found}{origin}")
        return found


@dataclass(frozen=True)
class Paper:
    """A length on paper, converted to pixels."""

    text: str
    dpi: int
    pixels: int


@dataclass(frozen=True)
class Setting:
    """A field of a settings dataclass and its metadata."""

    name: str
    type: Type
    optional: bool
    default: Any
    group: str
    option: Option

    @property
    def words(self) -> tuple[str, ...] | None:
        """Values other than a file or folder, such as `noise` or ''; None if it never names either."""
        parts = self.option.metavar.split("|")
        others = [part for part in parts if part not in ("FILE", "FOLDER")]
        return ("", *others) if len(others) < len(parts) else None


@cache
def described(kind: Any) -> dict[str, Setting]:
    """Return the fields of a settings dataclass by name; a field's group is that of its declaring class."""
    hints, found = get_type_hints(kind, include_extras=True), {}
    for field in dataclasses.fields(kind):
        annotation = hints[field.name]
        option = next((item for item in get_args(annotation)[1:] if isinstance(item, Option)), None)
        if option is None:
            raise TypeError(f"{kind.__name__}.{field.name} has no Option")
        owner = next(one for one in kind.__mro__ if field.name in vars(one).get("__annotations__", {}))
        of, optional = _type_of(get_args(annotation)[0])
        found[field.name] = Setting(
            field.name, of, optional, field.default, getattr(owner, "GROUP", ""), option
        )
    return found


def read(kind: type, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for the fields of a dataclass, with strings parsed as on the command line.

    Raises SettingsError for unknown fields and invalid layers.
    """
    known, values = described(kind), {}
    for name, value in changes.items():
        if name not in known:
            raise SettingsError(f"unknown setting '{name}'; known settings are {', '.join(known)}")
        values[name] = value
        if known[name].type == "layers":
            values[name] = _layers(name, value)
        elif known[name].type == "texts" and isinstance(value, Iterable):  # validation rejects other types
            values[name] = (value,) if isinstance(value, str) else tuple(value)
    return values


def on_paper(kind: type, values: dict[str, Any], dpi: Any) -> None:
    """Convert lengths such as `30cm` among values to pixels, in place; raises SettingsError."""
    known = described(kind)
    for name, setting in known.items():
        value = values.get(name)
        if setting.option.paper and isinstance(value, str) and is_length(value):
            dots = known["dpi"].option.checked("int", False, "dpi", dpi)
            values[name] = Paper(value, dots, pixels(name.replace("_", " "), value, dots))


def from_text(setting: Setting, text: str) -> Any:
    """Return the value of a string: True or False for `on` or `off` if boolean, else itself.

    Raises SettingsError if a boolean is anything else.
    """
    if setting.type != "bool":
        return text
    words = {"on": True, "true": True, "off": False, "false": False}
    if text not in words:
        raise SettingsError(f"{setting.name.replace('_', ' ')} must be on or off, got '{text}'")
    return words[text]


def as_text(value: Any) -> str:
    """Format a value as the command line accepts it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def plain(value: Any) -> Any:
    """Convert the value of a setting for JSON."""
    return [str(item) for item in value] if isinstance(value, tuple) else value


def _type_of(annotation: Any) -> tuple[Type, bool]:
    """Return the type of a field from its annotation, and whether it may be None."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    parts = [part for part in get_args(annotation) if part is not type(None)]
    optional = type(None) in get_args(annotation)
    if optional:
        annotation = parts[0]
    types: dict[Any, Type] = {
        int: "int",
        float: "float",
        bool: "bool",
        str: "text",
        tuple[str, ...]: "texts",
        tuple[Layer, ...]: "layers",
    }
    return types[annotation], optional


def _is(kind: Type, value: Any) -> bool:
    if kind == "texts":
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool if kind == "bool" else str)


def _layers(name: str, value: Any) -> tuple[Layer, ...]:
    if not isinstance(value, Iterable):
        raise SettingsError(
            f"{name.replace('_', ' ')} must name layers, such as 'conv1_1,conv2_1:0.5', got {value!r}"
        )
    items: Iterable[Any] = (
        [text for text in value.split(",") if text.strip()] if isinstance(value, str) else list(value)
    )
    return tuple(Layer.parse(item) if isinstance(item, str) else Layer(*item) for item in items)


def _check_layers(name: str, layers: tuple[Layer, ...]) -> None:
    if not layers:
        raise SettingsError(f"{name} must name at least one layer, got none")
    for layer in layers:
        if layer.name not in LAYERS:
            raise SettingsError(
                f"unknown layer '{layer.name}' in {name}; the encoder has {', '.join(LAYERS)}"
            )
        if not (math.isfinite(layer.weight) and layer.weight >= 0):
            raise SettingsError(f"weight of {layer.name} in {name} must be >= 0, got {layer.weight}")
