"""Names for the results of a batch: short, distinct, and stable when other files are added or removed."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from unicodedata import normalize

from impasto.errors import JobError, PictureError, RecipeError
from impasto.jobs.record import Record
from impasto.media.formats import ENDINGS, FORMATS
from impasto.recipe.input import Input
from impasto.recipe.recipe import Recipe

JOBS = ".jobs"
"""The folder beside the results with a job for each unfinished one."""

LONGEST_FOLDER = 40
"""Longest name of a folder that a label may begin with."""

Claim = Callable[[Path, str], int]
"""Returns how certainly a result under a label was made from a file; 0 if there is none."""


def labels(paths: Sequence[Path], claim: Claim = lambda path, label: 0) -> dict[Path, str]:
    """Return a label for each of several absolute paths: the stem, or if another has that, a longer name.

    A file keeps the label that it has results under, so that files may come and go; among the others the
    first in sorted order has the shortest. No label has a plus, which stands between photo and style, and no
    two differ in capitals alone.
    """
    ordered = sorted(paths)
    candidates = {path: list(_candidates(path)) for path in ordered}
    uses = Counter(chain.from_iterable({_key(label) for label in found} for found in candidates.values()))
    given: dict[Path, str] = {}
    taken: set[str] = set()

    def give(path: Path, label: str) -> None:
        given[path] = label
        taken.add(_key(label))

    claims = []
    for path, found in candidates.items():
        # Most files share their stem with no other, so nothing is read for them.
        if any(uses[_key(label)] > 1 for label in found) or any(claim(path, label) for label in found[1:]):
            claims += [(claim(path, label), path, label) for label in found]
    for sure, path, label in sorted(claims, key=lambda one: -one[0]):
        if sure and path not in given and _key(label) not in taken:
            give(path, label)
    folders: dict[str, set[Path]] = defaultdict(set)
    for path in given:
        folders[_key(path.name)].add(path.parent)
    for path in ordered:
        if path not in given:
            # Equal names in different folders are distinguished by the folder, not by their common ending.
            useless = _plain(path.name) if folders[_key(path.name)] - {path.parent} else None
            give(
                path,
                next(label for label in candidates[path] if _key(label) not in taken and label != useless),
            )
        folders[_key(path.name)].add(path.parent)
    return {path: given[path] for path in paths}


class Results:
    """The results in a folder, finished or not, with the inputs in their recipes, read once on demand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._listed: dict[tuple[str, str], list[Path]] | None = None
        self._inputs: dict[Path, tuple[Input, ...]] = {}
        self._hashes: dict[Path, str] = {}

    def claims_as(self, role: str) -> Claim:
        """Return a function that says how certainly a file is the content or a style of results with a label.

        It returns 2 if the hash is the same, 1 if the path is, 3 if both are, and 0 otherwise.
        """

        def claim(path: Path, label: str) -> int:
            if self._listed is None:
                self._listed = self._list()
            found = self._listed.get((role, normalize("NFC", label)), ())
            return max(
                (
                    self._agrees(item, path)
                    for result in found
                    for item in self._made_from(result)
                    if item.role == role
                ),
                default=0,
            )

        return claim

    def _list(self) -> dict[tuple[str, str], list[Path]]:
        listed: dict[tuple[str, str], list[Path]] = defaultdict(list)
        for folder in (self._folder, self._folder / JOBS):
            try:
                names = sorted(os.listdir(folder))  # noqa: PTH208
            except OSError:
                continue
            for name in names:
                photo, plus, style = Path(normalize("NFC", name)).stem.partition("+")
                if plus and Path(name).suffix.lower() in (*FORMATS, *ENDINGS):
                    listed["content", photo].append(folder / name)
                    listed["style", style].append(folder / name)
        return listed

    def _made_from(self, result: Path) -> tuple[Input, ...]:
        if result not in self._inputs:
            try:
                recipe = Record.read(result).recipe if result.parent.name == JOBS else Recipe.read(result)
                self._inputs[result] = recipe.inputs
            except (RecipeError, JobError):
                self._inputs[result] = ()  # no result of ours
        return self._inputs[result]

    def _agrees(self, item: Input, path: Path) -> int:
        if path not in self._hashes:
            try:
                from impasto.recipe.finder import input_of  # which needs Pillow, and few batches need it

                self._hashes[path] = input_of(item.role, path).sha256
            except PictureError:
                self._hashes[path] = ""
        return 2 * (item.sha256 == self._hashes[path]) + (item.path == os.path.realpath(path))


def _candidates(path: Path) -> Iterator[str]:
    """Yield labels for a file, the shortest first; the last ones have a hash of its path."""
    yield _plain(path.stem)
    yield _plain(path.name)
    if 0 < len(path.parent.name) <= LONGEST_FOLDER:
        yield _plain(f"{path.parent.name}-{path.name}")
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()
    for length in range(8, 65, 8):
        yield _plain(f"{path.stem}-{digest[:length]}{path.suffix}")


def _plain(text: str) -> str:
    return text.replace("+", "-")


def _key(label: str) -> str:
    """Return a label without differences of case or Unicode form, which some file systems ignore."""
    return normalize("NFC", normalize("NFC", label).casefold())
