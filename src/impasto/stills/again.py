"""Results made again from their recipes, unchanged or with other settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, TypeVar

import torch

from impasto.engine.device import choose_device
from impasto.engine.events import Note, note
from impasto.errors import MemoryShortage, RecipeError, SettingsError, option
from impasto.media.image import Source
from impasto.recipe.change import in_effect
from impasto.recipe.finder import Finder, as_recorded
from impasto.recipe.input import Input, nameless, printable, with_files
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.layers import ENCODER
from impasto.settings.option import described
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization
from impasto.version import __version__


class Repeatable(Protocol):
    """The interface of a run that `repeated` needs."""

    inputs: tuple[Input, ...]
    strip: bool
    notes: list[Note]

    @property
    def network(self) -> str:
        """SHA-256 of the weights of its network."""


Made = TypeVar("Made", bound=Repeatable)

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
"""Settings on which the plan depends: if one changes, the recorded plan is discarded."""

_SCHEDULED = _PLANNED - {"history", "precision"}
"""Settings on which the schedule depends: if one changes, recorded steps have another meaning."""

_FILM_SCHEDULED = frozenset({"start", "end", "fps", "passes"})
"""The same for films, whose changes are recorded by frame."""

_HELD = frozenset({"strength", "content_weight", "calm"})
"""Settings of the content loss: if one is given, recorded changes of all of them are discarded."""


def threads_of(recipe: Recipe, changes: Mapping[str, Any]) -> int:
    """Return the number of threads of a run that makes a result again, 0 for one per core."""
    given = {"threads": changes["threads"]} if "threads" in changes else {}
    return recipe.settings.with_changes(**given).threads


def prepare(
    recipe: Recipe,
    finder: Finder,
    changes: Mapping[str, Any],
    *,
    device: str = "auto",
    memory: int | None = None,
    preview_every: int = 0,
    stock: Stock | None = None,
) -> Stylization:
    """Return the run that paints a picture again; raises RecipeError if an input is missing or changed."""
    options = dict(memory=memory, preview_every=preview_every, stock=stock)

    def make(found: Sought, settings: Settings) -> Stylization:
        return Stylization(
            found.content,
            found.styles,
            settings,
            command=recipe.command,
            device=found.device,
            changes=found.recipe.changes,
            **options,  # type: ignore[arg-type]
        )

    return repeated(recipe, finder, changes, make, device)


def repeated(
    recipe: Recipe,
    finder: Finder,
    changes: Mapping[str, Any],
    make: Callable[[Sought, Settings], Made],
    device: str = "auto",
    network: str = ENCODER,
) -> Made:
    """Return the run that `make` creates for a recipe, with notes on differences; raises RecipeError.

    `network` is the SHA-256 of the weights of the package for such a result.
    """
    notes: list[Note] = []
    found = find_inputs(recipe, finder, changes, device, notes)
    _check_weights(recipe, found.settings, network)
    run = planned(lambda settings: make(found, settings), found.settings, changes, notes)
    if run.network != recipe.weights:
        notes.append(note("other_weights"))
    run.inputs = listed(run.inputs, recipe, same=found.settings == found.recorded)
    run.strip, run.notes = recipe.strip, [*notes, *run.notes]
    return run


def planned(
    run: Callable[[Settings], Made], settings: Settings, changes: Mapping[str, Any], notes: list[Note]
) -> Made:
    """Return a run with the recorded plan, or with a new one, and a note, if that exceeds the memory."""
    try:
        return run(settings)
    except MemoryShortage:
        if not settings.plan or changes.get("plan"):
            raise
    made = run(settings.with_changes(plan=""))
    notes.append(note("other_plan"))
    return made


def listed(inputs: tuple[Input, ...], recipe: Recipe, *, same: bool) -> tuple[Input, ...]:
    """Return inputs as in a recipe: without names if it is private, with its names for the `same` result."""
    if recipe.private:
        return nameless(inputs)
    # The same result has the same bytes, even if its inputs have moved.
    return as_recorded(inputs, recipe.inputs) if same else inputs


class Sought(NamedTuple):
    """The content, styles with weights, recorded and changed settings, and device found for a recipe."""

    recipe: Recipe
    content: Source | None
    styles: list[tuple[Source, float]]
    recorded: Settings
    settings: Settings
    device: str


def find_inputs(
    recipe: Recipe, finder: Finder, changes: Mapping[str, Any], device: str, notes: list[Note]
) -> Sought:
    """Find the inputs of a recipe and add to `notes`; raises RecipeError if one is missing or changed."""
    if recipe.torch and recipe.torch != torch.__version__:
        notes.append(note("other_torch", made=printable(recipe.torch, 20), here=str(torch.__version__)))
    if recipe.version != __version__:
        notes.append(note("other_version", made=printable(recipe.version), here=__version__))
    if not recipe.finished:
        notes.append(note("unfinished"))
    content = next((finder.find(item) for item in recipe.inputs if item.role == "content"), None)
    recipe = _with_changes_moved(recipe, changes, notes)
    styles = [(finder.find(item), item.weight) for item in recipe.inputs if item.role == "style"]
    if recipe.command != "texture":  # older versions accepted an aspect, and ignored it
        recipe = replace(recipe, settings=recipe.settings.with_changes(aspect=""))
    # Files that a change replaces may be missing.
    recorded = with_files(
        recipe.settings,
        lambda field, text: "" if field in changes else str(finder.find(recipe.input_named(text))),
    )
    settings = _changed(recorded, changes)
    return Sought(recipe, content, styles, recorded, settings, _device(recipe, device, notes))


def _with_changes_moved(recipe: Recipe, given: Mapping[str, Any], notes: list[Note]) -> Recipe:
    """Return the recipe without changes of `given` settings; if steps differ, the others become settings."""
    dropped = {*given, *(_HELD if _HELD & given.keys() else ())}
    changes = tuple(left for change in recipe.changes if (left := change.without(dropped)).names)
    schedule = _FILM_SCHEDULED if recipe.command == "video" else _SCHEDULED
    scheduled = recipe.settings.with_changes(
        **{name: given[name] for name in (schedule | {"dpi"}) & given.keys()}
    )
    if not changes or not schedule & _differing(scheduled, recipe.settings):
        return replace(recipe, changes=changes)
    last = in_effect(recipe.settings, recipe.style_weights, changes, changes[-1].place)
    notes.append(note("changes_moved", changes="; ".join(map(str, changes))))
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


def _check_weights(recipe: Recipe, settings: Settings, network: str) -> None:
    """Raise RecipeError if the result was made with weights that are neither bundled nor given."""
    if not settings.weights and recipe.weights != network:
        raise RecipeError(
            f"it was made with weights of SHA-256 {recipe.weights[:8]}…, and those of impasto {__version__} "
            f"have {network[:8]}…",
            f"give the file as {option('weights')}, or use the version that made it",
        )


def _device(recipe: Recipe, wanted: str, notes: list[Note]) -> str:
    if wanted != "auto":
        return wanted
    try:
        return choose_device(recipe.device).type
    except SettingsError:
        notes.append(note("other_device", device=recipe.device))
        return wanted
