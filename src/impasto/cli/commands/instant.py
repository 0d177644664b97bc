"""`impasto instant`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions


@click.command(cls=GroupedCommand)
@click.argument("photos", type=Name(), nargs=-1, required=True, metavar="PHOTO...")
@click.option(
    "--look",
    "looks",
    multiple=True,
    metavar="NAME[:WEIGHT]",
    cls=GroupedOption,
    group="Look",
    help="Look to paint with, by its name in 'impasto looks' or its file. Repeat to mix several.",
)
@click.option(
    "--style",
    "styles",
    type=Name(weighted=True),
    multiple=True,
    metavar="PAINTING[:WEIGHT]",
    cls=GroupedOption,
    group="Look",
    help="Any painting, whose look is learnt first for --minutes, and kept for the next time. Repeatable.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, max=10_000),
    default=0,
    show_default=True,
    metavar="X",
    cls=GroupedOption,
    group="Look",
    help="Time to learn the look of a --style; 0 takes the look that fits best, in the painting's colours.",
)
@click.option(
    "--repaint",
    is_flag=True,
    cls=GroupedOption,
    group="Look",
    common=False,
    help="With several photos, overwrite existing results that have another recipe or none.",
)
@start_options("instant")
@options_of(
    Settings,
    command="instant",
    size="Long side of the result in pixels, or a length such as 30cm with --dpi.  "
    "[px; >= 16 and <= 65535; default: 1024]",
    strength="Strength of the style: 0 returns the photo, 90 dissolves it.  [>= 0 and <= 100; default: 58]",
    precision="Precision of the network; auto uses the fastest available.  [default: auto]",
    brush="Stroke size; 0.5 paints at twice the resolution, with strokes half as wide.  "
    "[>= 0.25 and <= 4; default: 1]",
    style_mask="Mask of the area of a look: white for full, grey for partial. "
    "Repeat for each look; '' for everywhere.",
)
@options_of(
    RunOptions,
    "output",
    "device",
    "strip",
    "private",
    "no_recipe",
    "recipe",
    "quiet",
    "json",
    output="Output file, or - for stdout; for several photos or a folder of them, a folder. "
    "Default: an unused name based on the inputs.",
)
def instant(
    photos: tuple[str, ...],
    looks: tuple[str, ...],
    styles: tuple[str, ...],
    minutes: float,
    repaint: bool,
    preset: str | None,
    file: str | None,
    **given: Any,
) -> int:
    """Paint each PHOTO with a look, in about a second.

    A look is a small trained network; 'impasto looks' lists them. 'impasto stylize' takes longer and paints
    finer.

    \b
    Examples
      impasto instant photo.jpg --look night_cafe
      impasto instant photo.jpg --look night_cafe --strength 80 -o out.png
      impasto instant photo.jpg --look night_cafe:2 --look watercolour
      impasto instant photos -o painted --look watercolour
      impasto instant photo.jpg --style painting.jpg --minutes 2
    """
    if not looks and not styles:
        raise click.UsageError("name a --look, or a painting as --style")
    settings, run = settings_and_run(preset, file, given, "instant")
    from impasto.cli.instant import paint

    return paint(photos, looks, styles, settings, run, minutes=minutes, repaint=repaint)
