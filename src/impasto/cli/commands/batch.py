"""`impasto batch`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from impasto.cli.options import GroupedCommand, GroupedOption, options_of, settings_and_run, start_options
from impasto.cli.streams import Target
from impasto.settings import Settings
from impasto.settings.run import RunOptions

_STYLES = "Style pictures: a folder, a file or a quoted pattern. Repeatable."
_REPAINT = "Overwrite existing results that have another recipe or none.  [default: keep them]"
_JOBS = "Number of worker processes, which share threads and memory."
_QUEUE = (
    "URL of a queue, on which 'impasto worker' paints the pictures on any machine.  [default: paint here]"
)
_STORE = "Shared inputs and results: a folder, or s3://bucket/prefix.  [default: beside an SQLite queue]"
_STUDIO = "Address of a studio that paints the pictures, by the token in IMPASTO_TOKEN of the environment."
_PRIORITY = "Priority on the queue; higher ones are painted first."
_WAIT = "Put the pictures on the queue and exit; run without this option to wait for the results."


def _option(*names: str, **data: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, cls=GroupedOption, group="Batch", **data)


@click.command(cls=GroupedCommand)
@click.argument("photos", type=Target(), nargs=-1, required=True, metavar="PHOTOS...")
@_option("--styles", type=Target(), multiple=True, required=True, metavar="STYLES", help=_STYLES)
@_option(
    "-o",
    "--output",
    "folder",
    type=Target(),
    required=True,
    metavar="DIR",
    help="Folder for the results; created if missing.",
)
@_option(
    "--format",
    "suffix",
    type=click.Choice(["png", "jpg", "webp", "tiff"]),
    default="png",
    show_default=True,
    help="Format of the results.",
)
@_option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help=_JOBS)
@_option("--repaint", is_flag=True, help=_REPAINT)
@_option(
    "--dry-run",
    is_flag=True,
    help="Check the inputs and print what would be done for each picture, without painting.",
)
@click.option(
    "--queue",
    metavar="URL",
    default="",
    envvar="IMPASTO_QUEUE",
    cls=GroupedOption,
    group="Queue",
    help=_QUEUE,
)
@click.option(
    "--store",
    metavar="URL",
    default="",
    envvar="IMPASTO_STORE",
    cls=GroupedOption,
    group="Queue",
    help=_STORE,
)
@click.option(
    "--studio",
    metavar="URL",
    default="",
    envvar="IMPASTO_STUDIO",
    cls=GroupedOption,
    group="Queue",
    help=_STUDIO,
)
@click.option(
    "--priority",
    type=click.IntRange(-1000, 1000),
    default=0,
    show_default=True,
    metavar="N",
    cls=GroupedOption,
    group="Queue",
    help=_PRIORITY,
)
@click.option(
    "--no-wait",
    "wait",
    is_flag=True,
    default=True,
    flag_value=False,
    cls=GroupedOption,
    group="Queue",
    help=_WAIT,
)
@start_options("default")
@options_of(Settings, command="stylize")
@options_of(RunOptions, "device", "memory", "strip", "private", "quiet", "json")
def batch(preset: str | None, file: str | None, **given: Any) -> int:
    """Paint each of PHOTOS (files, folders or patterns) with every style, into one folder.

    Results are named photo+style.png. Existing results with the same recipe are skipped, so the same
    command resumes an interrupted batch. A result with another recipe is kept and counts as failed.
    Unreadable files are reported, and the rest of the batch is painted.

    \b
    Examples
      impasto batch photos --styles paintings -o results
      impasto batch photos --styles paintings --styles drawing.png -o results --jobs 2 --format jpg
      impasto batch photos --styles 'paintings/*.jpg' -o results --strength 70 --repaint
      impasto batch photos --styles paintings -o results --queue sqlite:///queue.db
      impasto batch photos --styles paintings -o results --studio http://127.0.0.1:8300
    """
    names = (
        "photos",
        "styles",
        "folder",
        "suffix",
        "jobs",
        "repaint",
        "dry_run",
        "queue",
        "store",
        "studio",
        "priority",
        "wait",
    )
    own = {name: given.pop(name) for name in names}
    settings, run = settings_and_run(preset, file, given)
    from impasto.cli.batch import Batch, foresee, paint

    wanted = Batch(**own)
    if wanted.queue and wanted.studio:
        raise click.UsageError("--queue and --studio exclude each other")
    if (wanted.queue or wanted.studio) and (wanted.jobs > 1 or run.memory):
        raise click.UsageError(
            "--jobs and --memory are the workers' on a queue; give them to 'impasto worker'"
        )
    return foresee(wanted, settings, run) if wanted.dry_run else paint(wanted, settings, run)
