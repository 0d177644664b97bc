"""The commands for films: `impasto video`, and `impasto flicker`, which measures one."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name, Target
from impasto.settings import Settings
from impasto.settings.run import RunOptions

_RUN = ("output", "job", "no_job", "preview", "device", "memory", "private", "no_recipe", "recipe", "quiet", "json")
_HELPS = {
    "output": "Where to write the film; .mp4, .mov, .webm, .mkv or .gif, or a new folder for PNG frames.",
    "preview": "Picture file to rewrite after each frame.",
    "no_job": "Keep nothing beside the film as it is painted, so that after a stop it cannot be gone on with.",
}
_FLOW = "How the clip's motion is found, best not as it was for painting.  [default: deepflow]"


@click.command(cls=GroupedCommand, short_help="Paint a film that does not flicker.")
@click.argument("clip", type=Name())
@click.argument("styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT]...")
@start_options("default")
@options_of(Settings, command="video")
@options_of(RunOptions, *_RUN, **_HELPS)
def video(clip: str, styles: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> int:
    """Paint CLIP, a film, a GIF or a folder of pictures, in the manner of one STYLE or several.

    Every frame follows from those before: it starts from them, moved as the clip moves, and is held to them where both
    show the same. Sound, frame rate, length and aspect stay. All is kept frame by frame in a folder beside the film until
    it is written; after any stop the same command, or 'impasto resume', goes on.

    \b
    Examples
      impasto video clip.mp4 painting.jpg -o film.mp4 --size 480
      impasto video clip.mp4 painting.jpg -o film.mp4 --start 2.5s --end 5s
      impasto video clip.mp4 painting.jpg -o film.webm --passes 4
      impasto video loop.gif painting.jpg -o painted.gif --loop --size 240
      impasto video frames painting.jpg -o film.mp4 --fps 24 --flow flows
    """
    settings, run = settings_and_run(preset, file, given, "video")
    from impasto.cli.video import paint_film

    return paint_film(clip, styles, settings, run)


@click.command(cls=GroupedCommand, short_help="Measure how much a film flickers.")
@click.argument("result", type=Name())
@click.option("--source", type=Name(), required=True, metavar="CLIP", cls=GroupedOption, group="Measure", help="The clip that it was painted from.")
@click.option(
    "--flow",
    type=click.Choice(["dis", "deepflow"]),
    default="deepflow",
    cls=GroupedOption,
    group="Measure",
    help=_FLOW,
)
@click.option("--start", default="", metavar="TIME", cls=GroupedOption, group="Measure", help="Where in the clip the film begins.")
@click.option("--fps", type=float, default=0, metavar="X", cls=GroupedOption, group="Measure", help="Frames a second, where the film has others than the clip.")
@click.option("--plot", type=Target(), default="", metavar="FILE", cls=GroupedOption, group="Measure", help="A picture to draw the error of each frame into.")
@click.option("--json", "as_json", is_flag=True, cls=GroupedOption, group="Measure", help="Print one JSON object, with the error of each frame.")
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
