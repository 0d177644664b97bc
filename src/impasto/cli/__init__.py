"""The command line: click commands, exit codes, and one clear line for every error."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module

import click

from impasto.cli.said import said
from impasto.cli.terminal import Streams, safe
from impasto.errors import ImpastoError, OutputError, PictureError, ReportError
from impasto.version import __version__

COMMANDS = {
    "stylize": "Paint a photo in the manner of a painting.",
    "video": "Paint a film that does not flicker.",
    "texture": "Paint a new texture from samples.",
    "reconstruct": "Reconstruct a picture from a layer's features.",
    "features": "Draw feature maps, or what excites a filter.",
    "sheet": "Paint a contact sheet of small variants.",
    "again": "Repeat a result, the same or with changes.",
    "compare": "Compare results side by side.",
    "flicker": "Measure how much a film flickers.",
    "batch": "Paint every photo in the manner of every painting.",
    "job": "Show, pause, change or branch a job.",
    "resume": "Resume a job that was stopped.",
    "worker": "Process the jobs of a queue.",
    "queue": "List and control the jobs on a queue.",
    "plan": "Estimate memory and time of a run.",
    "show": "Print the recipe of a result.",
    "presets": "Print every preset with its settings.",
    "examples": "Write the bundled pictures with their licences.",
    "doctor": "Check this machine and time one step.",
}
"""What each command is for; it is the file of its name in `cli/commands`, loaded when it is called."""

_EXIT_CODES = """\b
Exit codes
  0    the picture is written
  2    a wrong option, setting, preset, layer or device
  3    an input that cannot be read, or is too small or too large
  4    an output that cannot be written
  5    encoder weights that are damaged or missing
  6    not enough memory
  7    a loss became infinite or only rose; the best picture is written, if any was painted
  8    a recipe that is missing, damaged or newer, or whose inputs are not there as they were
  9    a job folder that is damaged, of another run, or held by another process
  10   a batch of which some pictures could not be painted; the others are written
  11   a queue, or the store of its files, that cannot be reached or has no room
  12   a file of a queue's store that is damaged or missing
  13   a clip of which a part could not be read; the film of the rest is written
  14   what was to be printed could not be; the result is written
  130  interrupted; the picture so far is written"""


def command_named(name: str) -> click.Command:
    """Load a command of COMMANDS."""
    return getattr(import_module(f"impasto.cli.commands.{name}"), name)  # type: ignore[no-any-return]


class Commands(click.Group):
    """The commands of COMMANDS, of which only the one that is called is loaded."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names, most used first."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, None where there is none of this name."""
        return command_named(name) if name in COMMANDS else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="impasto %(version)s")
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


def main() -> None:
    """Run the command line and exit: one line on stderr for every error of a user's, whatever becomes of stdout and stderr."""
    streams = Streams()
    code = run_command(sys.argv[1:])
    if (lost := streams.lost()) and not code:
        name, error = lost
        if not isinstance(error, BrokenPipeError):  # who closed it knows
            click.echo(
                f"error: {name} could not be written: {error.strerror or error}; all else is done", err=True
            )
        code = ReportError.exit_code
    sys.exit(code)


_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EEXIST, errno.ENOTEMPTY)
"""What goes wrong in writing, and not in reading."""


def _told(error: OSError) -> str:
    where = (
        f"cannot use '{os.fsdecode(error.filename)}'"
        if isinstance(error.filename, str | bytes)
        else "the file system refuses"
    )
    return f"{where}: {error.strerror or error}; check the path and who may use it"


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
        click.echo(f"error: {safe(said(error))}", err=True)
        return error.exit_code
    except OSError as error:  # the last net: each place says it better where it knows what was to be done
        click.echo(f"error: {safe(_told(error))}", err=True)
        return (OutputError if error.errno in _REFUSED else PictureError).exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted before there was a picture", err=True)
        return 130
