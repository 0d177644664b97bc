"""The command line: click commands, exit codes, and one clear line for every error."""

from __future__ import annotations

import sys
from typing import Any

import click

import impasto
from impasto.cli import choose, film, synthesis
from impasto.cli.batch_command import batch
from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption, changes_and_run, options_of, settings_and_run, start_options
from impasto.cli.queue_command import queue, worker
from impasto.cli.streams import Name, Target
from impasto.cli.terminal import Streams, safe
from impasto.errors import ImpastoError, ReportError
from impasto.settings import Settings
from impasto.settings.presets import preset as preset_named
from impasto.settings.presets import presets as all_presets
from impasto.settings.run import RunOptions

_EXIT_CODES = """\b
Exit codes
  0    the picture is written
  2    a wrong option, setting, preset, layer or device
  3    an input that cannot be read, or is too small or too large
  4    an output that cannot be written
  5    encoder weights that are damaged or missing
  6    not enough memory
  7    a loss became infinite; the last finite picture is written
  8    a recipe that is missing, damaged or newer, or whose inputs are not there as they were
  9    a job folder that is damaged, of another run, or held by another process
  10   a batch of which some pictures could not be painted; the others are written
  11   a queue, or the store of its files, that cannot be reached or has no room
  12   a file of a queue's store that is damaged or missing
  13   a clip of which a part could not be read; the film of the rest is written
  14   what was to be printed could not be; the result is written
  130  interrupted; the picture so far is written"""


_CELL = "The cell of a sheet, such as B3, whose settings a full run is to have."


