"""A stranger's recipe as text: each field checked before it is used."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, NoReturn

from impasto.errors import RecipeError, SettingsError
from impasto.fields import COMMANDS, number, read, words_beside_files
from impasto.recipe.recipe import FORMAT, REFERENCE, Input, Recipe, files_of, printable
from impasto.settings import Settings
from impasto.version import __version__

_LIST = ("a list of texts", (list,))
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "float | None": ("a number or null", (int, float, type(None))),
    "bool": ("true or false", (bool,)),
    "str": ("a text", (str,)),
    "tuple[str, ...]": _LIST,
    "tuple[Layer, ...]": _LIST,
    "tuple[Input, ...]": ("a list", (list,)),
    "Settings": ("a table", (dict,)),
}
"""How JSON holds a field of a type, in words and as json gives it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PART = 200
_REFERENCE = re.compile(rf"{REFERENCE}(\d{{1,6}})", re.ASCII)
_ROLES = ("content", "style", *(field.name for field in dataclasses.fields(Settings) if words_beside_files(field) is not None))
_AGAIN = "it was damaged or edited; take another copy, or paint anew"


def parse(text: str) -> Recipe:
    """Read a recipe; raises RecipeError with the field, its value and the way out."""
    try:
        table = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"it is no JSON ({printable(str(error))}); {_AGAIN}") from None
    if not isinstance(table, dict):
        _wrong("it", "a table", table)
    found = table.pop("format", None)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        _wrong("format", "a whole number from 1 on", found)
    made_by = printable(str(table.get("version")), 20)
    if found > FORMAT:
        raise RecipeError(f"it has format {printable(str(found), 20)}, of impasto {made_by}, and this is {__version__}, which knows {FORMAT}; update impasto")
    _check(Recipe, table, "", made_by)
    inputs = tuple(_input(item, f"inputs[{i}]", made_by) for i, item in enumerate(table["inputs"]))
    settings = _settings(table["settings"], made_by)
    recipe = Recipe(**{**table, "inputs": inputs, "settings": settings, "content_weight": _amount("content_weight", table.get("content_weight", 0.0))})
    _check_sense(recipe)
    return recipe


def _settings(table: dict[str, Any], made_by: str) -> Settings:
    _check(Settings, table, "settings.", made_by)
    for name, value in table.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(value, list | str) and not (isinstance(text, str) and text.isprintable() and max(map(len, text.split(","))) <= _LONGEST_PART):
                _wrong(f"settings.{name}", f"plain text, in parts of up to {_LONGEST_PART} characters", text)
    try:
        return Settings(**read(Settings, table))
    except SettingsError as error:
        raise RecipeError(f"{printable(str(error), 300)}; {_AGAIN}") from None


def _input(table: Any, where: str, made_by: str) -> Input:
    if not isinstance(table, dict):
        _wrong(where, "a table", table)
    _check(Input, table, f"{where}.", made_by)
    item = Input(**{**table, "weight": _amount(f"{where}.weight", table.get("weight", 1.0))})
    if item.role not in _ROLES:
        _wrong(f"{where}.role", f"one of {', '.join(_ROLES)}", item.role)
    if not _SHA256.fullmatch(item.sha256):
        _wrong(f"{where}.sha256", "64 hexadecimal digits", item.sha256)
    if item.bytes < 0:
        _wrong(f"{where}.bytes", ">= 0", item.bytes)
    if "/" in item.name or item.name in (".", "..") or "\0" in item.name + item.path:
        _wrong(f"{where}.name", "a file's name without its folder", item.name)
    if item.pixels and item.role not in ("content", "style"):
        _wrong(f"{where}.pixels", "false for a file that the settings name", item.pixels)
    return item


def _check_sense(recipe: Recipe) -> None:
    """Raise RecipeError where single fields are sound and the whole is not."""
    if recipe.command not in COMMANDS:
        _wrong("command", f"one of {', '.join(COMMANDS)}", recipe.command)
    if not _SHA256.fullmatch(recipe.weights):
        _wrong("weights", "64 hexadecimal digits", recipe.weights)
    if recipe.device not in ("cpu", "cuda", "mps"):
        _wrong("device", "one of cpu, cuda, mps", recipe.device)
    roles = [item.role for item in recipe.inputs]
    wanted = {"stylize": "one content and at least one style", "texture": "at least one style and no content"}
    content, styles = roles.count("content"), "style" in roles
    if content > 1 or not (content or styles) or (recipe.command in wanted and not (styles and content == (recipe.command == "stylize"))):
        _wrong("inputs", wanted.get(recipe.command, "one content, or styles"), roles)
    # Settings name files by inputs alone, so that a stranger's recipe never says which file is to be opened as what.
    for field, text in files_of(recipe.settings):
        match = _REFERENCE.fullmatch(text)
        if match is None or int(match[1]) >= len(roles) or roles[int(match[1])] != field:
            _wrong(f"settings.{field}", f"{REFERENCE}N, the number of an input of that role", text)


def _check(kind: type, table: dict[str, Any], where: str, made_by: str) -> None:
    """Raise RecipeError unless a table has a dataclass's fields, all of those without a default, with values of their types."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in table:
        if name not in fields:
            raise RecipeError(f"unknown field '{where}{printable(name)}', made by impasto {made_by}, and this is {__version__}; update impasto, or {_AGAIN}")
    for name, field in fields.items():
        if name in table:
            wanted, types = _TYPES[str(field.type)]
            value = table[name]
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                _wrong(where + name, wanted, value)
        elif field.default is dataclasses.MISSING:
            raise RecipeError(f"field '{where}{name}' is missing; {_AGAIN}")


def _amount(where: str, value: Any) -> float:
    try:
        found = float(number(where, value, float))
    except SettingsError:
        found = -1.0
    if found < 0:
        _wrong(where, "a number >= 0", value)
    return found


def _wrong(where: str, wanted: str, value: Any) -> NoReturn:
    raise RecipeError(f"{where} must be {wanted}, got {printable(json.dumps(value, ensure_ascii=False))}; {_AGAIN}")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")
