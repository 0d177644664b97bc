"""`impasto again` and `impasto show`: repeat a result from its recipe, and print the recipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.cli.carry_out import carry_out, memory_of, previews_of
from impasto.jobs.kinds import KINDS, Run, again
from impasto.media.formats import ENDINGS, FORMATS, SIDECAR
from impasto.media.paths import is_folder
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe, read_by
from impasto.recipe.sheet import SheetRecipe, parse_any
from impasto.settings.run import RunOptions


def paint_again(
    file: str, cell: str, folders: Sequence[str], changes: Mapping[str, Any], run: RunOptions
) -> int:
    """Repeat a result from its file or recipe file, or start a full run from a cell of a sheet.

    Reports, saves and returns the exit code. Raises ImpastoError.
    """
    path = Path(file)
    recipe = SheetRecipe.read(path).cell(cell) if cell else Recipe.read(path)
    finder = Finder(path.absolute().parent, folders)

    def prepare() -> Run:
        options = dict(device=run.device, memory=memory_of(run), preview_every=previews_of(run))
        return again(recipe, finder, changes, **options)

    stem, suffix = _name(path, recipe)
    return carry_out(prepare, run, kept=[path], name=(f"{stem}-{cell.upper()}" if cell else stem, suffix))


def _name(path: Path, recipe: Recipe) -> tuple[str, str]:
    """Return the default stem and suffix for a repeated result."""
    named = Path(path.name.removesuffix(SIDECAR))
    kind = KINDS[recipe.command]
    if kind.foldered and not named.suffix and (is_folder(path) or named.name != path.name):
        return named.name, ""  # a folder of frames
    formats = ENDINGS if kind.foldered else FORMATS
    return named.stem, named.suffix if named.suffix.lower() in formats else kind.suffix


def shown(file: str, cell: str) -> str:
    """Return the recipe of a file or cell as indented JSON, with control characters escaped."""
    recipe = SheetRecipe.read(file).cell(cell) if cell else read_by(parse_any, Path(file))
    plain = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(recipe.as_table(), indent=2, ensure_ascii=not plain)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
