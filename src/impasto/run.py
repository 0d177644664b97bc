"""What is given beside the settings: Run (where a result goes and how it reports), and Cells (how those of a sheet are painted)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from impasto.fields import check, option
from impasto.settings import QUALITIES, QUALITY_STEPS, STILL, Settings


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cells:
    """How the cells of a sheet are painted, in place of the settings of the same names; raises SettingsError for a value out of range."""

    size: int = option(256, "Long side of each cell's picture, in pixels.", group="Cells", unit="px", low=16, high=2048)
    quality: str = option("draft", f"How many steps a cell takes: {QUALITY_STEPS} in total.", group="Cells", choices=tuple(QUALITIES))
    steps: int = option(0, "Steps of a cell in total; 0 for as many as the quality says.", group="Cells", low=0)

    def __post_init__(self) -> None:
        check(self)

    def of(self, settings: Settings, changes: Mapping[str, Any]) -> Settings:
        """Return the settings of a cell that differs by some changes."""
        return settings.with_changes(size=self.size, quality=self.quality, steps=self.steps).with_changes(**changes)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Where a result goes and how its making is reported; nothing here changes the picture but the device's rounding."""

    output: str = option(
        "", "Where to write the result; .png, .jpg, .webp or .tiff. Without it a new name is made from the inputs.", group="Run", metavar="FILE"
    )
    device: str = option("auto", "Where to compute; auto takes a GPU where there is one.", group="Run", choices=("auto", "cpu", "cuda", "mps"))
    memory: str = option("", "Memory that the process may take, such as 8G; without it what is free now, less a tenth.", group="Run", metavar="AMOUNT")
    strip: bool = option(False, "Leave the photo's metadata, such as its place and camera, out of the result; the recipe stays.", group="Run", commands=STILL)
    private: bool = option(False, "Leave the names and paths of the inputs out of the recipe; their hashes stay.", group="Run")
    no_recipe: bool = option(False, "Leave the recipe out of the result.", group="Run")
    recipe: str = option("", "Where to write the recipe as well, as a file of its own.", group="Run", metavar="FILE")
    job: str = option("", "Folder that keeps the run as it goes on, so that after any stop it goes on from there.", group="Run", metavar="DIR")
    no_job: bool = option(False, "Make no folder by itself for a run of more than a minute, which beside the result keeps it until it is painted.", group="Run")
    preview: str = option("", "Picture file to rewrite as the work goes on.", group="Run", metavar="FILE")
    preview_every: int = option(25, "Steps between two previews.", group="Run", low=1, commands=STILL)
    quiet: bool = option(False, "Say nothing but errors.", group="Run")
    json: bool = option(False, "Print one JSON object per event on stdout, and nothing else.", group="Run")

    def __post_init__(self) -> None:
        check(self)
