"""`impasto looks`."""

from __future__ import annotations

import click

from impasto.cli.streams import Name, Target

ACTIONS = ("list", "add", "remove", "export")


@click.command
@click.argument("action", type=click.Choice(ACTIONS), default="list", metavar=f"[{'|'.join(ACTIONS)}]")
@click.argument("name", type=Target(), default="", metavar="[NAME|FILE]")
@click.option(
    "--sheet",
    type=Name(),
    default="",
    metavar="PHOTO",
    help="Paint this photo with every look, on one sheet.",
)
@click.option(
    "-o",
    "--output",
    type=Target(),
    default="",
    metavar="FILE",
    help="Where the sheet or the export goes.  [default: an unused name]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per look on stdout.")
def looks(action: str, name: str, sheet: str, output: str, as_json: bool) -> int:
    """List the looks for 'impasto instant', with their source, licence and size.

    'add' checks the file of a look and copies it among your own; 'remove' deletes one of those; 'export'
    writes a look as an ONNX model for other programs.

    \b
    Examples
      impasto looks
      impasto looks --sheet photo.jpg -o sheet.jpg
      impasto looks add harbour.look
      impasto looks remove harbour
      impasto looks export night_cafe -o night_cafe.onnx
    """
    if action != "list" and not name:
        raise click.UsageError(f"'{action}' needs {'a file' if action == 'add' else 'the name of a look'}")
    if action == "list" and name:
        raise click.UsageError(f"unknown action '{name}'")
    if sheet and action != "list":
        raise click.UsageError(f"--sheet and '{action}' exclude each other")
    from impasto.cli import looks as room

    if sheet:
        return room.paint_sheet(sheet, output)
    if action == "export":
        return room.export(name, output)
    for line in room.change(action, name) if name else room.lines(as_json=as_json):
        click.echo(line)
    return 0
