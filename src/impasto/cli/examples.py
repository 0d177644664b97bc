"""`impasto examples`: the bundled pictures with their licences."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from impasto.errors import OutputError
from impasto.media.bundled import bundled_pictures
from impasto.media.paths import is_file, is_there, make_folders, remove_empty


def write_examples(folder: str) -> None:
    """Copy pictures and licences into a folder, keeping existing files; raises OutputError."""
    source, target = bundled_pictures(), Path(folder)
    for file in sorted(path for path in source.rglob("*") if is_file(path)):
        copy, made = target / file.relative_to(source), list[Path]()
        try:
            made = make_folders(copy.parent)
            if is_there(copy):
                click.echo(f"kept existing {copy}", err=True)
                continue
            shutil.copyfile(file, copy)
        except OSError as error:
            remove_empty(made)
            raise OutputError(f"cannot write '{copy}': {error.strerror}", "choose another folder") from None
        click.echo(str(copy))
