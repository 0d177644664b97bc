"""`impasto flicker`."""

from __future__ import annotations

import click

from impasto.cli.options import GroupedCommand, GroupedOption
from impasto.cli.streams import Name, Target

_FLOW = "How the clip's motion is found, best not as it was for painting.  [default: deepflow]"


@click.command(cls=GroupedCommand)
@click.argument("result", type=Name())
@click.option(
    "--source",
    type=Name(),
    required=True,
    metavar="CLIP",
    cls=GroupedOption,
    group="Measure",
    help="The clip that it was painted from.",
)
@click.option(
    "--flow",
    type=click.Choice(["dis", "deepflow"]),
    default="deepflow",
    cls=GroupedOption,
    group="Measure",
    help=_FLOW,
)
@click.option(
    "--start",
    default="",
    metavar="TIME",
    cls=GroupedOption,
    group="Measure",
    help="Where in the clip the film begins.",
)
@click.option(
    "--fps",
    type=float,
    default=0,
    metavar="X",
    cls=GroupedOption,
    group="Measure",
    help="Frames a second, where the film has others than the clip.",
)
@click.option(
    "--plot",
    type=Target(),
    default="",
    metavar="FILE",
    cls=GroupedOption,
    group="Measure",
    help="A picture to draw the error of each frame into.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    cls=GroupedOption,
    group="Measure",
    help="Print one JSON object, with the error of each frame.",
)
def flicker(result: str, source: str, flow: str, start: str, fps: float, plot: str, as_json: bool) -> None:
    """Print the warping error of the film RESULT, and of the clip that it was painted from.

    It is the mean of ((x − ω(x'))/255)² over the pixels of a frame x that can be followed, by the clip's own motion ω, from
    the frame before, x'. 0 is a film in which nothing changes but by moving. Cuts are left out.

    \b
    Examples
      impasto flicker film.mp4 --source clip.mp4
      impasto flicker film.mp4 --source clip.mp4 --start 2.5s --plot flicker.png
    """
    from impasto.cli.flicker import measure

    measure(result, source, flow, start, fps, plot, as_json=as_json)
