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
    output="File to write. Default: where the job was to write it.",
)
def resume(folder: str, inputs: tuple[str, ...], **given: Any) -> int:
    """Paint the job in DIR, which --job or a long run by itself began, to its end, and write the result where it was to go.

    It goes on after the last step that was kept. On the same machine the result has the same bytes as if it had never been
    stopped. What is to be painted is fixed; an option here changes how it is reported and where it goes.

    \b
    Examples
      impasto resume night
      impasto resume night -o out.png --preview now.png
    """
    from impasto.cli.resume import resume as resume_job

    return resume_job(folder, inputs, {name: value for name, value in given.items() if value is not None})
