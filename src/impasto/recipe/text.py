"""A stranger's recipe as text: each field checked before it is used."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, NoReturn

from impasto.errors import RecipeError, SettingsError
from impasto.fields import number, read, words_beside_files
from impasto.recipe.change import STYLES, Change, check_names, check_weights, in_effect
from impasto.recipe.recipe import COMMANDS, FORMAT, REFERENCE, Input, Recipe, files_of, printable
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
    "tuple[Change, ...]": ("a list", (list,)),
    "tuple[float, ...]": ("a list of numbers", (list,)),
    "Mapping[str, float]": ("a table", (dict,)),
    "Settings": ("a table", (dict,)),
}
"""How JSON holds a field of a type, in words and as json gives it."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PART = 200
_MOST_CHANGES = 1000
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
    weight = _amount("content_weight", table.get("content_weight", 0.0))
    recipe = Recipe(**{**table, "inputs": inputs, "settings": settings, "content_weight": weight, "changes": ()})
    _check_sense(recipe)
    return dataclasses.replace(recipe, changes=parse_changes(table.get("changes", []), recipe))


def parse_changes(items: list[Any], recipe: Recipe) -> tuple[Change, ...]:
    """Read the changes of a recipe as JSON holds them; raises RecipeError."""
    changes: list[Change] = []
    if len(items) > _MOST_CHANGES:
        _wrong("changes", f"a list of at most {_MOST_CHANGES}", len(items))
    for i, item in enumerate(items):
        where = f"changes[{i}]"
        if not isinstance(item, dict):
            _wrong(where, "a table", item)
        _check(Change, item, f"{where}.", printable(recipe.version, 20))
        for name, value in [*item.get("settings", {}).items(), *((STYLES, weight) for weight in item.get(STYLES, []))]:
            if isinstance(value, bool) or not isinstance(value, int | float):
                _wrong(f"{where}.{printable(name)}", "a number", value)
        try:
            change = _change(item, recipe)
            in_effect(recipe.settings, recipe.style_weights, [*changes, change], change.place)
        except SettingsError as error:
            raise RecipeError(f"{where}: {printable(str(error), 300)}; {_AGAIN}") from None
        if change.place <= (changes[-1].place if changes else (0, 0)) or change.scale < 1 or change.step < 0:
            _wrong(where, "at a scale from 1 on and a step from 0 on, after the one before it", list(change.place))
        if not change.names:
            _wrong(f"{where}.settings", "something that changes", item.get("settings"))
        changes.append(change)
    return tuple(changes)


def _change(table: dict[str, Any], recipe: Recipe) -> Change:
    weights = recipe.style_weights
    check_names([*table.get("settings", {}), *([STYLES] if STYLES in table else [])], recipe.settings, len(weights))
    settings = {name: float(number(name, value, float)) for name, value in table.get("settings", {}).items()}
    return Change(scale=table["scale"], step=table["step"], settings=settings, styles=check_weights(table[STYLES], len(weights)) if STYLES in table else ())


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
    if roles.count("content") != 1 or "style" not in roles:
        _wrong("inputs", "one content and at least one style", roles)
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
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
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
