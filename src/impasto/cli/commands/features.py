"""`impasto features`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions


@click.command(cls=GroupedCommand)
@click.argument("picture", type=Name())
@click.option(
    "--layer",
    "layers",
    multiple=True,
    metavar="NAME",
    cls=GroupedOption,
    group="Picture",
    help="Layer to draw. Repeatable.",
)
@click.option(
    "--channels",
    type=int,
    default=8,
    metavar="N",
    cls=GroupedOption,
    group="Picture",
    help="Number of maps per layer, most active first.  [default: 8]",
)
@click.option(
    "--maximize",
    type=int,
    metavar="CHANNEL",
    cls=GroupedOption,
    group="Picture",
    help="Paint a picture that excites this filter of the layer.",
)
@start_options("features")
@options_of(
    Settings,
    command="features",
    init="Start of --maximize: noise, content (PICTURE itself) or a picture file.  [default: noise]",
)
@options_of(RunOptions)
def features(
    picture: str,
    layers: tuple[str, ...],
    channels: int,
    maximize: int | None,
    preset: str | None,
    file: str | None,
    **given: Any,
) -> int:
    """Draw the feature maps of PICTURE as a labelled grid.

    With --maximize, paint from noise a picture that excites one filter more than PICTURE does.

    \b
    Examples
      impasto features photo.jpg -o maps.png
      impasto features photo.jpg --layer conv3_1 --channels 64
      impasto features photo.jpg --layer conv4_2 --maximize 17 -o filter.png
    """
    settings, run = settings_and_run(preset, file, given, "features")
    from impasto.cli.synthesis import draw_features, paint_filter

    if maximize is None:
        return draw_features(picture, layers, channels, settings, run)
    if len(layers) != 1:
        raise click.UsageError(f"--maximize needs one --layer, got {len(layers)}")
    return paint_filter(picture, layers[0], maximize, settings, run)
