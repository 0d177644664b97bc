"""Inputs by their hashes: computed when a picture is painted, and searched for when it is painted again."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from impasto.errors import PictureError, RecipeError, option
from impasto.media.image import Picture, Source, check_file, load_as_it_is
from impasto.media.paths import is_file, is_folder, is_there, unreadable
from impasto.recipe.input import Input, printable

MOST_FILES = 100_000
"""Maximum number of files considered in a folder; only those of the right length are hashed."""

LARGEST, ENDLESS = 4 << 30, 1 << 40
"""Maximum bytes of a file that is hashed to report a change, and of one with the length of the input.

A path in a recipe may lead to a file of any length.
"""


def input_of(role: str, source: Source, weight: float = 1.0) -> Input:
    """Return an input with the hash of its file, or of its pixels if it is none; raises PictureError."""
    if isinstance(source, np.ndarray | Image.Image):
        picture = load_as_it_is(source)
        return Input(role=role, sha256=_pixels_sha256(picture), weight=weight, pixels=True, name=picture.name)
    path = Path(source)
    check_file(path)
    try:
        size, sha256 = _length(path), _file_sha256(path)
    except OSError as error:
        raise PictureError(
            f"cannot read '{path}': {error.strerror or error}; try another copy of the file"
        ) from None
    return Input(
        role=role, sha256=sha256, bytes=size, weight=weight, name=path.name, path=os.path.realpath(path)
    )


def as_recorded(found: Sequence[Input], recorded: Sequence[Input]) -> tuple[Input, ...]:
    """Return inputs with the names and paths of those in a recipe with the same role, hash and weight."""
    left, result = list(recorded), []
    for item in found:
        match = next(
            (
                other
                for other in left
                if (other.role, other.sha256, other.weight) == (item.role, item.sha256, item.weight)
            ),
            item,
        )
        if match in left:
            left.remove(match)
        result.append(match)
    return tuple(result)


@dataclass
class Finder:
    """Search for the inputs of a recipe by their hashes, whatever their names.

    Looks at their recorded paths, in the folder `beside` the recipe, and in the `given` sources: folders with
    all that they contain, files, arrays and Pillow images. Only regular files are opened, and only to compute
    `hashes`. Raises RecipeError if a given folder or file does not exist.
    """

    beside: Path | None = None
    given: Sequence[Source] = ()
    hashes: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for source in self._paths():
            if why := unreadable(source):
                raise RecipeError(why)
            if not is_there(source):
                raise RecipeError(
                    f"no folder or file '{source}' to search for inputs", f"check {option('inputs')}"
                )

    def find(self, wanted: Input) -> Source:
        """Return the source with the hash of an input; raises RecipeError if it is missing or has changed."""
        if wanted.pixels:
            return self._array(wanted)
        likely = [path for path in self._likely(wanted) if _length(path)]
        for path in (*likely, *self._all()):
            if self._is(path, wanted):
                return path
        if likely:
            found = self._hash(likely[0]) if _length(likely[0]) <= LARGEST else ""
            now = f"has changed: its SHA-256 is {found[:8]}…" if found else "has changed or cannot be read"
            way_out = f"give the folder of the old file as {option('inputs')}, or paint again"
            raise RecipeError(f"{wanted} is needed, but '{printable(str(likely[0]), 300)}' {now}", way_out)
        places = [
            *([f"at '{printable(wanted.path, 300)}'"] if wanted.path else []),
            *(f"in '{place}'" for place in (self.beside, *self._paths()) if place),
        ]
        where = f"is not {' nor '.join(places)}" if places else "cannot be found"
        raise RecipeError(f"{wanted} {where}", f"give its folder as {option('inputs')}")

    def _array(self, wanted: Input) -> Source:
        arrays = (source for source in self.given if isinstance(source, np.ndarray | Image.Image))
        found = next(
            (source for source in arrays if _pixels_sha256(load_as_it_is(source)) == wanted.sha256), None
        )
        if found is None:
            raise RecipeError(
                f"{wanted} came in as an array in Python, not as a file",
                "pass it again: impasto.again(…, inputs=[array])",
            )
        return found

    def _paths(self) -> list[Path]:
        return [Path(source) for source in self.given if not isinstance(source, np.ndarray | Image.Image)]

    def _likely(self, wanted: Input) -> Iterator[Path]:
        """Yield the paths where an input is expected: its recorded path, and its name in each folder."""
        path = Path(wanted.path)
        # A path in a recipe must not open a connection to another machine.
        if path.is_absolute() and not wanted.path.startswith(("//", "\\\\")):
            yield path
        if wanted.name and Path(wanted.name).name == wanted.name:
            for place in (self.beside, *self._paths()):
                if place is not None and is_folder(place):
                    yield place / wanted.name

    def _all(self) -> Iterator[Path]:
        """Yield all files and folders beside the recipe, and all given ones with their contents."""
        if self.beside is not None:
            with suppress(OSError):  # a folder that cannot be listed
                yield from sorted(self.beside.iterdir())[:MOST_FILES]
        for place in self._paths():
            yield place
            inside = (
                Path(folder, name)
                for folder, folders, files in os.walk(place)
                for name in (*sorted(files), *sorted(folders))
            )
            yield from (path for path, _ in zip(inside, range(MOST_FILES), strict=False))

    def _is(self, path: Path, wanted: Input) -> bool:
        return 0 < wanted.bytes == _length(path) and self._hash(path) == wanted.sha256

    def _hash(self, path: Path) -> str:
        if path not in self.hashes:
            try:
                self.hashes[path] = _file_sha256(path) if 0 < _length(path) <= ENDLESS else ""
            except OSError:
                self.hashes[path] = ""
        return self.hashes[path]


def _length(path: Path) -> int:
    """Return the bytes of a regular file or of those in a folder; 0 if missing, or for pipes and devices."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            return sum(one.stat().st_size for one in _files_in(path))
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _files_in(folder: Path) -> list[Path]:
    """Return the regular files in a folder, such as the frames of a clip, without hidden ones."""
    return sorted(
        path
        for path in islice(folder.iterdir(), MOST_FILES)
        if not path.name.startswith(".") and is_file(path)
    )


def _file_sha256(path: Path) -> str:
    if is_folder(path):
        return hashlib.sha256(
            "".join(f"{one.name} {_file_sha256(one)} " for one in _files_in(path)).encode()
        ).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pixels_sha256(picture: Picture) -> str:
    digest = hashlib.sha256(repr((picture.size, picture.levels is None, picture.alpha is None)).encode())
    if picture.levels is not None:
        digest.update(picture.levels.tobytes())
    else:
        digest.update(picture.image.tobytes())
        digest.update(picture.alpha.tobytes() if picture.alpha is not None else b"")
    return digest.hexdigest()
