"""`impasto queue`."""

from __future__ import annotations

import click

_QUEUE = "The queue: sqlite:///queue.db for one machine, postgresql://user:password@host/database for many."


@click.command
@click.option("--queue", "url", required=True, metavar="URL", envvar="IMPASTO_QUEUE", help=_QUEUE)
@click.argument("action", type=click.Choice(["list", "cancel", "pause", "continue"]), default="list")
@click.argument("identities", nargs=-1, metavar="[ID]...")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="List jobs that are done or cancelled too, not only their number.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per job on stdout, and nothing else."
)
def queue(url: str, action: str, identities: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the jobs of a queue; or cancel, pause or continue those of these IDs, or beginnings of IDs.

    A job that is cancelled or paused leaves its worker within a step. A paused one keeps the step, and goes on on any worker.

    \b
    Examples
      impasto queue --queue sqlite:///queue.db
      impasto queue pause 3ce4 --queue sqlite:///queue.db
    """
    from impasto.cli.queue import steer

    steer(url, action, identities, everything=everything, as_json=as_json)
