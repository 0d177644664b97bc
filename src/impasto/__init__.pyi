from .client.client import Client
from .engine.events import (
    Branched,
    Cancelled,
    CellBegun,
    Changed,
    Done,
    Event,
    Failed,
    FrameBegun,
    FrameDone,
    Note,
    Painted,
    Paused,
    Preview,
    Resumed,
    ScaleDone,
    ShotBegun,
    Step,
)
from .errors import (
    AccountError,
    BatchError,
    ClipError,
    DiskFull,
    Diverged,
    ImpastoError,
    JobBusy,
    JobDamaged,
    JobEnded,
    JobError,
    JobMismatch,
    JobNotFound,
    LookError,
    MemoryShortage,
    NoBranch,
    NoSuchQueue,
    NotDone,
    OutputError,
    PictureError,
    QueueError,
    RecipeError,
    ReportError,
    SettingsError,
    StoreError,
    StudioError,
    WeightsError,
)
from .jobs.again import again
from .jobs.batch import batch
from .jobs.batch_task import Outcome
from .jobs.film import film
from .jobs.job import Job
from .jobs.tasks import Task
from .jobs.workers import Progress
from .looks.instant import Instant, instant
from .media.shown import FilmFile
from .recipe.change import Change
from .recipe.input import Input
from .recipe.recipe import Recipe
from .recipe.sheet import Axis, SheetRecipe
from .service.local import LocalService
from .service.service import JobState
from .settings import Settings
from .settings.cells import Cells
from .settings.layers import Layer
from .settings.presets import Preset, preset, presets
from .stills.features import features, maximize
from .stills.figures import figure
from .stills.judge import Judgement, judge
from .stills.pastiche import Pastiche
from .stills.reconstruct import reconstruct
from .stills.sheet import Sheet, sheet
from .stills.stylize import Stylization, stylize
from .stills.texture import texture
from .version import __version__
from .video.flicker import Flicker, flicker
from .video.stylize import Filming

__all__ = [
    "AccountError",
    "Axis",
    "BatchError",
    "Branched",
    "Cancelled",
    "CellBegun",
    "Cells",
    "Change",
    "Changed",
    "Client",
    "ClipError",
    "DiskFull",
    "Diverged",
    "Done",
    "Event",
    "Failed",
    "FilmFile",
    "Filming",
    "Flicker",
    "FrameBegun",
    "FrameDone",
    "ImpastoError",
    "Input",
    "Instant",
    "Job",
    "JobBusy",
    "JobDamaged",
    "JobEnded",
    "JobError",
    "JobMismatch",
    "JobNotFound",
    "JobState",
    "Judgement",
    "Layer",
    "LocalService",
    "LookError",
    "MemoryShortage",
    "NoBranch",
    "NoSuchQueue",
    "NotDone",
    "Note",
    "Outcome",
    "OutputError",
    "Painted",
    "Pastiche",
    "Paused",
    "PictureError",
    "Preset",
    "Preview",
    "Progress",
    "QueueError",
    "Recipe",
    "RecipeError",
    "ReportError",
    "Resumed",
    "ScaleDone",
    "Settings",
    "SettingsError",
    "Sheet",
    "SheetRecipe",
    "ShotBegun",
    "Step",
    "StoreError",
    "StudioError",
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
    "instant",
    "judge",
    "maximize",
    "preset",
    "presets",
    "reconstruct",
    "sheet",
    "stylize",
    "texture",
]
