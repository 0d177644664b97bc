"""How the cells of a sheet are painted: smaller and in fewer steps than a full run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic.dataclasses import dataclass

from impasto.settings import Settings
from impasto.settings.option import Option
from impasto.settings.picture import QUALITIES, QUALITY_STEPS


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Settings of the cells, in place of those of the same names; raises SettingsError for a value out of range."""

    GROUP: ClassVar = "Cells"

    size: Annotated[
        int, Option(help="Long side of each cell's picture.", unit="px", low=16, high=2048, common=True)
    ] = 256
    quality: Annotated[
        str,
        Option(
            help=f"Number of steps of a cell: {QUALITY_STEPS} in total.",
            choices=tuple(QUALITIES),
            common=True,
        ),
    ] = "draft"
    steps: Annotated[int, Option(help="Total steps of a cell; 0 for those of the quality.", low=0)] = 0

    def of(self, settings: Settings, changes: Mapping[str, Any]) -> Settings:
        """Return the settings of a cell that differs by some changes."""
        return settings.with_changes(size=self.size, quality=self.quality, steps=self.steps).with_changes(
            **changes
        )
