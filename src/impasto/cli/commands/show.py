"""`impasto show`."""

from __future__ import annotations

import click

from impasto.cli.streams import Name

_CELL = "Use the settings of this cell of a sheet, such as B3."


@click.command
@click.argument("result", type=Name(), metavar="OUT")
@click.option("--cell", default="", metavar="NAME", help=_CELL)
def show(result: str, cell: str) -> None:
    """Print the recipe of the result OUT as JSON: settings, inputs with hashes, and versions.

    \b
    Examples
      impasto show out.png
      impasto show out.png > recipe.json
      impasto show sheet.png --cell B3
    """
    from impasto.cli.again import shown

    click.echo(shown(result, cell))
