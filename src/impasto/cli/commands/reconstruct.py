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
    help="What is remembered.",
)
@click.option(
    "--figure",
    type=click.Choice(["content", "style"]),
    cls=GroupedOption,
    group="Picture",
    help="Paint the whole row of the paper's figure.",
)
@start_options("reconstruction")
@options_of(
    Settings, command="reconstruct", init="What it starts from: noise or a picture file.  [default: noise]"
)
@options_of(RunOptions)
def reconstruct(
    picture: str, of: str, figure: str | None, preset: str | None, file: str | None, **given: Any
) -> int:
    """Paint from noise what a layer remembers of PICTURE's content, or what statistics remember of its manner.

    A prior, --tv-weight, keeps the result smooth where the layer does not say.

    \b
    Examples
      impasto reconstruct photo.jpg --layer conv4_2 -o out.png
      impasto reconstruct painting.jpg --of style --layers conv1_1,conv2_1,conv3_1
      impasto reconstruct photo.jpg --figure content --size 256 -o figure.png
    """
    settings, run = settings_and_run(preset, file, given, "reconstruct")
    from impasto.cli.making import draw_figure, paint_reconstruction

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
    """Raise UsageError where layers are given that would not be looked at: the options of content and style differ by one letter."""
    if given is not None and otherwise:
        raise click.UsageError(f"{option} {given} would change nothing here: {otherwise}")
