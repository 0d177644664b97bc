"""The recipe of a contact sheet, and the recipe of a full run from one of its cells."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from impasto.errors import RecipeError, SettingsError, option
from impasto.recipe.fields import (
    AGAIN,
    FORMAT,
    SHEET,
    check_fields,
    check_origin,
    check_references,
    check_roles,
    check_values,
    earlier_steps,
    for_its_version,
    is_earlier,
    one_line,
    open_table,
    read_inputs,
    read_settings,
    shared_tables,
    wrong,
)
from impasto.recipe.input import REFERENCE, Input, nameless, printable, with_files
from impasto.recipe.recipe import Recipe, parse, read_by
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.kinds import KINDS
from impasto.settings.option import described, from_text, plain
from impasto.version import __version__

MOST = 100
"""Maximum number of cells of a sheet."""

WIDEST_ROW = 6
"""Maximum number of cells in one row if only one axis varies; more are arranged in a square."""


class Axis(NamedTuple):
    """A setting and the values that it takes."""

    name: str
    values: tuple[Any, ...]

    @classmethod
    def parse(cls, text: str) -> Axis:
        """Parse `strength=20,50,80`; semicolons separate values that contain commas. Raises SettingsError."""
        name, equals, values = text.partition("=")
        name, known = name.strip().replace("-", "_"), described(Settings)
        if not equals:
            raise SettingsError(
                f"{option('vary')} must be NAME=VALUE,VALUE, such as strength=20,50,80, got '{text}'"
            )
        if name not in known:
            raise SettingsError(f"unknown setting '{name}' in {option('vary')}; known are {', '.join(known)}")
        parts = values.split(";" if ";" in values or ",…" in known[name].option.metavar else ",")
        return cls(name, tuple(from_text(known[name], part.strip()) for part in parts))


@dataclass(frozen=True, kw_only=True)
class SheetRecipe:
    """How a sheet was made: the settings of a full run, the size and steps of the cells, and what varies.

    `styles` has the indices of inputs for each combination of styles, `vary` the settings with their values.
    The cells are the product of both, with the last setting varying fastest. Settings and values refer to
    files as inputs. `paints` is the command that painted the cells.
    """

    settings: Settings
    cells: Cells
    styles: tuple[tuple[int, ...], ...]
    vary: tuple[Axis, ...]
    inputs: tuple[Input, ...]
    weights: str
    device: str = "cpu"
    version: str = __version__
    command: str = SHEET
    paints: str = "stylize"

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> SheetRecipe:
        """Read the recipe of a sheet; raises RecipeError."""
        return read_by(parse_sheet, Path(path))

    def to_text(self) -> str:
        """Return the recipe as one line of ASCII JSON with sorted keys."""
        return one_line(self.as_table())

    def as_table(self) -> dict[str, Any]:
        """Return the recipe as a dictionary for JSON."""
        table = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        vary = [[axis.name, [plain(value) for value in axis.values]] for axis in self.vary]
        return (
            {"format": FORMAT}
            | table
            | shared_tables(self.settings, self.inputs)
            | {
                "cells": vars(self.cells).copy(),
                "styles": [list(row) for row in self.styles],
                "vary": vary,
            }
        )

    def without_names(self) -> SheetRecipe:
        """Return the recipe without the names and paths of its inputs."""
        return dataclasses.replace(self, inputs=nameless(self.inputs))

    @property
    def names(self) -> list[str]:
        """The names of the cells, row by row: A1, B1 and so on."""
        columns = columns_of(self.counts)
        return [name_of(number, columns) for number in range(math.prod(self.counts))]

    @property
    def counts(self) -> list[int]:
        """The number of combinations of styles, and the number of values of each setting."""
        return [len(self.styles), *(len(axis.values) for axis in self.vary)]

    def changes(self) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
        """Yield for each cell the indices of its styles among the inputs, and its varied settings."""
        return product(self.styles, self.vary)

    def cell(self, name: str) -> Recipe:
        """Return the recipe of a full run from a cell such as `B3`; raises RecipeError if there is none."""
        names = self.names
        if name.upper() not in names:
            raise RecipeError(
                f"the sheet has no cell '{printable(name, 20)}'; "
                f"it has {listed(names, columns_of(self.counts))}"
            )
        styles, changes = next(itertools.islice(self.changes(), names.index(name.upper()), None))
        inputs = [
            *(item for item in self.inputs if item.role == "content"),
            *(self.inputs[number] for number in styles),
        ]

        def renumber(_field: str, text: str) -> str:
            inputs.append(self.inputs[int(text.removeprefix(REFERENCE))])
            return f"{REFERENCE}{len(inputs) - 1}"

        settings = with_files(self.settings.with_changes(**changes), renumber)
        other = next((item.sha256 for item in inputs if item.role == "weights"), self.weights)
        return Recipe(
            settings=settings,
            inputs=tuple(inputs),
            weights=other,
            device=self.device,
            version=self.version,
            command=self.paints,
        )


def product(
    styles: Sequence[tuple[int, ...]], vary: Sequence[Axis]
) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    """Yield for each cell an item of `styles` and its varied settings."""
    for row, *values in itertools.product(styles, *(axis.values for axis in vary)):
        yield row, {axis.name: value for axis, value in zip(vary, values, strict=True)}


def columns_of(counts: Sequence[int]) -> int:
    """Return the number of columns for axes with `counts` values: that of the last axis that varies."""
    varied = [count for count in counts if count > 1] or [1]
    if len(varied) == 1 and varied[0] > WIDEST_ROW:
        return math.ceil(math.sqrt(varied[0]))
    return varied[-1]


def name_of(number: int, columns: int) -> str:
    """Return the name of a cell as in a spreadsheet: letters for the column, a number for the row."""
    row, column = divmod(number, columns)
    letters = chr(ord("A") + column % 26)
    while column >= 26:
        column = column // 26 - 1
        letters = chr(ord("A") + column % 26) + letters
    return f"{letters}{row + 1}"


def listed(names: Sequence[str], columns: int) -> str:
    """Summarise the names of cells as ranges, with an incomplete last row apart."""
    full, rest = names[: len(names) // columns * columns], names[len(names) // columns * columns :]
    return ", ".join(
        f"{part[0]} to {part[-1]}" if len(part) > 1 else part[0] for part in (full, rest) if part
    )


def check_axes(counts: Sequence[int], names: Sequence[str]) -> None:
    """Raise SettingsError if a sheet cannot have axes with `counts` values and settings of these `names`."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise SettingsError(
            f"{twice.replace('_', ' ')} is varied twice", f"give all its values in one {option('vary')}"
        )
    cells = math.prod(counts)
    if cells > MOST:
        raise SettingsError(
            f"a sheet has at most {MOST} cells, got {'x'.join(map(str, counts))} = {cells}",
            "vary fewer values, or make several sheets",
        )
    if cells < 2:
        raise SettingsError(
            f"a sheet needs at least two cells, got {cells}",
            f"give several styles, or {option('vary')} NAME=VALUE,VALUE",
        )