@click.group(epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(impasto.__version__, message="impasto %(version)s")
def impasto_command() -> None:
    """Paint a photo in the manner of a painting, by neural style transfer.

    \b
    Examples
      impasto stylize photo.jpg painting.jpg
      impasto stylize photo.jpg painting.jpg -o out.png --size 1024
      impasto examples pictures

    A pretrained VGG-19, inside the package, describes both pictures, and gradient descent moves the pixels until the
    photo's shapes have the painting's manner. Everything runs on this machine.
    """


@impasto_command.command(cls=GroupedCommand, short_help="Paint a photo in the manner of a painting.")
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

    return paint(content, list(styles), settings, run)


for _command in (film.video, film.flicker, batch, worker, queue, synthesis.texture, synthesis.reconstruct, synthesis.features):
    impasto_command.add_command(_command)


@impasto_command.command(cls=GroupedCommand, short_help="Foretell memory and time of a run.")
@click.argument("content", type=Name())
@click.argument("styles", type=Name(weighted=True), nargs=-1, required=True, metavar="STYLE[:WEIGHT]...")
@start_options("default")
@options_of(Settings, command="stylize")
@options_of(RunOptions, "device", "memory")
def plan(content: str, styles: tuple[str, ...], preset: str | None, file: str | None, **given: Any) -> None:
    """Print how each scale of a run would be computed, with its memory and time, and paint nothing.

    It takes the options of 'impasto stylize'. A scale is computed with every map kept; or with the early blocks
    recomputed in tiles, for a quarter more work; or wholly in tiles, for twice the work. The result is the same.

    \b
    Examples
      impasto plan photo.jpg painting.jpg --size 4096
      impasto plan photo.jpg painting.jpg --size 4096 --memory 8G
    """
    settings, run = settings_and_run(preset, file, given)
    from impasto.cli.plan import foresee

    for line in foresee(content, list(styles), settings, run):
        click.echo(line)


@impasto_command.command(cls=GroupedCommand, short_help="Make a result again, the same or with changes.")
@click.argument("result", type=Name(), metavar="OUT")
@click.option("--cell", default="", metavar="NAME", cls=GroupedOption, group="Start from", help=_CELL)
@click.option("--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Start from", help=INPUTS_HELP)
@options_of(Settings)
@options_of(RunOptions)
def again(result: str, cell: str, inputs: tuple[str, ...], **given: Any) -> int:
    """Make the result OUT again by the recipe in it, or in a file that --recipe wrote; never over OUT.

    The same machine gives the same bytes. An option changes that setting and leaves the others as they were; what the
    recipe leaves out (the names of its inputs, the photo's metadata) stays out. Inputs are sought at their paths, beside
    OUT and in --inputs, and known by their hashes; where one has changed, nothing is painted.

    \b
    Examples
      impasto again out.png
      impasto again out.png --size 2048 --strength 70 -o large.png
      impasto again out.png --inputs pictures
      impasto again sheet.png --cell B3 --size 2048
    """
    changes, run = changes_and_run(given)
    from impasto.cli.again import paint_again

    return paint_again(result, cell, inputs, changes, run)


@impasto_command.command(cls=GroupedCommand, short_help="Go on with a job that was stopped.")
@click.argument("folder", type=Target(), metavar="DIR")
@click.option("--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Start from", help=INPUTS_HELP)
@options_of(RunOptions, "output", "memory", "preview", "preview_every", "quiet", "json", output="File to write. Default: where the job was to write it.")
def resume(folder: str, inputs: tuple[str, ...], **given: Any) -> int:
    """Paint the job in DIR, which --job or a long run by itself began, to its end, and write the result where it was to go.

    It goes on after the last step that was kept. On the same machine the result has the same bytes as if it had never been
    stopped. What is to be painted is fixed; an option here changes how it is reported and where it goes.

    \b
    Examples
      impasto resume night
      impasto resume night -o out.png --preview now.png
    """
    from impasto.cli.resume import go_on

    return go_on(folder, inputs, {name: value for name, value in given.items() if value is not None})


@impasto_command.command(short_help="Look at a job, pause it, change it or branch it.")
@click.argument("folder", type=Target(), metavar="DIR")
@click.argument("verb", required=False, type=click.Choice(["pause", "continue", "set", "branch"]), metavar="[pause|continue|set|branch]")
@click.argument("words", nargs=-1, metavar="[NAME=VALUE... | NEW]")
@click.option("--from-scale", type=click.IntRange(min=1), metavar="N", help="The last scale that the branch takes over.  [default: the last one kept]")
def job(folder: str, verb: str | None, words: tuple[str, ...], from_scale: int | None) -> None:
    """Print where the job in DIR stands, or tell it something while another process may be painting it.

    'pause' lets it wait after its step, 'continue' go on. 'set' changes strength or content_weight, style_weight, tv_weight,
    range_weight, calm, or with styles=2,1 the weights of several styles, from its next step on, or from where it is resumed.
    'branch' makes a job in the folder NEW that begins where a scale of this one ended.

    \b
    Examples
      impasto job night
      impasto job night pause
      impasto job night set strength=70 tv_weight=0.0001
      impasto job night branch day --from-scale 2
    """
    from impasto.cli.job import tell

    for line in tell(folder, verb, words, from_scale):
        click.echo(line)


@impasto_command.command(short_help="Print the recipe of a result.")
@click.argument("result", type=Name(), metavar="OUT")
@click.option("--cell", default="", metavar="NAME", help=_CELL)
def show(result: str, cell: str) -> None:
    """Print the recipe of the result OUT as JSON: its settings, its inputs with their hashes, and what made it.

    \b
    Examples
      impasto show out.png
      impasto show out.png > recipe.json
      impasto show sheet.png --cell B3
    """
    from impasto.cli.again import shown

    click.echo(shown(result, cell))


@impasto_command.command(short_help="Print every preset with its settings.")
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """Print every preset with its settings, or the one called NAME, as TOML for --settings.

    \b
    Examples
      impasto presets
      impasto presets johnson > mine.toml
    """
    settings = preset_named(name) if name else None
    if settings is not None:
        click.echo(settings.to_toml(), nl=False)
        return
    for found in all_presets().values():
        click.secho(found.name, bold=True)
        click.echo(f"# {found.source}" + (f"\n# Differs: {found.differs}" if found.differs else ""))
        click.echo(found.settings.to_toml())


@impasto_command.command(short_help="Write the bundled pictures with their licences.")
@click.argument("folder", type=Target(), metavar="DIR")
def examples(folder: str) -> None:
    """Write the bundled pictures, with their licences, into the folder DIR.

    \b
    Example
      impasto examples pictures
    """
    from impasto.cli.examples import write_examples

    write_examples(folder)


@impasto_command.command(short_help="Examine this machine and time one step.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", help="The device to time.  [default: auto]")
def doctor(device: str) -> None:
    """Print versions, device, processor, weights and the time of one step.

    \b
    Example
      impasto doctor
    """
    from impasto.cli.doctor import examine

    for name, value in examine(device):
        click.echo(f"{name:<12}{value}")


for _command in (choose.sheet, choose.compare):
    impasto_command.add_command(_command)


def main() -> None:
    """Run the command line and exit: one line on stderr for every error of a user's, whatever becomes of stdout and stderr."""
    streams = Streams()
    code = run_command(sys.argv[1:])
    if (lost := streams.lost()) and not code:
        name, error = lost
        if not isinstance(error, BrokenPipeError):  # who closed it knows
            click.echo(f"error: {name} could not be written: {error.strerror or error}; all else is done", err=True)
        code = ReportError.exit_code
    sys.exit(code)


def run_command(arguments: list[str]) -> int:
    """Run the command line over arguments and return the exit code."""
    try:
        return impasto_command.main(arguments, prog_name="impasto", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see '{context.command_path} --help'" if context else ""
        click.echo(f"error: {safe(error.format_message().rstrip('.'))}{hint}", err=True)
        return error.exit_code
    except ImpastoError as error:
        click.echo(f"error: {safe(str(error))}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted before there was a picture", err=True)
        return 130
