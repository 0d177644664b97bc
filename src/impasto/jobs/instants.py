"""Instant pictures in job folders: nothing is kept, since painting again is faster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from impasto.engine.events import Event, Painted
from impasto.errors import NoBranch
from impasto.jobs import stills
from impasto.jobs.keeping import Idle
from impasto.jobs.record import Record
from impasto.jobs.standing import Standing
from impasto.looks.instant import Instant
from impasto.looks.shelf import places, shared_hash
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.again import Sought, repeated

UNIT, PART, SUFFIX, RESULT, FOLDERED = "picture", "pass", ".png", "picture", False
PROGRESS, UNIT_DONE = Painted, Painted


asked, check_format = stills.asked, stills.check_format


class Keeper(Idle):
    """Keeps nothing of a run."""

    exists = saves_time = False

    def __init__(self, folder: Path, run: Instant) -> None:
        self.folder, self.run, self.part_of_time = folder, run, 0.0

    def restore(self, *, torn: bool = False) -> list[Event]:
        """Return no events: there is nothing to restore."""
        return []

    def files(self) -> dict[str, str]:
        """Return no files: the picture is painted again on another machine."""
        return {}


def make(
    kind: str, content: str, styles: list[tuple[str, float]], settings: Settings, **options: Any
) -> Instant:
    """Return the run of a task."""
    return Instant(content, list(styles), settings, **options)


def network(settings: Settings) -> str:
    """Return the SHA-256 of the network that looks share."""
    return shared_hash()


def again(
    recipe: Recipe, finder: Finder, changes: Mapping[str, Any], *, device: str = "auto", **options: Any
) -> Instant:
    """Return the run that paints a picture again, whose looks are searched for on the shelf as well.

    Raises RecipeError if an input is missing or has changed.
    """

    def make(found: Sought, settings: Settings) -> Instant:
        looks = [(str(path), weight) for path, weight in found.styles]
        changed = found.recipe.changes
        return Instant(found.content, looks, settings, device=found.device, changes=changed, **options)  # type: ignore[arg-type]

    return repeated(recipe, with_shelf(finder), changes, make, device, network(recipe.settings))


def with_shelf(finder: Finder) -> Finder:
    """Return a finder that also looks among the looks of the package and of the user."""
    return Finder(finder.beside, [*finder.given, *places()], finder.hashes)


def standing(folder: Path, record: Record) -> Standing:
    """Return that nothing is kept."""
    return Standing(scale=0, scales=1, steps_kept=0, steps=1, done=False, branches=())


def branch(folder: Path, new: Path, record: Record, at: int) -> tuple[int, tuple[int, int]]:
    """Raise NoBranch: an instant picture has no steps."""
    what = f"job '{folder}' paints its picture in one pass, so nothing can branch from it"
    raise NoBranch(what, "paint it again with other settings", folder=str(folder), keeps=[])
