"""Neural style transfer by optimisation: a photo, painted in the manner of a painting."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from impasto.version import __version__

if TYPE_CHECKING:
    from impasto.engine.events import CellBegun, Event, FrameBegun, FrameDone, Note, Preview, ScaleDone, ShotBegun, Step
    from impasto.errors import (
        BatchError,
        ClipError,
        Diverged,
        ImpastoError,
        JobError,
        MemoryShortage,
        OutputError,
        PictureError,
        QueueError,
        RecipeError,
        SettingsError,
        StoreError,
        WeightsError,
    )
    from impasto.jobs.batch import batch
    from impasto.jobs.film import FilmJob, film
    from impasto.jobs.job import Job
    from impasto.jobs.painting import Outcome
    from impasto.jobs.tasks import Task
    from impasto.jobs.workers import Progress
    from impasto.presets import Preset, preset, presets
    from impasto.recipe.change import Change
    from impasto.recipe.recipe import Input, Recipe
    from impasto.recipe.sheet import Axis, SheetRecipe
    from impasto.settings import Settings
    from impasto.settings.cells import Cells
    from impasto.settings.layers import Layer
    from impasto.stills.again import again
    from impasto.stills.features import features, maximize
    from impasto.stills.figures import figure
    from impasto.stills.judge import Judgement, judge
    from impasto.stills.pastiche import Pastiche
    from impasto.stills.reconstruct import reconstruct
    from impasto.stills.sheet import Sheet, sheet
    from impasto.stills.stylize import Stylization, stylize
    from impasto.stills.texture import texture
    from impasto.video.flicker import Flicker, flicker
    from impasto.video.stylize import Filming

__all__ = [
    "Axis",
    "BatchError",
    "CellBegun",
    "Cells",
    "Change",
    "ClipError",
    "Diverged",
    "Event",
    "FilmJob",
    "Filming",
    "Flicker",
    "FrameBegun",
    "FrameDone",
    "ImpastoError",
    "Input",
    "Job",
    "JobError",
    "Judgement",
    "Layer",
    "MemoryShortage",
    "Note",
    "Outcome",
    "OutputError",
    "Pastiche",
    "PictureError",
    "Preset",
    "Preview",
    "Progress",
    "QueueError",
    "Recipe",
    "RecipeError",
    "ScaleDone",
    "Settings",
    "SettingsError",
    "Sheet",
    "SheetRecipe",
    "ShotBegun",
    "Step",
    "StoreError",
    "Stylization",
    "Task",
    "WeightsError",
    "__version__",
    "again",
    "batch",
    "features",
    "figure",
    "film",
    "flicker",
    "judge",
    "maximize",
    "preset",
    "presets",
    "reconstruct",
    "sheet",
    "stylize",
    "texture",
]

_ROOMS = {
    "impasto.video.flicker": ("Flicker", "flicker"),
    "impasto.video.stylize": ("Filming",),
    "impasto.jobs.film": ("FilmJob", "film"),
    "impasto.engine.events": ("CellBegun", "Event", "FrameBegun", "FrameDone", "Note", "Preview", "ScaleDone", "ShotBegun", "Step"),
    "impasto.errors": (
        "BatchError",
        "ClipError",
        "Diverged",
        "ImpastoError",
        "JobError",
        "MemoryShortage",
        "OutputError",
        "PictureError",
        "QueueError",
        "RecipeError",
        "SettingsError",
        "StoreError",
        "WeightsError",
    ),
    "impasto.jobs.batch": ("batch",),
    "impasto.jobs.job": ("Job",),
    "impasto.jobs.painting": ("Outcome",),
    "impasto.jobs.tasks": ("Task",),
    "impasto.jobs.workers": ("Progress",),
    "impasto.presets": ("Preset", "preset", "presets"),
    "impasto.settings.layers": ("Layer",),
    "impasto.recipe.change": ("Change",),
    "impasto.recipe.recipe": ("Input", "Recipe"),
    "impasto.recipe.sheet": ("Axis", "SheetRecipe"),
    "impasto.settings.cells": ("Cells",),
    "impasto.settings": ("Settings",),
    "impasto.stills.again": ("again",),
    "impasto.stills.features": ("features", "maximize"),
    "impasto.stills.figures": ("figure",),
    "impasto.stills.judge": ("Judgement", "judge"),
    "impasto.stills.pastiche": ("Pastiche",),
    "impasto.stills.reconstruct": ("reconstruct",),
    "impasto.stills.sheet": ("Sheet", "sheet"),
    "impasto.stills.stylize": ("Stylization", "stylize"),
    "impasto.stills.texture": ("texture",),
}


def __getattr__(name: str) -> Any:
    # Names load when first used (PEP 562), so that `impasto --help` does not wait for torch.
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module 'impasto' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