def parse_any(text: str) -> Recipe | SheetRecipe:
    """Parse the recipe of a result or a sheet; raises RecipeError with the invalid field and its value."""
    return parse_sheet(text) if open_table(text)[0].get("command") == SHEET else parse(text)


def parse_sheet(text: str) -> SheetRecipe:
    """Parse the recipe of a sheet; raises RecipeError, also for the recipe of a single result."""
    table, made_by = open_table(text)
    with for_its_version(made_by):
        return _sheet(table, made_by)


def _sheet(table: dict[str, Any], made_by: str) -> SheetRecipe:
    if table.get("command") != SHEET:
        raise RecipeError("it is that of a single picture, which has no cells", f"leave {option('cell')} out")
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
        raise RecipeError(error.what, AGAIN) from None
    values = {
        "cells": _cells(table["cells"], made_by, earlier=is_earlier(table["settings"])),
        "inputs": inputs,
        "settings": settings,
        "styles": styles,
        "vary": vary,
    }
    return _read_values(SheetRecipe(**(table | values)))


def _styles(rows: list[Any], inputs: tuple[Input, ...]) -> tuple[tuple[int, ...], ...]:
    for row in rows:
        # Without styles there is one empty row.
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


def _cells(table: dict[str, Any], made_by: str, *, earlier: bool) -> Cells:
    check_fields(Cells, table, "cells.", made_by)
    if earlier:
        table = table | {"steps": earlier_steps(table, "draft")}
    try:
        return Cells(**table)
    except SettingsError as error:
        raise RecipeError(f"cells: {printable(str(error), 300)}", AGAIN) from None


def _read_values(sheet: SheetRecipe) -> SheetRecipe:
    """Return a sheet with parsed values of its axes; raises RecipeError if a cell has invalid settings."""
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
