"""A recipe: settings, inputs by their hashes, and what made the result; as text it names nothing to write and nothing to run."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from impasto.errors import RecipeError
from impasto.media.film import ENDINGS, recipe_text_of
from impasto.media.part import write_whole
from impasto.media.paths import is_folder
from impasto.media.recipe import recipe_text
from impasto.recipe.change import Change
from impasto.settings import Settings
from impasto.settings.option import Setting, described
from impasto.version import __version__

FORMAT = 1
"""The number of the form of the text; a newer one is refused, and an older one, once there is one, still read."""

REFERENCE = "input:"
"""How settings in a recipe name a file: `input:2` is the recipe's third input."""


Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class Input:
    """What went in: its role, its SHA-256 and length in bytes, and unless left out its name and the path where it was.

    The role is content, style or the setting that names the file. With `pixels` it was an array or a Pillow image, and the
    hash is that of its pixels. `weight` is a style's, as given.
    """

    role: str
    sha256: str
    bytes: int = 0
    weight: float = 1.0
    pixels: bool = False
    name: str = ""
    path: str = ""

    def __str__(self) -> str:
        name = (
            f"{self.role.replace('_', ' ')} '{printable(self.name)}'"
            if self.name
            else f"a {self.role.replace('_', ' ')} without a name"
        )
        return f"{name} (SHA-256 {self.sha256[:8]}…)"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a result was made: the settings as resolved on the machine, files in them named as inputs, and the inputs.

    `weights` is the SHA-256 of the encoder's; `content_weight` the one that the strength came to; `strip` says that the
    photo's EXIF was left out, and `finished` that the run went to its end. `changes` were made while it was painted, in
    order; `torch` is the version that computed it, empty in old recipes.
    """

    settings: Settings
    inputs: tuple[Input, ...]
    weights: str
    content_weight: float = 0.0
    device: str = "cpu"
    strip: bool = False
    finished: bool = True
    version: str = __version__
    torch: str = ""
    changes: tuple[Change, ...] = ()
    command: str = "stylize"

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """Read the recipe of a result, or one in a file of its own; raises RecipeError."""
        from impasto.recipe.text import parse

        return read_by(parse, Path(path))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the recipe into a file of its own, whole or not at all; raises OutputError."""
        write_whole(Path(path), lambda file: file.write(self.to_text().encode()))
        return Path(path)

    def to_text(self) -> str:
        """Return the recipe as one line of JSON, sorted, in ASCII."""
        return one_line(self.as_table())

    def as_table(self) -> dict[str, Any]:
        """Return the recipe as tables, lists, texts and numbers; an input has no entry for what is not said of it."""
        table = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        table |= shared_tables(self.settings, self.inputs)
        table["changes"] = [change.as_table() for change in self.changes]
        if not self.changes:
            del table["changes"]
        return {"format": FORMAT} | table

    @property
    def private(self) -> bool:
        """Whether no input has a name."""
        return not any(item.name or item.path for item in self.inputs)

    def without_names(self) -> Recipe:
        """Return the recipe without the names and paths of its inputs."""
        return dataclasses.replace(self, inputs=nameless(self.inputs))

    @property
    def style_weights(self) -> tuple[float, ...]:
        """The styles' weights as given at the start."""
        return tuple(item.weight for item in self.inputs if item.role == "style")

    def input_named(self, text: str) -> Input:
        """Return the input that a text in the settings, such as `input:2`, refers to."""
        return self.inputs[int(text.removeprefix(REFERENCE))]


def read_by(parse: Callable[[str], Kind], path: Path) -> Kind:
    """Return what `parse` makes of the recipe of a file; raises RecipeError with the file's name."""
    text = recipe_text_of(path) if path.suffix.lower() in ENDINGS or is_folder(path) else recipe_text(path)
    if text is None:
        raise RecipeError(
            f"'{path}' carries no recipe: it was saved without, or by another program; name a file that --recipe wrote, or paint anew"
        )
    try:
        return parse(text)
    except RecipeError as error:
        raise RecipeError(f"cannot use the recipe of '{path}': {error.what}", error.way_out) from None


def one_line(table: dict[str, Any]) -> str:
    """Return a table as one line of JSON, sorted, in ASCII."""
    return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)


def shared_tables(settings: Settings, inputs: Sequence[Input]) -> dict[str, Any]:
    """Return settings and inputs as tables, as every recipe has them."""
    return {"settings": settings.as_table(), "inputs": [_said(item) for item in inputs]}


def nameless(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Return inputs without their names and paths."""
    return tuple(dataclasses.replace(item, name="", path="") for item in inputs)


def with_references(settings: Settings, inputs: Iterable[Input]) -> Settings:
    """Return settings in which files are named as inputs: those of `inputs` that are no pictures to paint, in the order of `files_of`."""
    numbers = itertools.compress(
        itertools.count(), (item.role not in ("content", "style") for item in inputs)
    )
    return with_files(settings, lambda _field, _text: f"{REFERENCE}{next(numbers)}")


def files_of(settings: Settings) -> list[tuple[str, str]]:
    """Return each file that settings name, after the name of the field."""
    found: list[tuple[str, str]] = []

    def note(field: str, text: str) -> str:
        found.append((field, text))
        return text

    with_files(settings, note)
    return found


def with_files(settings: Settings, change: Callable[[str, str], str]) -> Settings:
    """Return settings with each text that names a file as `change(field, text)` gives it."""
    values = {
        name: (getattr(settings, name), with_files_in(field, getattr(settings, name), change))
        for name, field in described(Settings).items()
    }
    return dataclasses.replace(settings, **{name: new for name, (old, new) in values.items() if new != old})


def with_files_in(field: Setting, value: Any, change: Callable[[str, str], str]) -> Any:
    """Return the value of a field with each text that names a file as `change(field, text)` gives it."""
    words = field.words
    if words is None:
        return value
    if isinstance(value, tuple):
        return tuple(text if text in words else change(field.name, text) for text in value)
    return value if value in words else change(field.name, value)


def printable(text: str, most: int = 80) -> str:
    """Return a stranger's text for a terminal: what is no plain character escaped, and no more than `most` characters."""
    shown = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text[:most])
    return shown + ("…" if len(text) > most else "")


def _said(item: Input) -> dict[str, Any]:
    fields = [field for field in dataclasses.fields(item) if field.name != "weight" or item.role == "style"]
    return {
        field.name: getattr(item, field.name)
        for field in fields
        if getattr(item, field.name) != field.default or field.name == "weight"
    }
