"""Validation of recipes in JSON: every field is checked before use, since anyone may have written it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from impasto.errors import RecipeError, SettingsError
from impasto.recipe.input import REFERENCE, Input, files_of, printable
from impasto.settings import Settings
from impasto.settings.number import number
from impasto.settings.option import described, read
from impasto.version import __version__

FORMAT = 1
"""Version of the JSON format; newer ones are rejected, older ones can be read."""

_LIST = ("a list of texts", (list,))
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "float | None": ("a number or null", (int, float, type(None))),
    "text": ("a text", (str,)),
    "texts": _LIST,
    "layers": _LIST,
    "bool": ("true or false", (bool,)),
    "str": ("a text", (str,)),
    "tuple[Input, ...]": ("a list", (list,)),
    "tuple[Change, ...]": ("a list", (list,)),
    "tuple[float, ...]": ("a list of numbers", (list,)),
    "Mapping[str, float]": ("a table", (dict,)),
    "tuple[tuple[int, ...], ...]": ("a list", (list,)),
    "tuple[Axis, ...]": ("a list", (list,)),
    "Settings": ("a table", (dict,)),
    "Cells": ("a table", (dict,)),
}
"""For the type of a field: its description, and the Python types that `json` returns for it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PART = 200
_REFERENCE = re.compile(rf"{REFERENCE}(\d{{1,6}})", re.ASCII)
_ROLES = (
    "content",
    "style",
    *(name for name, field in described(Settings).items() if field.words is not None),
)
SHEET = "sheet"
"""The command of a contact sheet, whose recipe contains cells."""

EARLIER_STEPS = {"draft": 60, "normal": 330, "best": 900}
"""Steps of the qualities in recipes from before the setting `forms`, when a default took twice the steps."""

AGAIN = "take another copy of the file, or paint again"
UPDATE = "update impasto"


@contextmanager
def for_its_version(made_by: str) -> Iterator[None]:
    """Suggest an update instead of another copy if the invalid recipe was written by a newer version."""
    try:
        yield
    except RecipeError as error:
        if error.way_out != AGAIN or _numbers(made_by) <= _numbers(__version__):
            raise
        origin = (
            ""
            if "made by impasto" in error.what
            else f", made by impasto {made_by}, and this is {__version__}"
        )
        raise RecipeError(error.what + origin, UPDATE) from None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


def open_table(text: str) -> tuple[dict[str, Any], str]:
    """Return the table of a recipe of any kind, without its format, and its version; raises RecipeError."""
    try:
        table = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"it is not JSON ({printable(str(error))})", AGAIN) from None
    if not isinstance(table, dict):
        wrong("it", "a table", table)
    found = table.pop("format", None)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        wrong("format", "a whole number from 1 on", found)
    made_by = printable(str(table.get("version")), 20)
    if found > FORMAT:
        raise RecipeError(
            f"it has format {printable(str(found), 20)}, written by impasto {made_by}; "
            f"impasto {__version__} reads format {FORMAT}",
            UPDATE,
        )
    return table, made_by


def read_inputs(items: list[Any], made_by: str) -> tuple[Input, ...]:
    """Return the inputs in a list of tables; raises RecipeError."""
    return tuple(_input(item, f"inputs[{i}]", made_by) for i, item in enumerate(items))


def read_settings(table: dict[str, Any], made_by: str) -> Settings:
    """Return the settings in a table, with the steps that its quality had then; raises RecipeError."""
    check_values(table, "settings.", made_by)
    if is_earlier(table):
        table = table | {"steps": earlier_steps(table, "normal")}
    try:
        return Settings(**read(Settings, table))
    except SettingsError as error:
        raise RecipeError(printable(str(error), 300), AGAIN) from None


def is_earlier(settings: Mapping[str, Any]) -> bool:
    """Whether the settings in a recipe are from before the setting `forms`."""
    return "style_layers" in settings and "forms" not in settings


def earlier_steps(table: Mapping[str, Any], quality: str) -> int:
    """Return the steps of earlier settings, whose quality is by default `quality`."""
    return table.get("steps") or EARLIER_STEPS.get(str(table.get("quality", quality)), 0)


def check_values(table: dict[str, Any], where: str, made_by: str) -> None:
    """Raise RecipeError unless a table has known settings of the right types and short printable strings."""
    known = described(Settings)
    _check_known(known, table, where, made_by)
    for name, value in table.items():
        setting = known[name]
        _check_type(where + name, f"{setting.type} | None" if setting.optional else setting.type, value)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(value, list | str) and not (
                isinstance(text, str)
                and text.isprintable()
                and max(map(len, text.split(","))) <= _LONGEST_PART
            ):
                wrong(f"{where}{name}", f"plain text, in parts of up to {_LONGEST_PART} characters", text)


