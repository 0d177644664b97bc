"""`impasto plan`."""

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
@options_of(RunOptions, "device", "memory")
def plan(content: str, styles: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> None:
    """Estimate memory and time of each scale of a run, without painting.

    The options are those of 'impasto stylize'. A scale is computed with all feature maps in memory; or with
    the early blocks recomputed in tiles, for 25% more work; or entirely in tiles, for twice the work. The
    result is the same.

    \b
    Examples
      impasto plan photo.jpg painting.jpg --size 4096
      impasto plan photo.jpg painting.jpg --size 4096 --memory 8G
    """
    settings, run = settings_and_run(preset, file, given)
    from impasto.cli.plan import lines

    for line in lines(content, list(styles), settings, run):
        click.echo(line)
