"""The recipe of a result: its settings, its inputs by their hashes, and the versions that made it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from impasto.errors import RecipeError, SettingsError, option
from impasto.media.formats import ENDINGS
from impasto.media.part import write_whole
from impasto.media.paths import is_folder
from impasto.recipe.change import STYLES, Change, check_names, check_weights, in_effect
from impasto.recipe.fields import (
    AGAIN,
    FORMAT,
    SHEET,
    amount,
    check_fields,
    check_origin,
    check_references,
    check_roles,
    for_its_version,
    one_line,
    open_table,
    read_inputs,
    read_settings,
    shared_tables,
    wrong,
)
from impasto.recipe.input import REFERENCE, Input, nameless, printable, with_references
from impasto.settings import Settings
from impasto.settings.kinds import KINDS
from impasto.settings.number import number
from impasto.version import __version__

Kind = TypeVar("Kind")

DECIDED = ("threads", "plan", "convolutions")
"""Settings that are chosen for the machine unless they are given."""

_MOST_CHANGES = 1000


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a result was made: the resolved settings, which refer to files as inputs, and the inputs.

    `weights` is the SHA-256 of the encoder's weights, `content_weight` the weight that resulted from the
    strength. `strip` is set if the photo's EXIF was left out, `finished` if the run was completed. `changes`
    were made while the result was painted, in order. `torch` is the version of PyTorch, empty in old recipes.
    """

    settings: Settings
    inputs: tuple[Input, ...]
    weights: str
    content_weight: float = 0.0
    device: str = "cpu"
    strip: bool = False
    finished: bool = True
    version: str = __version__
    torch: str = ""
    changes: tuple[Change, ...] = ()
    command: str = "stylize"

    @classmethod
    def of(cls, settings: Settings, inputs: Iterable[Input], **made: Any) -> Recipe:
        """Return the recipe of a run, whose settings refer to its inputs; `made` are other fields."""
        inputs = tuple(inputs)
        return cls(settings=with_references(settings, inputs), inputs=inputs, **made)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """Read the recipe in a result or in a recipe file; raises RecipeError."""
        return read_by(parse, Path(path))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a recipe file, atomically; raises OutputError."""
        write_whole(Path(path), lambda file: file.write(self.to_text().encode()))
        return Path(path)

    def to_text(self) -> str:
        """Return the recipe as one line of ASCII JSON with sorted keys."""
        return one_line(self.as_table())

    def as_table(self) -> dict[str, Any]:
        """Return the recipe as a dictionary for JSON, without fields of inputs that have their default."""
        table = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        table |= shared_tables(self.settings, self.inputs)
        table["changes"] = [change.as_table() for change in self.changes]
        if not self.changes:
            del table["changes"]
        return {"format": FORMAT} | table

    @property
    def private(self) -> bool:
        """Whether no input has a name or path."""
        return not any(item.name or item.path for item in self.inputs)

    def without_names(self) -> Recipe:
        """Return the recipe without the names and paths of its inputs."""
        return dataclasses.replace(self, inputs=nameless(self.inputs))

    @property
    def style_weights(self) -> tuple[float, ...]:
        """The initial weights of the styles."""
        return tuple(item.weight for item in self.inputs if item.role == "style")

    def input_named(self, text: str) -> Input:
        """Return the input that a reference such as `input:2` in the settings stands for."""
        return self.inputs[int(text.removeprefix(REFERENCE))]


def read_by(parse: Callable[[str], Kind], path: Path) -> Kind:
    """Read the recipe of a file with `parse`; raises RecipeError with the name of the file."""
    # Both need Pillow, which who reads or writes no picture does without.
    from impasto.media.film import recipe_text_of
    from impasto.media.recipe import recipe_text

    text = recipe_text_of(path) if path.suffix.lower() in ENDINGS or is_folder(path) else recipe_text(path)
    if text is None:
        raise RecipeError(
            f"'{path}' carries no recipe: it was saved without one, or by another program",
            f"give the file of its {option('recipe')}, or paint again",
        )
    try:
        return parse(text)
    except RecipeError as error:
        raise RecipeError(f"cannot use the recipe of '{path}': {error.what}", error.way_out) from None


def parse(text: str) -> Recipe:
    """Parse a recipe; raises RecipeError with the invalid field and its value."""
    table, made_by = open_table(text)
    with for_its_version(made_by):
        return _recipe(table, made_by)


def _recipe(table: dict[str, Any], made_by: str) -> Recipe:
    if table.get("command") == SHEET and "cells" in table:
        raise RecipeError(
            "it is that of a sheet", f"start the full run from one of its cells, such as {option('cell')} A1"
        )
    check_fields(Recipe, table, "", made_by)
    inputs, settings = read_inputs(table["inputs"], made_by), read_settings(table["settings"], made_by)
    weight = amount("content_weight", table.get("content_weight", 0.0))
    recipe = Recipe(
        **{**table, "inputs": inputs, "settings": settings, "content_weight": weight, "changes": ()}
    )
    if recipe.command not in KINDS:
        wrong("command", f"one of {', '.join(KINDS)}", recipe.command)
    check_origin(recipe.weights, recipe.device)
    check_roles(recipe.command, inputs)
    check_references(settings, inputs)
    return dataclasses.replace(recipe, changes=parse_changes(table.get("changes", []), recipe))


def parse_changes(items: list[Any], recipe: Recipe) -> tuple[Change, ...]:
    """Parse the list of changes in the JSON of a recipe; raises RecipeError."""
    changes: list[Change] = []
    if len(items) > _MOST_CHANGES:
        wrong("changes", f"a list of at most {_MOST_CHANGES}", len(items))
    for i, item in enumerate(items):
        where = f"changes[{i}]"
        if not isinstance(item, dict):
            wrong(where, "a table", item)
        check_fields(Change, item, f"{where}.", printable(recipe.version, 20))
        for name, value in [
            *item.get("settings", {}).items(),
            *((STYLES, weight) for weight in item.get(STYLES, [])),
        ]:
            if isinstance(value, bool) or not isinstance(value, int | float):
                wrong(f"{where}.{printable(name)}", "a number", value)
        try:
            change = _change(item, recipe)
            in_effect(recipe.settings, recipe.style_weights, [*changes, change], change.place)
        except SettingsError as error:
            raise RecipeError(f"{where}: {printable(str(error), 300)}", AGAIN) from None
        if change.place <= (changes[-1].place if changes else (0, 0)) or change.scale < 1 or change.step < 0:
            wrong(
                where,
                "at a scale from 1 on and a step from 0 on, after the one before it",
                list(change.place),
            )
        if not change.names:
            wrong(f"{where}.settings", "something that changes", item.get("settings"))
        changes.append(change)
    return tuple(changes)


def _change(table: dict[str, Any], recipe: Recipe) -> Change:
    weights = recipe.style_weights
    check_names(
        [*table.get("settings", {}), *([STYLES] if STYLES in table else [])], recipe.settings, len(weights)
    )
    settings = {name: float(number(name, value, float)) for name, value in table.get("settings", {}).items()}
    return Change(
        scale=table["scale"],
        step=table["step"],
        settings=settings,
        styles=check_weights(table[STYLES], len(weights)) if STYLES in table else (),
    )
