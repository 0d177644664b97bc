"""`impasto stylize`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions


@click.command(cls=GroupedCommand)
@click.argument("content", type=Name())
@click.argument("styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT]...")
@start_options("default")
@options_of(Settings, command="stylize")
@options_of(RunOptions)
def stylize(content: str, styles: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> int:
    """Paint the photo CONTENT in the manner of one STYLE or several.

    \b
    Examples
      impasto stylize photo.jpg painting.jpg
      impasto stylize photo.jpg painting.jpg -o out.png --size 1024 --strength 70
      impasto stylize photo.jpg painting.jpg:2 drawing.png:1
      impasto stylize photo.jpg painting.jpg --preset johnson --init content --steps 500
      impasto stylize photo.jpg painting.jpg -o print.tiff --size 20cm --dpi 300 --depth 16
    """
    settings, run = settings_and_run(preset, file, given)
    from impasto.cli.stylize import paint

    return paint(content, styles, settings, run)
