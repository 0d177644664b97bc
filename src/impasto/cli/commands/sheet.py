"""`impasto sheet`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.option import described
from impasto.settings.run import RunOptions

_CELLS = tuple(described(Cells))
_VARY = (
    "Setting and its values, such as strength=20,50,80. Repeatable. "
    "Values that contain commas are separated by semicolons."
)


@click.command(cls=GroupedCommand)
@click.argument("content", type=Name())
@click.argument(
    "styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT][+STYLE…]..."
)
@click.option("--vary", multiple=True, metavar="NAME=VALUE,…", cls=GroupedOption, group="Cells", help=_VARY)
@options_of(Cells)
@start_options("default")
@options_of(Settings, *(name for name in described(Settings) if name not in _CELLS), command="stylize")
@options_of(RunOptions, "output", "device", "memory", "private", "quiet", "json")
def sheet(
    content: str,
    styles: tuple[str, ...],
    vary: tuple[str, ...],
    preset: str | None,
    file: str | None,
    **given: Any,
) -> int:
    """Paint a contact sheet of small variants of the photo CONTENT, to choose from before a long run.

    Each STYLE is painted separately; styles joined by + are mixed. Each --vary varies a setting over its
    values. The last one makes the columns, the others the rows, and each cell is labelled with its name.
    'impasto again' starts a full run from a cell, with all settings given here except --size, --quality and
    --steps, which only apply to the cells.

    \b
    Examples
      impasto sheet photo.jpg painting.jpg --vary strength=20,50,80 --vary brush=0.5,1,2 -o sheet.png
      impasto sheet photo.jpg night.jpg harvest.jpg night.jpg+harvest.jpg --vary strength=40,70
      impasto again sheet.png --cell B3 --size 2048
    """
    cells = Cells(**{name: value for name in _CELLS if (value := given.pop(name)) is not None})
    settings, run = settings_and_run(preset, file, given)
    from impasto.cli.sheet import paint_sheet

    return paint_sheet(content, styles, vary, settings, cells, run)
