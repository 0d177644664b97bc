"""`impasto texture`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.settings import Settings
from impasto.settings.run import RunOptions


@click.command(cls=GroupedCommand)
@click.argument("samples", type=Name(weighted=True), nargs=-1, required=True, metavar="SAMPLE[:WEIGHT]...")
@click.option(
    "--figure",
    is_flag=True,
    cls=GroupedOption,
    group="Picture",
    help="Paint the paper's figure: textures from nested sets of layers.",
)
@start_options("texture")
@options_of(
    Settings,
    command="texture",
    init="Start of the first scale: noise, style (the sample itself) or a picture file.  [default: noise]",
    brush="Scale of the samples; 2 makes their features twice as large.  [>= 0.25 and <= 4; default: 1]",
    style_weight="Weight of the samples' statistics.  [>= 0; default: 1]",
    recolour="Start each scale in the samples' colours.  [default: on]",
)
@options_of(RunOptions)
def texture(
    samples: tuple[str, ...], figure: bool, preset: str | None, file: str | None, **given: Any
) -> int:
    """Paint a new picture with the statistics of one SAMPLE or several, at any size.

    A sample keeps its own size in pixels; --brush scales it. With --tileable the result repeats without
    seams.

    \b
    Examples
      impasto texture brick.png -o wall.png --size 1024x768
      impasto texture grass.png --tileable --size 512x512
      impasto texture gravel.png:2 grass.png:1
      impasto texture brick.png --preset texture2015 --size 256
      impasto texture brick.png --figure -o figure.png --size 256
    """
    settings, run = settings_and_run(preset, file, given, "texture")
    from impasto.cli.synthesis import draw_figure, paint_texture

    if figure:
        _check_layers(given["style_layers"], "--layers", "--figure has nested sets of its own")
        return draw_figure("texture", _one(samples), settings, run)
    return paint_texture(samples, settings, run)


def _check_layers(given: str | None, option: str, otherwise: str) -> None:
    """Raise UsageError if layers are given that are not used: --layer and --layers are easily confused."""
    if given is not None and otherwise:
        raise click.UsageError(f"{option} {given} would change nothing here: {otherwise}")


def _one(samples: tuple[str, ...]) -> str:
    if len(samples) != 1:
        raise click.UsageError(f"--figure is of one sample, got {len(samples)}")
    return samples[0]
