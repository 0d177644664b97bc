"""`impasto worker`."""

from __future__ import annotations

from typing import Any

import click

_QUEUE = (
    "URL of the queue: sqlite:///queue.db for one machine, postgresql://user:password@host/database for many."
)
_STORE = "Shared inputs and results: a folder, or s3://bucket/prefix.  [default: beside an SQLite queue]"


@click.command
@click.option("--queue", "url", required=True, metavar="URL", envvar="IMPASTO_QUEUE", help=_QUEUE)
@click.option("--store", default="", metavar="URL", envvar="IMPASTO_STORE", help=_STORE)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Number of worker processes; each paints one picture at a time.  [default: 1]",
)
@click.option(
    "--threads",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Threads per process.  [default: the cores divided among the processes]",
)
@click.option(
    "--memory",
    default="",
    metavar="AMOUNT",
    help="Total memory limit of all processes, such as 8G.  [default: 90% of the free memory]",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    help="Device to compute on.  [default: auto]",
)
@click.option(
    "--folder",
    default="",
    metavar="DIR",
    help="Local working folder.  [default: in the user's cache folder]",
)
@click.option("--drain", is_flag=True, help="Exit when the queue has no more jobs to paint.")
@click.option("--quiet", is_flag=True, help="Print nothing except errors.")
@click.option("--with-parent", is_flag=True, hidden=True, help="Exit when the process that started it has.")
def worker(**given: Any) -> int:
    """Paint pictures that 'impasto batch … --queue URL' puts on a queue; any number of workers can share it.

    A worker paints one picture at a time. Ctrl-C or SIGTERM keeps the current step and returns the picture
    to the queue. If a worker is killed or its machine fails, another resumes from the last checkpoint
    within a minute. The environment variables IMPASTO_QUEUE and IMPASTO_STORE set --queue and --store.

    \b
    Examples
      impasto worker --queue sqlite:///queue.db
      impasto worker --queue postgresql://impasto:secret@server/impasto --store /mnt/pictures --jobs 4
    """
    from impasto.cli.worker import work

    return work(given.pop("url"), given.pop("store"), **given)
