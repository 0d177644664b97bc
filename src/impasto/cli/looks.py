"""`impasto looks`: list, add, remove and export looks, and draw all of them on one photo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from impasto.cli.output import Output
from impasto.cli.progress import reporter
from impasto.looks import shelf
from impasto.looks.look import Look, read_look
from impasto.looks.onnx import write_onnx
from impasto.looks.sheet import sheet_of
from impasto.media.image import check_output, check_place, save
from impasto.settings.run import RunOptions


def lines(*, as_json: bool) -> Iterator[str]:
    """Yield a line about each look, or that there is none; raises LookError for a damaged one."""
    if not (as_json or shelf.looks()):
        yield "there are no looks yet"
    for name, path in shelf.looks().items():
        look, size = read_look(path), path.stat().st_size
        yield json.dumps(_record(look, path, size)) if as_json else _line(name, look, size)


def change(action: str, name: str) -> Iterator[str]:
    """Add the file of a look to the user's, or remove one, and say so; raises LookError and OutputError."""
    if action == "add":
        yield f"added look '{shelf.add(Path(name)).name}'"
    else:
        shelf.remove(name)
        yield f"removed look '{name}'"


def paint_sheet(photo: str, output: str) -> int:
    """Paint a photo with every look and save the sheet; return the exit code. Raises ImpastoError."""
    with Output(RunOptions(output=output), lambda: (f"{Path(photo).stem}+looks", ".png")) as target:
        check_output(target.path, size=(1, 1), alpha=False, inputs=(photo,))
        drawn = sheet_of(photo)
        save(drawn, target.path)
        target.send()
        _say(target, drawn.width, drawn.height)
    return 0


def export(name: str, output: str) -> int:
    """Write a look as an ONNX model; return the exit code. Raises LookError and OutputError."""
    look = read_look(shelf.path_of(name))
    target = Path(output or f"{look.name}.onnx")
    check_place(target)
    write_onnx(look, target)
    click.echo(f"wrote {target}", err=True)
    return 0


def _say(target: Output, width: int, height: int) -> None:
    reporter(quiet=False, as_json=False, preview="").done(
        {"kind": "done", "output": target.shown, "width": width, "height": height}
    )


def _line(name: str, look: Look, size: int) -> str:
    card = look.card
    about = ", ".join(text for text in (card.title, card.painter) if text)
    origin = "; ".join(text for text in (card.source, card.licence) if text)
    errors = f"style {card.style:.2f} at content {card.content:.2f}" if card.content else "not measured"
    head = f"{click.style(name, bold=True)}  {about}" if about else click.style(name, bold=True)
    return f"{head}\n    {errors}; {-(-size // 1024)} kB" + (f"; {origin}" if origin else "")


def _record(look: Look, path: Path, size: int) -> dict[str, Any]:
    return {"name": path.stem, "path": str(path), "bytes": size, **asdict(look.card)}
