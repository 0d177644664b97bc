"""`impasto compare`."""

from __future__ import annotations

import click

from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption
from impasto.cli.streams import Name, Target

_STYLE = "A painting, with its weight among several. Repeatable.  [default: those in each recipe]"


@click.command(cls=GroupedCommand)
@click.argument("results", type=Name(), nargs=-1, required=True, metavar="OUT...")
@click.option(
    "--content",
    type=Name(),
    metavar="FILE",
    cls=GroupedOption,
    group="Judged by",
    help="The photo.  [default: the one in each recipe]",
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
    help="Self-contained .html page to write.",
)
def compare(
    results: tuple[str, ...],
    content: str | None,
    styles: tuple[str, ...],
    inputs: tuple[str, ...],
    output: str,
) -> None:
    """Compare results with their photo and paintings in a table; -o also writes a page with pictures.

    OUT is a picture, or the folder of a job that has written one. The errors are relative: content,
    ‖F−P‖²/‖P‖² at conv4_2, to the recoloured photo, and style, ‖G−A‖²/‖A‖², at each of five layers. Colours
    are compared in CIELAB, where a difference of 2 is just visible. Settings are listed if they differ;
    time and memory if the job recorded them. A line for each result says how much of it, and where, may be
    wrong: intrusions, objects of a painting that the photo does not have; lost, a subject of the photo that
    is gone; unpainted, what is still the photo. The page has maps of them.

    \b
    Examples
      impasto compare out.png out-2.png
      impasto compare out.png out-2.png --content photo.jpg --style painting.jpg -o report.html
    """
    from impasto.cli.compare import compared

    for line in compared(results, content, styles, inputs, output):
        click.echo(line)
