"""`impasto again` and `impasto show`: a result made again by the recipe in it, and that recipe for people and programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.cli.stylize import carry_out, memory_of, previews_of
from impasto.media.image import FORMATS
from impasto.media.recipe import SIDECAR
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe, read_by
from impasto.recipe.sheet import SheetRecipe, parse_any
from impasto.settings.run import RunOptions
from impasto.stills.again import prepare
from impasto.stills.stylize import Stylization


def paint_again(
    file: str, cell: str, folders: Sequence[str], changes: Mapping[str, Any], run: RunOptions
) -> int:
    """Paint the result in a file, or of a recipe's own file, again, or a full run from a cell of a sheet; report and save.

    Returns the exit code. Raises ImpastoError.
    """
    path = Path(file)
    recipe = SheetRecipe.read(path).cell(cell) if cell else Recipe.read(path)
    if recipe.command == "video":
        from impasto.cli.video import paint_film_again

        return paint_film_again(file, folders, changes, run)
    finder = Finder(path.absolute().parent, folders)

    def prepare_run() -> Stylization:
        return prepare(
            recipe,
            finder,
            changes,
            device=run.device,
            memory=memory_of(run),
            preview_every=previews_of(run),
        )

    named = Path(path.name.removesuffix(SIDECAR))
    name = named.name if named.suffix.lower() in FORMATS else f"{named.stem}.png"
    if cell:
        name = f"{Path(name).stem}-{cell.upper()}{Path(name).suffix}"
    return carry_out(prepare_run, run, kept=[path], name=name, own_job=True)


def shown(file: str, cell: str) -> str:
    """Return the recipe of a file, or of a sheet's cell, as JSON to be read or kept; what a terminal might take for a command stays escaped."""
    recipe = SheetRecipe.read(file).cell(cell) if cell else read_by(parse_any, Path(file))
    plain = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(recipe.as_table(), indent=2, ensure_ascii=not plain)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
