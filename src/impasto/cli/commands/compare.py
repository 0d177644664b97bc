"""`impasto compare`."""

from __future__ import annotations

import click

from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption
from impasto.cli.streams import Name, Target

_STYLE = "A painting, and its weight among several; may be given several times. Without it those that each recipe names."


@click.command(cls=GroupedCommand)
@click.argument("results", type=Name(), nargs=-1, required=True, metavar="OUT...")
@click.option(
    "--content",
    type=Name(),
    metavar="FILE",
    cls=GroupedOption,
    group="Judged by",
    help="The photo; without it the one that each recipe names.",
)
@click.option(
    "--style",
    "styles",
    type=Name(weighted=True),
    multiple=True,
    metavar="FILE[:WEIGHT]",
    cls=GroupedOption,
    group="Judged by",
    help=_STYLE,
)
@click.option(
    "--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Judged by", help=INPUTS_HELP
)
@click.option(
    "-o",
    "--output",
    type=Target(),
    default="",
    metavar="FILE",
    cls=GroupedOption,
    group="Run",
    help="A page to write, with everything in it; .html.",
)
def compare(
    results: tuple[str, ...],
    content: str | None,
    styles: tuple[str, ...],
    inputs: tuple[str, ...],
    output: str,
) -> None:
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
