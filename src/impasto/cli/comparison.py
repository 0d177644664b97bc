"""Compared results: how each was judged, and in which settings they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from impasto.cli.progress import duration
from impasto.jobs.curve import Point
from impasto.media.image import Source
from impasto.recipe.input import REFERENCE, printable
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.option import as_text, described
from impasto.stills.flaws import Flaws
from impasto.stills.judge import Judgement

UNKNOWN = "–"

HEADS = ("size", "content", "style", "ΔE painting", "ΔE photo", "time", "memory")
"""Headings of the table's columns after the picture."""


@dataclass(frozen=True)
class Entry:
    """A compared result: letter, file, inputs, judgement, flaws, recipe if it has one, and loss curve."""

    letter: str
    path: Path
    size: tuple[int, int]
    content: Source
    styles: list[tuple[Source, float]]
    judgement: Judgement
    flaws: Flaws
    recipe: Recipe | None
    points: list[Point]

    @property
    def name(self) -> str:
        """The path as it was given, with unprintable characters escaped."""
        return printable(str(self.path), 300)

    def cells(self) -> list[str]:
        """Return its row of the table."""
        found, last = self.judgement, self.points[-1] if self.points else None
        time = duration(last.seconds) if last else UNKNOWN
        memory = f"{last.memory / 1e9:.2f} GB" if last and last.memory else UNKNOWN
        errors = [
            f"{found.content:.3f}",
            f"{found.style:.4f}",
            f"{found.from_style:.1f}",
            f"{found.from_content:.1f}",
        ]
        return [f"{self.size[1]}x{self.size[0]}", *errors, time, memory]

    def layers(self) -> list[str]:
        """Return the style errors of the layers."""
        return [f"{error:.4f}" for error in self.judgement.layers.values()]


def differences(entries: Sequence[Entry]) -> tuple[list[str], list[list[str]]]:
    """Return the settings in which recipes differ, and their values for each result.

    Settings of the machine are left out.
    """
    values = [_values(entry.recipe) for entry in entries]
    known = [found for found in values if found]
    names = [name for name in (known[0] if known else {}) if len({found[name] for found in known}) > 1]
    return names, [[found.get(name, UNKNOWN) for name in names] for found in values]


def _values(recipe: Recipe | None) -> dict[str, str]:
    if recipe is None:
        return {}
    names = {
        f"{REFERENCE}{number}": item.name or f"SHA-256 {item.sha256[:8]}"
        for number, item in enumerate(recipe.inputs)
    }
    styles = [
        f"{item.name or item.sha256[:8]}" + (f":{item.weight:g}" if item.weight != 1 else "")
        for item in recipe.inputs
        if item.role == "style"
    ]
    found = {"styles": " + ".join(styles)}
    for name, setting in described(Settings).items():
        if setting.group != "Machine":
            value = getattr(recipe.settings, name)
            value = (
                tuple(names.get(text, text) for text in value)
                if isinstance(value, tuple)
                else names.get(value, value)
            )
            found[name.replace("_", " ")] = UNKNOWN if value in (None, "", ()) else as_text(value)
    return {
        label: printable(text)
        for label, text in (found | {"version": recipe.version, "device": recipe.device}).items()
    }
