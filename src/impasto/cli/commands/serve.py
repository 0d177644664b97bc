"""`impasto serve`."""

from __future__ import annotations

from typing import Any

import click

from impasto.cli.streams import Target


@click.group(invoke_without_command=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at. Any that others can reach, such as 0.0.0.0, requires accounts.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port.  [default: 8300, or a free one after it]",
)
@click.option(
    "--data",
    default="",
    metavar="DIR",
    help="Folder of the database and all files.  [default: in the user's data folder]",
)
@click.option(
    "--queue",
    "url",
    default="",
    metavar="URL",
    envvar="IMPASTO_QUEUE",
    help="Database, such as "
    "postgresql://user:password@host/database for many machines.  [default: SQLite in --data]",
)
@click.option(
    "--store",
    default="",
    metavar="URL",
    envvar="IMPASTO_STORE",
    help="Store of files: a folder, or s3://bucket/prefix.  [default: in --data]",
)
@click.option(
    "--workers",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="Worker processes beside the server; 0 leaves painting to 'impasto worker' elsewhere.",
)
@click.option("--accounts", is_flag=True, help="Require accounts on this machine too.")
@click.option(
    "--address", default="", metavar="URL", help="Address under which browsers reach the studio, for links."
)
@click.option(
    "--base-path", default="", metavar="PATH", help="Path of the studio behind a proxy, such as /studio."
)
@click.option(
    "--proxy", default="", metavar="IP", help="Address of the proxy whose X-Forwarded headers are trusted."
)
@click.option("--tls-cert", type=Target(), metavar="FILE", help="Certificate, for TLS.")
@click.option("--tls-key", type=Target(), metavar="FILE", help="Its private key.")
@click.option(
    "--settings",
    "file",
    type=Target(),
    metavar="FILE",
    help="TOML file with limits, e-mail, and how long things are kept; see docs/how-to/studio.md.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.option("--log-json", is_flag=True, help="Write the log as one JSON object a line.")
@click.option("--quiet", is_flag=True, help="Print only the address, warnings and errors.")
@click.pass_context
def serve(context: click.Context, /, **given: Any) -> int | None:
    """Open a studio in the browser, for yourself or for others.

    Without options it is for this machine alone, without accounts. Pictures and jobs are kept in --data and
    survive every restart. Ctrl-C stops it after the step that is being painted.

    \b
    Examples
      impasto serve
      impasto serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
      impasto serve users
      impasto serve backup studio.tar
    """
    context.obj = given
    if context.invoked_subcommand is not None:
        return None
    from impasto.cli.serve import run

    return run(**given)


@serve.command
@click.argument(
    "action",
    type=click.Choice(["list", "invite", "reset", "remove"]),
    default="list",
    metavar="[list|invite|reset|remove]",
)
@click.argument("email", default="", metavar="[EMAIL]")
@click.option("--admin", is_flag=True, help="Invite an administrator.")
@click.pass_obj
def users(given: dict[str, Any], action: str, email: str, admin: bool) -> None:
    """List users, or print a link that invites one or resets a password."""
    from impasto.cli.serve import steer

    for line in steer(given, action, email, admin=admin):
        click.echo(line)


@serve.command
@click.argument("target", type=Target(), metavar="FILE")
@click.pass_obj
def backup(given: dict[str, Any], target: str) -> None:
    """Write the whole studio into a tar file, while it may be running."""
    from impasto.cli.serve import back_up

    click.echo(back_up(given, target), err=True)


@serve.command
@click.argument("source", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.pass_obj
def restore(given: dict[str, Any], source: str) -> None:
    """Put a studio back from a backup, where there is none."""
    from impasto.cli.serve import restore

    click.echo(restore(given, source), err=True)
