"""`impasto again`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption, changes_and_run, options_of
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions

_CELL = "Use the settings of this cell of a sheet, such as B3."


@click.command(cls=GroupedCommand)
@click.argument("result", type=Name(), metavar="OUT")
@click.option("--cell", default="", metavar="NAME", cls=GroupedOption, group="Start from", help=_CELL)
@click.option(
    "--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Start from", help=INPUTS_HELP
)
@options_of(Settings)
@options_of(RunOptions)
def again(result: str, cell: str, inputs: tuple[str, ...], **given: Any) -> int:
    """Repeat the result OUT from its recipe, or from a file written by --recipe. OUT is never overwritten.

    The same machine gives the same bytes. Options change single settings and keep the others; what the
    recipe omits (names of inputs, the photo's metadata) stays omitted. Inputs are searched for at their
    paths, beside OUT and in --inputs, and identified by their hashes; if one has changed, nothing is
    painted.

    \b
    Examples
      impasto again out.png
      impasto again out.png --size 2048 --strength 70 -o large.png
      impasto again out.png --inputs pictures
      impasto again sheet.png --cell B3 --size 2048
    """
    changes, run = changes_and_run(given)
    from impasto.cli.again import paint_again

    return paint_again(result, cell, inputs, changes, run)
