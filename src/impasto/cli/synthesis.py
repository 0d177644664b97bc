"""The commands for what style transfer grew from: `impasto texture`, `impasto reconstruct` and `impasto features`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Name
from impasto.run import Run
from impasto.settings import Settings


@click.command(cls=GroupedCommand, short_help="Paint a new texture from samples.")
@click.argument("samples", type=Name(weighted=True), nargs=-1, required=True, metavar="SAMPLE[:WEIGHT]...")
@click.option("--figure", is_flag=True, cls=GroupedOption, group="Picture", help="Paint the paper's figure: the texture from nested sets of layers.")
@start_options("texture")
@options_of(
    Settings,
    command="texture",
    init="What the first scale starts from: noise, style (the sample itself) or a picture file.  [default: noise]",
    brush="Scale of the samples beside the result; 2 makes all that is in them twice as large.  [>= 0.25 and <= 4; default: 1]",
    style_weight="Weight of the samples' statistics.  [>= 0; default: 1]",
    recolour="Begin each scale in the samples' colours.  [default: on]",
)
@options_of(Run)
def texture(samples: tuple[str, ...], figure: bool, preset: str | None, file: str | None, **given: Any) -> int:
    """Paint a new picture with the statistics of one SAMPLE or several, at any size.

    A sample keeps its own size in pixels; --brush scales it. With --tileable the result repeats without a seam.

    \b
    Examples
      impasto texture brick.png -o wall.png --size 1024x768
      impasto texture grass.png --tileable --size 512x512
      impasto texture gravel.png:2 grass.png:1
      impasto texture brick.png --preset texture2015 --size 256
      impasto texture brick.png --figure -o figure.png --size 256
    """
    settings, run = settings_and_run(preset, file, given, "texture")
    from impasto.cli.making import draw_figure, paint_texture

    if figure:
        _check_layers(given["style_layers"], "--layers", "--figure has nested sets of its own")
        return draw_figure("texture", _one(samples), settings, run)
    return paint_texture(samples, settings, run)


@click.command(cls=GroupedCommand, short_help="See what a layer remembers of a picture.")
@click.argument("picture", type=Name())
@click.option("--of", type=click.Choice(["content", "style"]), default="content", cls=GroupedOption, group="Picture", help="What is remembered.")
@click.option("--figure", type=click.Choice(["content", "style"]), cls=GroupedOption, group="Picture", help="Paint the whole row of the paper's figure.")
@start_options("reconstruction")
@options_of(Settings, command="reconstruct", init="What it starts from: noise or a picture file.  [default: noise]")
@options_of(Run)
def reconstruct(picture: str, of: str, figure: str | None, preset: str | None, file: str | None, **given: Any) -> int:
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
    _check_layers(given["content_layers"], "--layer", own or ("--of style takes --layers" if of == "style" else ""))
    _check_layers(given["style_layers"], "--layers", own or ("for content give --layer, or --of style" if of == "content" else ""))
    if figure:
        return draw_figure(figure, picture, settings, run)
    return paint_reconstruction(picture, of, settings, run)


@click.command(cls=GroupedCommand, short_help="Draw feature maps, or what excites a filter.")
@click.argument("picture", type=Name())
@click.option("--layer", "layers", multiple=True, metavar="NAME", cls=GroupedOption, group="Picture", help="A layer; may be given several times.")
@click.option("--channels", type=int, default=8, metavar="N", cls=GroupedOption, group="Picture", help="Maps of each layer, the most active.  [default: 8]")
@click.option("--maximize", type=int, metavar="CHANNEL", cls=GroupedOption, group="Picture", help="Paint what excites this filter of the layer.")
@start_options("features")
@options_of(
    Settings,
    *(name for name in Settings.__dataclass_fields__ if name != "excite"),
    command="features",
    init="What --maximize starts from: noise, content (PICTURE itself) or a picture file.  [default: noise]",
)
@options_of(Run)
def features(picture: str, layers: tuple[str, ...], channels: int, maximize: int | None, preset: str | None, file: str | None, **given: Any) -> int:
    """Draw the feature maps of PICTURE as a labelled grid, or paint from noise what excites one filter more than PICTURE does.

    \b
    Examples
      impasto features photo.jpg -o maps.png
      impasto features photo.jpg --layer conv3_1 --channels 64
      impasto features photo.jpg --layer conv4_2 --maximize 17 -o filter.png
    """
    settings, run = settings_and_run(preset, file, given, "features")
    from impasto.cli.making import draw_features, paint_filter

    if maximize is None:
        return draw_features(picture, layers, channels, settings, run)
    if len(layers) != 1:
        raise click.UsageError(f"--maximize needs one --layer, got {len(layers)}")
    return paint_filter(picture, layers[0], maximize, settings, run)


def _check_layers(given: str | None, option: str, otherwise: str) -> None:
    """Raise UsageError where layers are given that would not be looked at: the options of content and style differ by one letter."""
    if given is not None and otherwise:
        raise click.UsageError(f"{option} {given} would change nothing here: {otherwise}")


def _one(samples: tuple[str, ...]) -> str:
    if len(samples) != 1:
        raise click.UsageError(f"--figure is of one sample, got {len(samples)}")
    return samples[0]
