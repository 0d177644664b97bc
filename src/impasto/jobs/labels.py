"""Names for the results of a batch: short, different, and the same however many other files appear."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from impasto.errors import RecipeError
from impasto.recipe.inputs import input_of
from impasto.recipe.recipe import Recipe

Made = Callable[[Path, str], bool]
"""What tells whether a result under a label was made from a file."""


def labels(paths: Sequence[Path], made: Made = lambda path, label: False) -> dict[Path, str]:
    """Return a label for each of different absolute paths: its stem, unless another has it, or else its whole name, or more.

    A file keeps the label that it has results under, so that a batch goes on when files are added; among the others the
    first in sorted order has the shortest. No label has a plus, which stands between photo and style, and no two differ
    in capitals alone.
    """
    alike: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(paths):
        alike[_plain(path.stem).casefold()].append(path)
    found: dict[Path, str] = {}
    used: set[str] = set()

    def give(path: Path, label: str) -> None:
        found[path] = label
        used.add(label.casefold())

    for group in alike.values():
        for path in group if len(group) > 1 else ():
            kept = next((label for label in _candidates(path) if label.casefold() not in used and made(path, label)), None)
            if kept is not None:
                give(path, kept)
    for path in sorted(path for path in paths if path not in found):
        give(path, next(label for label in _candidates(path) if label.casefold() not in used))
    return {path: found[path] for path in paths}


class Results:
    """The results in a folder and what they were made from, by their recipes; read once, and only if somebody asks."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self._folder, self._suffix = folder, suffix
        self._known: set[tuple[str, str, str]] | None = None
        self._hashes: dict[Path, str] = {}

    def made_as(self, role: str) -> Made:
        """Return what tells whether a file was the content or a style of a result under a label."""

        def made(path: Path, label: str) -> bool:
            if self._known is None:
                self._known = set(self._read())
            return any(known[:2] == (role, label) for known in self._known) and (role, label, self._hash(role, path)) in self._known

        return made

    def _read(self) -> Iterator[tuple[str, str, str]]:
        for path in sorted(self._folder.glob(f"*+*{self._suffix}")):
            photo, _, style = path.name.removesuffix(self._suffix).partition("+")
            try:
                recipe = Recipe.read(path)
            except RecipeError:
                continue  # no result of ours
            for item in recipe.inputs:
                if item.role in ("content", "style"):
                    yield item.role, photo if item.role == "content" else style, item.sha256

    def _hash(self, role: str, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = input_of(role, path).sha256
        return self._hashes[path]


def _candidates(path: Path) -> Iterator[str]:
    """Yield labels for a file, the shortest first; the last is of this path alone."""
    yield _plain(path.stem)
    yield _plain(path.name)
    yield _plain(f"{path.parent.name}-{path.name}")
    digest = hashlib.sha256(str(path).encode()).hexdigest()
    for length in range(8, 65, 8):
        yield _plain(f"{path.stem}-{digest[:length]}{path.suffix}")


def _plain(text: str) -> str:
    return text.replace("+", "-")
