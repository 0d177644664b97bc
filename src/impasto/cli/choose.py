"""The commands that help to choose: `impasto sheet` before the long run, `impasto compare` after it."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name, Target
from impasto.run import Cells, Run
from impasto.settings import Settings

_CELLS = tuple(field.name for field in dataclasses.fields(Cells))
_VARY = "A setting and its values, such as strength=20,50,80; may be given several times. Values with commas in them are parted by semicolons."
_STYLE = "A painting, and its weight among several; may be given several times. Without it those that each recipe names."


@click.command(cls=GroupedCommand, short_help="Paint small in many ways, to choose from.")
@click.argument("content", type=Name())
@click.argument("styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT][+STYLE…]...")
@click.option("--vary", multiple=True, metavar="NAME=VALUE,…", cls=GroupedOption, group="Cells", help=_VARY)
@options_of(Cells)
@start_options("default")
@options_of(Settings, *(field.name for field in dataclasses.fields(Settings) if field.name not in _CELLS), command="stylize")
@options_of(Run, "output", "device", "memory", "private", "quiet", "json")
def sheet(content: str, styles: tuple[str, ...], vary: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> int:
    """Paint the photo CONTENT small in many ways on one sheet, to choose from before the long run.

    Each STYLE is tried by itself; styles joined by + are mixed. Each --vary lets a setting take its values in turn. The last
    that varies makes the columns, all before it the rows, and each cell has its name below it. 'impasto again' starts a full
    run from a cell, with all settings given here; --size, --quality and --steps are those of the cells alone.

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


@click.command(cls=GroupedCommand, short_help="Judge results side by side.")
@click.argument("results", type=Name(), nargs=-1, required=True, metavar="OUT...")
@click.option("--content", type=Name(), metavar="FILE", cls=GroupedOption, group="Judged by", help="The photo; without it the one that each recipe names.")
@click.option("--style", "styles", type=Name(weighted=True), multiple=True, metavar="FILE[:WEIGHT]", cls=GroupedOption, group="Judged by", help=_STYLE)
@click.option("--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Judged by", help=INPUTS_HELP)
@click.option(
    "-o", "--output", type=Target(), default="", metavar="FILE", cls=GroupedOption, group="Run", help="A page to write, with everything in it; .html."
)
def compare(results: tuple[str, ...], content: str | None, styles: tuple[str, ...], inputs: tuple[str, ...], output: str) -> None:
    """Judge results by the photo and the paintings that they were made from, and print a table; with -o, a page with pictures.

    OUT is a picture, or the folder of a job whose picture is there. The errors are relative: content against the recoloured
    photo, ‖F−P‖²/‖P‖² at conv4_2, and style, ‖G−A‖²/‖A‖², at each of five layers; the colours are compared in CIELAB, and
    a difference of 2 can just be seen. Settings are shown where they differ, time and memory where a job knows them.

    \b
    Examples
      impasto compare out.png out-2.png
      impasto compare out.png out-2.png --content photo.jpg --style painting.jpg -o report.html
    """
    from impasto.cli.compare import compared

    for line in compared(results, content, styles, inputs, output):
        click.echo(line)
