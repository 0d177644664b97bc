"""`impasto queue`."""

from __future__ import annotations

import click

_QUEUE = (
    "URL of the queue: sqlite:///queue.db for one machine, postgresql://user:password@host/database for many."
)


@click.command
@click.option("--queue", "url", required=True, metavar="URL", envvar="IMPASTO_QUEUE", help=_QUEUE)
@click.argument("action", type=click.Choice(["list", "cancel", "pause", "continue"]), default="list")
@click.argument("identities", nargs=-1, metavar="[ID]...")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also list jobs that are done or cancelled, not only their number.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per job on stdout, and nothing else."
)
def queue(url: str, action: str, identities: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the jobs on a queue, or cancel, pause or continue the jobs with these IDs or ID prefixes.

    A worker stops a cancelled or paused job within one step. A paused job keeps that step, and any worker
    can resume it.

    \b
    Examples
      impasto queue --queue sqlite:///queue.db
      impasto queue pause 3ce4 --queue sqlite:///queue.db
    """
    from impasto.cli.queue import steer

    steer(url, action, identities, everything=everything, as_json=as_json)
