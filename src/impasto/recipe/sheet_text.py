"""A stranger's recipe of a sheet as text: each field checked before it is used, and each of its cells."""

from __future__ import annotations

import dataclasses
from typing import Any

from impasto.errors import RecipeError, SettingsError
from impasto.recipe.recipe import Input, Recipe, printable
from impasto.recipe.sheet import COMMAND, Axis, SheetRecipe, check_axes
from impasto.recipe.text import (
    AGAIN,
    check_fields,
    check_origin,
    check_references,
    check_roles,
    check_values,
    for_its_version,
    open_table,
    parse,
    read_inputs,
    read_settings,
    wrong,
)
from impasto.settings.cells import Cells
from impasto.settings.kinds import KINDS


def parse_any(text: str) -> Recipe | SheetRecipe:
    """Read a recipe of a result or of a sheet; raises RecipeError with the field, its value and the way out."""
    return parse_sheet(text) if open_table(text)[0].get("command") == COMMAND else parse(text)


def parse_sheet(text: str) -> SheetRecipe:
    """Read the recipe of a sheet; raises RecipeError as `parse` does, and where it is that of a single result."""
    table, made_by = open_table(text)
    with for_its_version(made_by):
        return _sheet(table, made_by)


def _sheet(table: dict[str, Any], made_by: str) -> SheetRecipe:
    if table.get("command") != COMMAND:
        raise RecipeError("it is that of a single picture, which has no cells; leave --cell out")
    check_fields(SheetRecipe, table, "", made_by)
    inputs, settings = read_inputs(table["inputs"], made_by), read_settings(table["settings"], made_by)
    check_origin(table["weights"], table.get("device", "cpu"))
    paints = table.get("paints", "stylize")
    if paints not in KINDS:
        wrong("paints", f"one of {', '.join(KINDS)}", paints)
    check_roles(paints, inputs)
    styles = _styles(table["styles"], inputs)
    vary = _vary(table["vary"], made_by)
    try:
        check_axes([len(styles), *(len(axis.values) for axis in vary)], [axis.name for axis in vary])
    except SettingsError as error:
        raise RecipeError(str(error), AGAIN) from None
    values = {
        "cells": _cells(table["cells"], made_by),
        "inputs": inputs,
        "settings": settings,
        "styles": styles,
        "vary": vary,
    }
    return _read_values(SheetRecipe(**(table | values)))


def _styles(rows: list[Any], inputs: tuple[Input, ...]) -> tuple[tuple[int, ...], ...]:
    for row in rows:
        # Without any style there is one row, which names none.
        numbers = (
            row
            if isinstance(row, list) and (row or not any(item.role == "style" for item in inputs))
            else [None]
        )
        if not all(
            type(number) is int and 0 <= number < len(inputs) and inputs[number].role == "style"
            for number in numbers
        ):
            wrong("styles", "lists of the numbers of styles among the inputs", row)
    return tuple(map(tuple, rows))


def _vary(items: list[Any], made_by: str) -> tuple[Axis, ...]:
    for item in items:
        if not (
            isinstance(item, list)
            and len(item) == 2
            and isinstance(item[0], str)
            and isinstance(item[1], list)
            and item[1]
        ):
            wrong("vary", "pairs of a setting and a list of its values", item)
    for name, values in items:
        for value in values:
            check_values({name: value}, "vary.", made_by)
    return tuple(Axis(name, tuple(values)) for name, values in items)


def _cells(table: dict[str, Any], made_by: str) -> Cells:
    check_fields(Cells, table, "cells.", made_by)
    try:
        return Cells(**table)
    except SettingsError as error:
        raise RecipeError(f"cells: {printable(str(error), 300)}", AGAIN) from None


def _read_values(sheet: SheetRecipe) -> SheetRecipe:
    """Return a sheet with the values of its axes as settings hold them; raises RecipeError where a cell's settings are unsound."""
    read: dict[tuple[str, str], Any] = {}
    try:
        for _, changes in sheet.changes():
            settings = sheet.settings.with_changes(**changes)
            check_references(settings, sheet.inputs)
            read |= {(name, str(value)): getattr(settings, name) for name, value in changes.items()}
    except SettingsError as error:
        raise RecipeError(printable(str(error), 300), AGAIN) from None
    vary = tuple(
        Axis(axis.name, tuple(read[axis.name, str(value)] for value in axis.values)) for axis in sheet.vary
    )
    return dataclasses.replace(sheet, vary=vary)
