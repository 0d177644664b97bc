"""A picture painted again from its recipe, in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from impasto.engine.events import Event
from impasto.errors import RecipeError
from impasto.jobs import kinds
from impasto.jobs.kinds import KINDS
from impasto.media.image import Source
from impasto.notebook import follow
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.stills.pastiche import Pastiche


def again(
    recipe: Recipe | str | os.PathLike[str],
    *,
    inputs: Sequence[Source] = (),
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
    **changes: Any,
) -> Pastiche:
    """Paint a picture again from a recipe, or the recipe in a file, with `changes` to its settings.

    Inputs are searched for at their recorded paths, beside the file, and among `inputs`: folders, files,
    arrays and Pillow images. Without changes, the same machine gives the same bytes. `on_event` is as in
    `stylize`. Raises RecipeError if an input is missing or has changed, and other subclasses of ImpastoError.
    """
    beside = None if isinstance(recipe, Recipe) else Path(recipe).absolute().parent
    read = recipe if isinstance(recipe, Recipe) else Recipe.read(recipe)
    if KINDS[read.command].foldered:
        raise RecipeError(f"it is that of a {KINDS[read.command].result}", "repeat it with 'impasto again'")
    run = kinds.again(read, Finder(beside, inputs), changes, device=device)
    follow(run, on_event)
    return run.result()  # type: ignore[return-value]
