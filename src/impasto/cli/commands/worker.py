"""`impasto worker`."""

from __future__ import annotations

from typing import Any

import click

_QUEUE = "The queue: sqlite:///queue.db for one machine, postgresql://user:password@host/database for many."
_STORE = "Where inputs, checkpoints and results lie for all: a folder, or s3://bucket/prefix.  [default: beside an SQLite queue]"


@click.command
@click.option("--queue", "url", required=True, metavar="URL", envvar="IMPASTO_QUEUE", help=_QUEUE)
@click.option("--store", default="", metavar="URL", envvar="IMPASTO_STORE", help=_STORE)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    metavar="N",
    help="Pictures to paint at once, each in a process of its own.  [default: 1]",
)
@click.option(
    "--threads",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Threads of each process.  [default: the cores, shared out]",
)
@click.option(
    "--memory",
    default="",
    metavar="AMOUNT",
    help="Memory for all processes together, such as 8G.  [default: what is free, less a tenth]",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    help="Where to compute.  [default: auto]",
)
@click.option(
    "--folder",
    default="",
    metavar="DIR",
    help="Where pictures are painted on this machine.  [default: in the user's cache folder]",
)
@click.option("--drain", is_flag=True, help="End when nothing is left to paint.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def worker(**given: Any) -> int:
    """Paint the pictures that 'impasto batch … --queue URL' puts on a queue, on this machine, beside as many others as there are.

    A worker takes one picture at a time. Ctrl-C or a polite kill keeps the step and gives the picture back; where a worker
    is killed or its machine dies, another goes on from the last checkpoint within a minute. IMPASTO_QUEUE and IMPASTO_STORE in
    the environment stand for --queue and --store.

    \b
    Examples
      impasto worker --queue sqlite:///queue.db
      impasto worker --queue postgresql://impasto:secret@server/impasto --store /mnt/pictures --jobs 4
    """
    from impasto.cli.worker import work

    return work(given.pop("url"), given.pop("store"), **given)
