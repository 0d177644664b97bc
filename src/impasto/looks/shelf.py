"""The looks that a user has: those of the package, and their own in the data folder."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from functools import cache
from pathlib import Path

import platformdirs
from safetensors import SafetensorError
from safetensors.torch import load_file

from impasto.convolution.tune import cache_folder
from impasto.errors import LookError
from impasto.looks import card
from impasto.looks.card import SUFFIX, VERSION
from impasto.looks.look import Look, read_look, trunk_hash
from impasto.looks.network import Trunk
from impasto.media.part import unwritten
from impasto.media.paths import is_folder, make_folders
from impasto.recipe.finder import input_of

TRUNK = "trunk.safetensors"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)


def folder() -> Path:
    """Return the folder of the user's own looks, which may not exist yet."""
    return platformdirs.user_data_path("impasto", appauthor=False) / "looks"


def learnt_folder() -> Path:
    """Return the folder of looks learnt of a painting for a picture, which may not exist yet."""
    return cache_folder() / "looks"


def learnt_path(painting: str | Path, minutes: float) -> Path:
    """Return where the look is kept that was learnt of a painting in so many minutes; raises PictureError."""
    said = f"{input_of('style', painting).sha256} {minutes:g} {VERSION}"
    stem = re.sub("[^a-z0-9_-]+", "-", Path(painting).stem.lower())[:40] or "painting"
    return learnt_folder() / f"{stem}-{hashlib.sha256(said.encode()).hexdigest()[:12]}{SUFFIX}"


def places() -> list[Path]:
    """Return the folders of files of looks that exist."""
    return [place for place in (card.SHIPPED, folder(), learnt_folder()) if is_folder(place)]


def looks() -> dict[str, Path]:
    """Return the files of all looks by name, those of the package first, each group in alphabetical order."""
    found = [path for place in (card.SHIPPED, folder()) for path in sorted(place.glob(f"*{SUFFIX}"))]
    return {path.stem: path for path in found}


def path_of(name: str) -> Path:
    """Return the file of a look's name, or of a file's name that ends in SUFFIX; raises LookError."""
    if name.endswith(SUFFIX):
        return Path(name)
    known = looks()
    if name not in known:
        raise LookError(f"there is no look '{name}'", f"there are {', '.join(known) or 'none'}")
    return known[name]


def shared_trunk() -> Trunk:
    """Return the trunk of the package, which most looks share; not to be changed. Raises LookError."""
    return _shared()[0]


def shared_hash() -> str:
    """Return the SHA-256 of the trunk of the package."""
    return _shared()[1]


@cache
def _shared() -> tuple[Trunk, str]:
    try:
        trunk = {name: kernel.float() for name, kernel in load_file(card.SHIPPED / TRUNK).items()}
    except (OSError, SafetensorError) as error:
        raise LookError(
            f"this impasto has no network to paint looks with: {error}",
            "make it with scripts/trunk.py, or install a version that has one",
        ) from None
    return trunk, trunk_hash(trunk)


def trunk_of(look: Look) -> Trunk:
    """Return the trunk that a look's values belong to; raises LookError if it is that of another version."""
    if look.trunk is not None:
        return look.trunk
    if look.trunk_sha256 != shared_hash():
        raise LookError(f"look '{look.name}' is for the network of another version", "train it again")
    return shared_trunk()


def add(path: Path, name: str = "") -> Look:
    """Check a file and copy it among the user's looks, under its own name or another; raises LookError."""
    look = read_look(path)
    return keep(look, name or look.name)


def keep(look: Look, name: str, *, replace: bool = False) -> Look:
    """Write a look among the user's under a name; raises LookError, and OutputError."""
    target = check_name(name, replace=replace)
    named = dataclasses.replace(look, name=name)
    try:
        make_folders(target.parent)
    except OSError as error:
        raise unwritten(target, error) from error
    named.write(target)
    return named


def check_name(name: str, *, replace: bool = False) -> Path:
    """Return where a look of a name would be kept; raises LookError if it is taken, or no name."""
    if not _NAME.fullmatch(name):
        raise LookError(
            f"'{name}' is no name for a look",
            "take up to 64 of a to z, 0 to 9, _ and -, a letter or digit first",
        )
    taken = looks().get(name)
    if taken is not None and (taken.parent == card.SHIPPED or not replace):
        raise LookError(f"there is a look '{name}' already", "choose another name")
    return folder() / f"{name}{SUFFIX}"


def remove(name: str) -> None:
    """Delete one of the user's looks; raises LookError."""
    path = looks().get(name)
    if path is None:
        raise LookError(f"there is no look '{name}'")
    if path.parent == card.SHIPPED:
        raise LookError(f"look '{name}' is part of impasto and cannot be removed")
    try:
        path.unlink()
    except OSError as error:
        raise LookError(f"cannot remove look '{name}': {error.strerror or error}") from None
