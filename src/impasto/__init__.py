"""Neural style transfer by optimisation: a photo, painted in the manner of a painting."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impasto.engine.events import Event, Preview, ScaleDone, Step
    from impasto.errors import Diverged, ImpastoError, MemoryShortage, OutputError, PictureError, SettingsError, WeightsError
    from impasto.fields import Layer
    from impasto.presets import Preset, preset, presets
    from impasto.settings import Settings
    from impasto.stills.stylize import Pastiche, Stylization, stylize

__version__ = "0.1.0"

__all__ = [
    "Diverged",
    "Event",
    "ImpastoError",
    "Layer",
    "MemoryShortage",
    "OutputError",
    "Pastiche",
    "PictureError",
    "Preset",
    "Preview",
    "ScaleDone",
    "Settings",
    "SettingsError",
    "Step",
    "Stylization",
    "WeightsError",
    "__version__",
    "preset",
    "presets",
    "stylize",
]

_ROOMS = {
    "impasto.engine.events": ("Event", "Preview", "ScaleDone", "Step"),
    "impasto.errors": ("Diverged", "ImpastoError", "MemoryShortage", "OutputError", "PictureError", "SettingsError", "WeightsError"),
    "impasto.presets": ("Preset", "preset", "presets"),
    "impasto.fields": ("Layer",),
    "impasto.settings": ("Settings",),
    "impasto.stills.stylize": ("Pastiche", "Stylization", "stylize"),
}


def __getattr__(name: str) -> Any:
    # Names load when first used (PEP 562), so that `impasto --help` does not wait for torch.
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(room), name)
    raise AttributeError(f"module 'impasto' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
