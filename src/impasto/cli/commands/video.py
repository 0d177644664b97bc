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
    "output": "Output file: .mp4, .mov, .webm, .mkv or .gif, or a new folder for PNG frames.",
    "preview": "Picture file to update after each frame.",
    "no_job": "Do not create a job folder beside the film; after an interruption it cannot be resumed.",
}


@click.command(cls=GroupedCommand)
@click.argument("clip", type=Name())
@click.argument("styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT]...")
@start_options("default")
@options_of(Settings, command="video")
@options_of(RunOptions, *_RUN, **_HELPS)
def video(clip: str, styles: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> int:
    """Paint CLIP, a film, a GIF or a folder of pictures, in the manner of one STYLE or several.

    Each frame starts from previous frames, warped by the motion of the clip, and is kept consistent with
    them where both show the same. Sound, frame rate, length and aspect are kept. Frames are saved in a job
    folder beside the film until it is written; after an interruption, repeat the command or use 'impasto
    resume'.

    \b
    Examples
      impasto video clip.mp4 painting.jpg -o film.mp4 --size 480
      impasto video clip.mp4 painting.jpg -o film.mp4 --start 2.5s --end 5s
      impasto video clip.mp4 painting.jpg -o film.webm --passes 4
      impasto video clip.mp4 night_cafe -o film.mp4 --instant
      impasto video loop.gif painting.jpg -o painted.gif --loop --size 240
      impasto video frames painting.jpg -o film.mp4 --fps 24 --flow flows
    """
    settings, run = settings_and_run(preset, file, given, "video")
    from impasto.cli.instant import looks_of
    from impasto.cli.stylize import paint

    return paint(clip, looks_of(styles) if settings.instant else styles, settings, run, kind="video")
