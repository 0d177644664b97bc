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
    "instant": "Paint a photo in a second, with a trained look.",
    "train": "Make a look of your own from a painting.",
    "looks": "List, add, remove and export looks.",
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
    "serve": "Open a studio in the browser, for yourself or for others.",
    "worker": "Process the jobs of a queue.",
    "queue": "List and control the jobs on a queue.",
    "plan": "Estimate memory and time of a run.",
    "show": "Print the recipe of a result.",
    "presets": "Print every preset with its settings.",
    "examples": "Write the bundled pictures with their licences.",
    "doctor": "Check this machine and time one step.",
}
"""Help of each command; its module in `cli/commands` has the same name and is loaded on demand."""

_EXIT_CODES = """\b
Exit codes
  0    the picture is written
  2    an invalid option, setting, preset, layer or device
  3    an input cannot be read, or is too small or too large
  4    an output cannot be written
  5    encoder weights are damaged or missing
  6    not enough memory
  7    the loss became infinite or only rose; the best picture is written, if any was painted
  8    a recipe is missing, damaged or too new, or its inputs are missing or changed
  9    a job folder is damaged, of another run, or in use by another process
  10   some pictures of a batch could not be painted; the others are written
  11   a queue or its file store cannot be reached or is full
  12   a file in a queue's store is damaged or missing
  13   part of a clip could not be read; the film of the rest is written
  14   stdout or stderr could not be written; the result is written
  15   a look is missing, damaged or of another version, or its name is taken
  16   an account, a password or a link of a studio cannot be used
  17   a studio refuses what it is asked
  130  interrupted; the picture so far is written"""


def command_named(name: str) -> click.Command:
    """Import and return a command of COMMANDS."""
    return getattr(import_module(f"impasto.cli.commands.{name}"), name)  # type: ignore[no-any-return]


class Commands(click.Group):
    """A group that imports only the command that is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the command names, most used first."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        return command_named(name) if name in COMMANDS else None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
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

    A pretrained VGG-19, included in the package, extracts features of both pictures, and gradient descent
    changes the pixels until the photo's shapes have the painting's style. Everything runs on this machine.
    """


def main() -> None:
    """Run the command line and exit.

    Every user error prints one line on stderr. Errors in writing stdout or stderr do not stop the run.
    """
    streams = Streams()
    code = run_command(sys.argv[1:])
    if (lost := streams.lost()) and not code:
        name, error = lost
        if not isinstance(error, BrokenPipeError):  # the reader closed the pipe on purpose
            why = error.strerror or error
            click.echo(f"error: {name} could not be written: {why}; all else is done", err=True)
        code = ReportError.exit_code
    sys.exit(code)


_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EEXIST, errno.ENOTEMPTY)
"""Error numbers that only occur when writing."""


def _told(error: OSError) -> str:
    where = (
        f"cannot use '{os.fsdecode(error.filename)}'"
        if isinstance(error.filename, str | bytes)
        else "file system error"
    )
    return f"{where}: {error.strerror or error}; check the path and its permissions"


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
    except OSError as error:  # a fallback: code that knows the context raises a more specific error
        click.echo(f"error: {safe(_told(error))}", err=True)
        return (OutputError if error.errno in _REFUSED else PictureError).exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted before there was a picture", err=True)
        return 130
