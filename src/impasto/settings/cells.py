"""Settings of the cells of a sheet: smaller and with fewer steps than a full run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic.dataclasses import dataclass

from impasto.settings import Settings
from impasto.settings.option import Option
from impasto.settings.picture import QUALITIES, QUALITY_STEPS


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Settings of the cells that replace those of the same name; raises SettingsError if out of range."""

    GROUP: ClassVar = "Cells"

    size: Annotated[
        int, Option(help="Long side of each cell.", unit="px", low=16, high=2048, common=True)
    ] = 256
    quality: Annotated[
        str,
        Option(
            help=f"Total number of steps per cell: {QUALITY_STEPS}.",
            choices=tuple(QUALITIES),
            common=True,
        ),
    ] = "draft"
    steps: Annotated[
        int, Option(help="Total number of steps per cell; 0 for that of the cell's quality.", low=0)
    ] = 0

    def of(self, settings: Settings, changes: Mapping[str, Any]) -> Settings:
        """Return the settings of a cell with the given changes."""
        small = settings.with_changes(size=self.size, quality=self.quality, steps=self.steps)
        return small.with_changes(**changes)