def _input(table: Any, where: str, made_by: str) -> Input:
    if not isinstance(table, dict):
        wrong(where, "a table", table)
    check_fields(Input, table, f"{where}.", made_by)
    item = Input(**{**table, "weight": amount(f"{where}.weight", table.get("weight", 1.0))})
    if item.role not in _ROLES:
        wrong(f"{where}.role", f"one of {', '.join(_ROLES)}", item.role)
    if not _SHA256.fullmatch(item.sha256):
        wrong(f"{where}.sha256", "64 hexadecimal digits", item.sha256)
    if item.bytes < 0:
        wrong(f"{where}.bytes", ">= 0", item.bytes)
    if "/" in item.name or item.name in (".", "..") or "\0" in item.name + item.path:
        wrong(f"{where}.name", "a file's name without its folder", item.name)
    if item.role != "style" and item.weight != 1:
        wrong(f"{where}.weight", "omitted unless the role is style", item.weight)
    if item.pixels and item.role not in ("content", "style"):
        wrong(f"{where}.pixels", "false for a file that the settings name", item.pixels)
    return item


def check_origin(weights: str, device: str) -> None:
    """Raise RecipeError if the hash of the weights or the device is invalid."""
    if not _SHA256.fullmatch(weights):
        wrong("weights", "64 hexadecimal digits", weights)
    if device not in ("cpu", "cuda", "mps"):
        wrong("device", "one of cpu, cuda, mps", device)


def check_roles(command: str, inputs: tuple[Input, ...]) -> None:
    """Raise RecipeError if the inputs do not have the roles that a command needs."""
    roles = [item.role for item in inputs]
    contents, styles = roles.count("content"), "style" in roles
    painted = contents == 1 and styles
    possible = {
        "stylize": painted,
        "video": painted,
        "instant": painted,
        "texture": not contents and styles,
        "features": contents == 1 and not styles,
    }
    if not possible.get(command, contents + styles == 1):
        both = "one content and at least one style"
        wanted = {"texture": "styles alone", "features": "one content alone"}
        wanted |= dict.fromkeys(("stylize", "video", "instant"), both)
        wrong("inputs", wanted.get(command, "one content, or styles"), roles)


def check_references(settings: Settings, inputs: tuple[Input, ...]) -> None:
    """Raise RecipeError unless settings refer to files as inputs of the right role.

    So a recipe cannot make a setting open a file of its choice.
    """
    for field, text in files_of(settings):
        match = _REFERENCE.fullmatch(text)
        if match is None or int(match[1]) >= len(inputs) or inputs[int(match[1])].role != field:
            wrong(f"settings.{field}", f"{REFERENCE}N, the number of an input of that role", text)


def check_fields(kind: type, table: dict[str, Any], where: str, made_by: str) -> None:
    """Raise RecipeError unless a table has the fields of a dataclass, with values of the right types.

    Fields with a default may be missing.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    _check_known(fields, table, where, made_by)
    for name, field in fields.items():
        if name in table:
            _check_type(where + name, _named(field.type), table[name])
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise RecipeError(f"field '{where}{name}' is missing", AGAIN)


def _check_known(known: Iterable[str], table: dict[str, Any], where: str, made_by: str) -> None:
    for name in table:
        if name not in known:
            raise RecipeError(
                f"unknown field '{where}{printable(name)}', made by impasto {made_by}, "
                f"and this is {__version__}",
                AGAIN,
            )


def _check_type(where: str, kind: str, value: Any) -> None:
    wanted, types = _TYPES[kind]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        wrong(where, wanted, value)


def _named(annotation: Any) -> str:
    """Return the name of a field's type, without the metadata of `Annotated`."""
    text = str(annotation)
    return (
        text.removeprefix("Annotated[").partition(",")[0].strip() if text.startswith("Annotated[") else text
    )


def amount(where: str, value: Any) -> float:
    """Return a number >= 0; raises RecipeError."""
    try:
        found = float(number(where, value, float))
    except SettingsError:
        found = -1.0
    if found < 0:
        wrong(where, "a number >= 0", value)
    return found


def wrong(where: str, wanted: str, value: Any) -> NoReturn:
    """Raise RecipeError for a value that is not as expected."""
    raise RecipeError(
        f"{where} must be {wanted}, got {printable(json.dumps(value, ensure_ascii=False))}", AGAIN
    )


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number in JSON")


def one_line(table: dict[str, Any]) -> str:
    """Return a table as one line of ASCII JSON with sorted keys."""
    return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)


def shared_tables(settings: Settings, inputs: Sequence[Input]) -> dict[str, Any]:
    """Return the settings and inputs as tables, which every recipe contains."""
    return {"settings": settings.as_table(), "inputs": [_said(item) for item in inputs]}


def _said(item: Input) -> dict[str, Any]:
    fields = [field for field in dataclasses.fields(item) if field.name != "weight" or item.role == "style"]
    return {
        field.name: getattr(item, field.name)
        for field in fields
        if getattr(item, field.name) != field.default or field.name == "weight"
    }
