"""`impasto resume`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.options import INPUTS_HELP, GroupedCommand, GroupedOption, options_of
from impasto.cli.streams import Target
from impasto.settings.run import RunOptions


@click.command(cls=GroupedCommand)
@click.argument("folder", type=Target(), metavar="DIR")
@click.option(
    "--inputs", multiple=True, metavar="FOLDER", cls=GroupedOption, group="Start from", help=INPUTS_HELP
)
@options_of(
    RunOptions,
    "output",
    "memory",
    "preview",
    "preview_every",
    "quiet",
    "json",
    output="File to write.  [default: the output of the job]",
)
def resume(folder: str, inputs: tuple[str, ...], **given: Any) -> int:
    """Resume the job in DIR, created by --job or automatically by a long run, and write its result.

    It resumes after the last step that was kept. On the same machine the result has the same bytes as
    without the interruption. The settings are fixed; options only change the output and how progress is
    reported.

    \b
    Examples
      impasto resume night
      impasto resume night -o out.png --preview now.png
    """
    from impasto.cli.resume import resume as resume_job

    return resume_job(folder, inputs, {name: value for name, value in given.items() if value is not None})
