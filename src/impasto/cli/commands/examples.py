"""`impasto examples`."""

from __future__ import annotations

import click

from impasto.cli.streams import Target


@click.command
@click.argument("folder", type=Target(), metavar="DIR")
def examples(folder: str) -> None:
    """Write the bundled pictures and their licences to the folder DIR.

    \b
    Example
      impasto examples pictures
    """
    from impasto.cli.examples import write_examples

    write_examples(folder)
