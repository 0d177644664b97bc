"""The pictures that come with the package, and what is known of its paintings."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from impasto.media.paths import is_folder

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Painting:
    """A painting of the package: its file, and what a label beside it would say."""

    file: Path
    width: int
    height: int
    title: str
    painter: str
    year: int
    licence: str

    @property
    def name(self) -> str:
        """The name by which it is known, such as night_cafe."""
        return self.file.stem


def bundled_pictures() -> Path:
    """Return the folder of the bundled pictures, in the installed package or in the repository."""
    installed = _PACKAGE / "pictures"
    return installed if is_folder(installed) else _PACKAGE.parents[1] / "examples"


@cache
def paintings() -> tuple[Painting, ...]:
    """Return the bundled paintings, in the order in which they are shown."""
    folder = bundled_pictures()
    table = tomllib.loads((folder / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(Painting(**{**one, "file": folder / "paintings" / one["file"]}) for one in table["painting"])
