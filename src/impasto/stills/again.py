"""A picture made again from its recipe, the same or with changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch

from impasto.encoder.weights import BUNDLED_SHA256
from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.errors import MemoryShortage, RecipeError, SettingsError
from impasto.media.image import Source
from impasto.recipe.change import in_effect
from impasto.recipe.finder import Finder, as_recorded
from impasto.recipe.input import Input, nameless, printable, with_files
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.option import described
from impasto.stills.pastiche import Pastiche
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint
from impasto.version import __version__

Made = TypeVar("Made")

_PLANNED = frozenset(
    {
        "size",
        "aspect",
        "tileable",
        "brush",
        "style_fit",
        "excite",
        "start_size",
        "steps",
        "quality",
        "content_layers",
        "style_layers",
        "optimizer",
        "history",
        "precision",
    }
)
"""Settings on which the plan depends: it is made anew where one of them changes."""

_SCHEDULED = _PLANNED - {"history", "precision"}
"""Settings on which the schedule depends: where one of them changes, a step is no longer the same step."""

_HELD = frozenset({"strength", "content_weight", "calm"})
"""What holds the photo, in either of two ways: where one is given, what the others were later is not meant any more."""


def again(
    recipe: Recipe | str | os.PathLike[str],
    *,
    inputs: Sequence[Source] = (),
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
    **changes: Any,
) -> Pastiche:
    """Paint a result again by its recipe, or by that in a file, with some settings changed, and return the pastiche.

    Inputs are sought at their paths, beside the file, and among `inputs`: folders, files, arrays and Pillow images. The
    same machine gives the same bytes. `on_event` is as in `stylize`. Raises RecipeError and ImpastoError's other children.
    """
    beside = None if isinstance(recipe, Recipe) else Path(recipe).absolute().parent
    read = recipe if isinstance(recipe, Recipe) else Recipe.read(recipe)
    return paint(prepare(read, Finder(beside, inputs), changes, device=device)[0], on_event)


def prepare(
    recipe: Recipe,
    finder: Finder,
    changes: Mapping[str, Any],
    *,
    device: str = "auto",
    memory: int | None = None,
    preview_every: int = 0,
    stock: Stock | None = None,
) -> tuple[Stylization, list[str]]:
    """Return the run that makes a result again, and what is to be said of it; raises RecipeError where an input is missing or changed."""
    notes: list[str] = []
    recipe, content, styles, recorded, settings, device = sought(recipe, finder, changes, device, notes)

    def run(settings: Settings) -> Stylization:
        return Stylization(
            content,
            styles,
            settings,
            command=recipe.command,
            device=device,
            memory=memory,
            preview_every=preview_every,
            changes=recipe.changes,
            stock=stock,
        )

    stylization = planned(run, settings, changes, notes)
    if stylization.encoder.sha256 != recipe.weights:
        notes.append("painted with other weights than the recipe's, as --weights says")
    stylization.strip = recipe.strip
    stylization.inputs = told(stylization.inputs, recipe, same=settings == recorded)
    return stylization, notes


def planned(
    run: Callable[[Settings], Made], settings: Settings, changes: Mapping[str, Any], notes: list[str]
) -> Made:
    """Return a run by the plan of a recipe, or by another one where there is too little memory for that."""
    try:
        return run(settings)
    except MemoryShortage:
        if not settings.plan or changes.get("plan"):
            raise
    made = run(settings.with_changes(plan=""))
    notes.append(
        "the plan of the recipe needs more memory than there is; computed by another, the result may differ a little"
    )
    return made


def told(inputs: tuple[Input, ...], recipe: Recipe, *, same: bool) -> tuple[Input, ...]:
    """Return inputs as a recipe told of them: without names where it has none, under its own where the result is to be the `same`."""
    if recipe.private:
        return nameless(inputs)
    # The same result has the same bytes, wherever its inputs have gone since.
    return as_recorded(inputs, recipe.inputs) if same else inputs


class Sought(NamedTuple):
    """A recipe with what it names: the content, the styles with their weights, settings as recorded and as changed, and the device."""

    recipe: Recipe
    content: Source | None
    styles: list[tuple[Source, float]]
    recorded: Settings
    settings: Settings
    device: str


def sought(
    recipe: Recipe, finder: Finder, changes: Mapping[str, Any], device: str, notes: list[str]
) -> Sought:
    """Find what a recipe names, and add to `notes` what is to be said of it; raises RecipeError where an input is missing or changed."""
    if recipe.torch and recipe.torch != torch.__version__:
        notes.append(
            f"made with torch {printable(recipe.torch, 20)}, and this is {torch.__version__}: the result may differ a little"
        )
    if recipe.version != __version__:
        notes.append(
            f"made by impasto {printable(recipe.version)}, and this is {__version__}: the result may differ a little"
        )
    if not recipe.finished:
        notes.append("the result was stopped early; this paints it to its end")
    content = next((finder.find(item) for item in recipe.inputs if item.role == "content"), None)
    recipe = _with_changes_moved(recipe, changes, notes)
    styles = [(finder.find(item), item.weight) for item in recipe.inputs if item.role == "style"]
    if (
        recipe.command != "texture"
    ):  # older versions took two sides, and painted by the photo's shape all the same
        recipe = replace(recipe, settings=recipe.settings.with_changes(aspect=""))
    # What a change replaces need not be found.
    recorded = with_files(
        recipe.settings,
        lambda field, text: "" if field in changes else str(finder.find(recipe.input_named(text))),
    )
    settings = _changed(recorded, changes)
    _check_weights(recipe, settings)
    return Sought(recipe, content, styles, recorded, settings, _device(recipe, device, notes))


def _with_changes_moved(recipe: Recipe, given: Mapping[str, Any], notes: list[str]) -> Recipe:
    """Return the recipe without changes of what is given anew, and with the others from the start on where its steps are others."""
    dropped = {*given, *(_HELD if _HELD & given.keys() else ())}
    changes = tuple(left for change in recipe.changes if (left := change.without(dropped)).names)
    scheduled = recipe.settings.with_changes(
        **{name: given[name] for name in (_SCHEDULED | {"dpi"}) & given.keys()}
    )
    if not changes or not _SCHEDULED & _differing(scheduled, recipe.settings):
        return replace(recipe, changes=changes)
    last = in_effect(recipe.settings, recipe.style_weights, changes, changes[-1].place)
    notes.append(
        f"its steps are others now, so what was changed while it was painted counts from the start on: {'; '.join(map(str, changes))}"
    )
    weights = iter(last.weights)
    inputs = tuple(
        replace(item, weight=next(weights)) if item.role == "style" else item for item in recipe.inputs
    )
    return replace(recipe, settings=last.settings, inputs=inputs, changes=())


def _changed(recorded: Settings, changes: Mapping[str, Any]) -> Settings:
    settings = recorded.with_changes(**changes)
    differing = _differing(settings, recorded)
    stale = {"plan": bool(differing & _PLANNED), "convolutions": "precision" in differing}
    return settings.with_changes(
        **{name: "" for name, is_stale in stale.items() if is_stale and name not in changes}
    )


def _differing(one: Settings, other: Settings) -> set[str]:
    return {name for name in described(Settings) if getattr(one, name) != getattr(other, name)}


def _check_weights(recipe: Recipe, settings: Settings) -> None:
    """Raise RecipeError where the result came of weights that are neither in the package nor given."""
    if not settings.weights and recipe.weights != BUNDLED_SHA256:
        raise RecipeError(
            f"it was made with weights of SHA-256 {recipe.weights[:8]}…, and those of impasto {__version__} have {BUNDLED_SHA256[:8]}…; "
            "name the file by --weights FILE, or take the version that made it"
        )


def _device(recipe: Recipe, wanted: str, notes: list[str]) -> str:
    if wanted != "auto":
        return wanted
    try:
        return choose_device(recipe.device).type
    except SettingsError:
        notes.append(
            f"made on a {recipe.device} device, which this machine has not: the result may differ a little"
        )
        return wanted
