"""`impasto reconstruct`."""

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
    "--of",
    type=click.Choice(["content", "style"]),
    default="content",
    cls=GroupedOption,
    group="Picture",
    help="What to reconstruct.",
)
@click.option(
    "--figure",
    type=click.Choice(["content", "style"]),
    cls=GroupedOption,
    group="Picture",
    help="Paint the complete row of the paper's figure.",
)
@start_options("reconstruction")
@options_of(Settings, command="reconstruct", init="Start from noise or a picture file.  [default: noise]")
@options_of(RunOptions)
def reconstruct(
    picture: str, of: str, figure: str | None, preset: str | None, file: str | None, **given: Any
) -> int:
    """Reconstruct PICTURE from noise, from the features of a layer or from its style statistics.

    A total variation prior, --tv-weight, smooths what the layer does not determine.

    \b
    Examples
      impasto reconstruct photo.jpg --layer conv4_2 -o out.png
      impasto reconstruct painting.jpg --of style --layers conv1_1,conv2_1,conv3_1
      impasto reconstruct photo.jpg --figure content --size 256 -o figure.png
    """
    settings, run = settings_and_run(preset, file, given, "reconstruct")
    from impasto.cli.synthesis import draw_figure, paint_reconstruction

    own = "--figure has layers of its own" if figure else ""
    _check_layers(
        given["content_layers"], "--layer", own or ("--of style takes --layers" if of == "style" else "")
    )
    _check_layers(
        given["style_layers"],
        "--layers",
        own or ("for content give --layer, or --of style" if of == "content" else ""),
    )
    if figure:
        return draw_figure(figure, picture, settings, run)
    return paint_reconstruction(picture, of, settings, run)


def _check_layers(given: str | None, option: str, otherwise: str) -> None:
    """Raise UsageError if layers are given that are not used: --layer and --layers are easily confused."""
    if given is not None and otherwise:
        raise click.UsageError(f"{option} {given} would change nothing here: {otherwise}")
