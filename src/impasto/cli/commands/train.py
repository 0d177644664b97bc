"""`impasto train`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand
from impasto.cli.streams import Name, Target


@click.command(cls=GroupedCommand)
@click.argument("painting", type=Name())
@click.option("--name", required=True, metavar="NAME", help="Name of the look, for 'impasto instant --look'.")
@click.option(
    "--photos",
    type=Target(),
    multiple=True,
    metavar="PHOTOS",
    help="Photos to train on besides the bundled ones: a folder, a file or a quoted pattern. Repeatable.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True, max=10_000),
    default=20,
    show_default=True,
    metavar="X",
    help="Time to train; more minutes come closer to the painting.",
)
@click.option(
    "-o",
    "--output",
    type=Target(),
    default="",
    metavar="FILE",
    help="File for the look, ending in .look.  [default: among your own looks]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed.")
@click.option("--preview", type=Target(), default="", metavar="FILE", help="Picture to update with previews.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.option("--json", is_flag=True, help="Print one JSON object per event to stdout, and nothing else.")
def train(painting: str, **given: Any) -> int:
    """Make a look of your own from a PAINTING, for 'impasto instant'.

    More and varied photos make a better look. It is measured and previewed on bundled photos that it is not
    trained on. The same command continues an interrupted training.

    \b
    Examples
      impasto train painting.jpg --name mine
      impasto train painting.jpg --name mine --photos holiday --minutes 60
      impasto train painting.jpg --name mine -o mine.look --preview preview.jpg
    """
    from impasto.cli.train import Wanted
    from impasto.cli.train import train as carry_out

    return carry_out(painting, Wanted(**given))
