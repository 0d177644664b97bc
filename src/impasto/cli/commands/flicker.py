"""`impasto flicker`."""

from __future__ import annotations

import click

from impasto.cli.options import GroupedCommand, GroupedOption
from impasto.cli.streams import Name, Target

_FLOW = "Optical flow method; best not the one used for painting.  [default: deepflow]"


@click.command(cls=GroupedCommand)
@click.argument("result", type=Name())
@click.option(
    "--source",
    type=Name(),
    required=True,
    metavar="CLIP",
    cls=GroupedOption,
    group="Measure",
    help="The clip that the film was painted from.",
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
    help="Time in the clip at which the film starts.",
)
@click.option(
    "--fps",
    type=float,
    default=0,
    metavar="X",
    cls=GroupedOption,
    group="Measure",
    help="Frames per second of the film, if different from the clip's.",
)
@click.option(
    "--plot",
    type=Target(),
    default="",
    metavar="FILE",
    cls=GroupedOption,
    group="Measure",
    help="Picture file to write, with a plot of the error of each frame.",
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
    """Print the warping error of the film RESULT and of its source clip.

    It is the mean of ((x − ω(x'))/255)² over the pixels of a frame x that the clip's motion ω maps from the
    previous frame x'. It is 0 if the film changes only by motion. Cuts are excluded.

    \b
    Examples
      impasto flicker film.mp4 --source clip.mp4
      impasto flicker film.mp4 --source clip.mp4 --start 2.5s --plot flicker.png
    """
    from impasto.cli.flicker import measure

    measure(result, source, flow, start, fps, plot, as_json=as_json)
