"""`impasto queue`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.streams import Target

ACTIONS = ("list", "cancel", "pause", "continue", "set", "branch", "fetch")

_QUEUE = (
    "URL of the queue: sqlite:///queue.db for one machine, postgresql://user:password@host/database for many."
)
_STUDIO = "Address of a studio instead, by the token in IMPASTO_TOKEN of the environment."
_STORE = "Store of the queue's files.  [default: next to an SQLite queue]"


@click.command
@click.option("--queue", "url", default="", metavar="URL", envvar="IMPASTO_QUEUE", help=_QUEUE)
@click.option("--studio", default="", metavar="URL", envvar="IMPASTO_STUDIO", help=_STUDIO)
@click.option("--store", default="", metavar="URL", envvar="IMPASTO_STORE", help=_STORE)
@click.argument("action", type=click.Choice(list(ACTIONS)), default="list", metavar=f"[{'|'.join(ACTIONS)}]")
@click.argument("words", nargs=-1, metavar="[ID]... [NAME=VALUE]...")
@click.option(
    "--at",
    type=click.IntRange(min=1),
    metavar="N",
    help="The last scale, or frame of a film, that a branch takes over.  [default: the last one kept]",
)
@click.option(
    "-o", "--output", type=Target(), default="", metavar="FILE", help="Where 'fetch' writes the result."
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also list jobs that are done or cancelled, not only their number.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per job on stdout, and nothing else."
)
def queue(url: str, studio: str, action: str, **given: Any) -> None:
    """List the jobs on a queue, or control the jobs with these IDs or ID prefixes.

    A worker stops a cancelled or paused job within one step. A paused job keeps that step, and any worker
    can resume it. 'set' changes settings from the next step or frame on, as 'impasto job' does; 'branch'
    puts a new job on the queue that starts from a scale or frame of another; 'fetch' writes a result.

    \b
    Examples
      impasto queue --queue sqlite:///queue.db
      impasto queue pause 3ce4 --queue sqlite:///queue.db
      impasto queue set 3ce4 strength=70 --queue sqlite:///queue.db
      impasto queue branch 3ce4 --at 2 --queue sqlite:///queue.db
      impasto queue fetch 3ce4 -o out.png --queue sqlite:///queue.db
    """
    if bool(url) == bool(studio):
        raise click.UsageError("name a --queue, or a --studio")
    if studio:
        from impasto.cli import studio as room

        given.pop("store")
        lines = room.steer(studio, action, **given)
    else:
        from impasto.cli.queue import steer

        lines = steer(url, action, **given)
    for line in lines:
        click.echo(line)
