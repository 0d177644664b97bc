"""`impasto video`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions

_RUN = (
    "output",
    "job",
    "no_job",
    "preview",
    "device",
    "memory",
    "private",
    "no_recipe",
    "recipe",
    "quiet",
    "json",
)
_HELPS = {
    "output": "Where to write the film; .mp4, .mov, .webm, .mkv or .gif, or a new folder for PNG frames.",
    "preview": "Picture file to rewrite after each frame.",
    "no_job": "Keep nothing beside the film as it is painted, so that after a stop it cannot be gone on with.",
}


@click.command(cls=GroupedCommand)
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
    from impasto.cli.stylize import paint

    return paint(clip, styles, settings, run, kind="video")
