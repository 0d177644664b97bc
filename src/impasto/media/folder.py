"""A folder of numbered pictures as a film: in natural order, each shown for the same time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from PIL import Image

from impasto.errors import OutputError, PictureError
from impasto.media.formats import PICTURES
from impasto.media.image import header, load_as_it_is, save
from impasto.media.large import size_of
from impasto.media.moments import Shown
from impasto.media.paths import is_file
from impasto.media.yuv import PAPER

RATE = Fraction(25)
"""Default frames per second of a folder."""

DIGITS = 6
"""Digits of a written frame's number, so that names sort as numbers up to a million frames."""

_FRAMES = PICTURES - {".gif", ".psd"}  # a GIF next to frames is a film made of them


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder in natural order; raises PictureError if there are none."""
    try:
        files = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in _FRAMES and not path.name.startswith(".") and is_file(path)
        ]
    except OSError as error:
        raise PictureError(f"cannot read folder '{folder}': {error.strerror}; check the path") from None
    if not files:
        raise PictureError(
            f"folder '{folder}' contains no pictures; name one with frames such as 000001.png, or a film"
        )
    return sorted(files, key=_natural)


def common_size(files: list[Path]) -> tuple[int, int]:
    """Return the common height and width of all pictures, from their headers.

    Unreadable pictures are skipped here, and replaced on reading. Raises PictureError if sizes differ
    or no picture can be read.
    """
    sizes = ((path, size) for path in files if (size := _size_of(path)) is not None)
    first, found = next(sizes, (files[0], None))
    if found is None:
        found = load_as_it_is(first).size  # raises with the reason
    for path, size in sizes:
        if size != found:
            sides = f"{size[1]}x{size[0]} px, and '{first.name}' {found[1]}x{found[0]}"
            raise PictureError(
                f"'{path}' has {sides}; all frames must have one size, so resize or remove some"
            )
    return found


def shown_of(files: list[Path], rate: Fraction) -> Iterator[Shown[int]]:
    """Yield the indices of the pictures with their times."""
    for i in range(len(files)):
        yield Shown(i, i / rate, 1 / rate)


def picture_at(
    files: list[Path], place: int, size: tuple[int, int], before: Image.Image | None = None
) -> tuple[Image.Image, bool]:
    """Return a picture as RGB, transparency on white, and whether it is damaged and was replaced.

    A damaged one is replaced by `before` if given, else by the nearest earlier readable one, else the nearest
    later one. Raises PictureError if its size differs, or if no picture can be read.
    """
    try:
        return _opaque(files[place], size), False
    except _Damaged as error:
        if before is not None:
            return before, True
        for i in (*range(place - 1, -1, -1), *range(place + 1, len(files))):
            with suppress(_Damaged):
                return _opaque(files[i], size), True
        raise PictureError(error.what, error.way_out) from None


class Numbered:
    """Write frames as `000001.png` and so on into a folder; times are not stored."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def add(self, image: Image.Image, time: Fraction, duration: Fraction) -> None:
        """Write one more frame; raises OSError."""
        self._count += 1
        try:
            save(image, self._folder / f"{self._count:0{DIGITS}d}.png")
        except OutputError as error:  # it names a temporary file
            raise error.__cause__ or error from None

    def finish(self) -> None:
        """Do nothing: each frame is already written."""


def is_numbered(path: Path) -> bool:
    """Tell whether a file is a frame written by `Numbered`."""
    return re.fullmatch(rf"[0-9]{{{DIGITS},}}\.png", path.name) is not None and is_file(path)


class _Damaged(PictureError):
    """A picture that cannot be read, as opposed to one of a different size."""


def _opaque(path: Path, size: tuple[int, int]) -> Image.Image:
    try:
        picture = load_as_it_is(path)
    except PictureError as error:
        raise _Damaged(error.what, error.way_out) from None
    if picture.size != size:
        sides = f"{picture.size[1]}x{picture.size[0]} px, and the others {size[1]}x{size[0]}"
        raise PictureError(f"'{path}' has {sides}; all frames must have one size, so resize or remove it")
    if picture.alpha is None:
        return picture.image
    ground = Image.new("RGB", picture.image.size, PAPER)
    ground.paste(picture.image, mask=picture.alpha)
    return ground


def _natural(path: Path) -> tuple[list[tuple[int, str]], str]:
    pieces = re.split(r"(\d+)", path.name.lower())
    return [(int(piece), "") if i % 2 else (0, piece) for i, piece in enumerate(pieces)], path.name


def _size_of(path: Path) -> tuple[int, int] | None:
    try:
        with header(path) as image:
            return size_of(image, path)
    except (OSError, SyntaxError, ValueError, PictureError):
        return None
