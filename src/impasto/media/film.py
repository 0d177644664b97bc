"""Video output: MP4, MOV, WebM, Matroska, GIF, or numbered pictures in a folder; written atomically."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from PIL import Image

from impasto.errors import OutputError, PictureError, RecipeError, option
from impasto.media.clip import Clip
from impasto.media.folder import Numbered, is_numbered
from impasto.media.formats import ENDINGS
from impasto.media.image import Source, check_place
from impasto.media.libav import need_pyav, opened
from impasto.media.moments import Time, exact
from impasto.media.part import part_folder_of, part_of, unwritten
from impasto.media.paths import is_file, is_folder, is_there, landing, same_place
from impasto.media.recipe import LONGEST, keep_beside, recipe_text, sidecar

if TYPE_CHECKING:
    from impasto.media.container import Container
    from impasto.media.gif import Gif

_LONGEST_MOV = 65_535
"""Maximum length in bytes of a comment in MOV."""


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Round a height and width down to even numbers, as all films but GIF and folders require."""
    return max(2, size[0] - size[0] % 2), max(2, size[1] - size[1] % 2)


def needs_even(path: Path) -> bool:
    """Tell whether a film of this name requires an even height and width."""
    return path.suffix.lower() in ENDINGS[:-1]


def check_film(
    path: Path, size: tuple[int, int], inputs: tuple[Source, ...] = (), *, replace: bool = False
) -> None:
    """Raise OutputError if a film of this height and width cannot be written at `path`; call before any work.

    An existing file is replaced; a folder must be empty, or hold only numbered frames with `replace` set.
    """
    if _is_folder(path):
        _check_folder(path, inputs, replace)
    else:
        check_film_format(path, size)
        check_place(path, inputs)


def check_film_format(path: Path, size: tuple[int, int]) -> None:
    """Raise OutputError if the format of a path's suffix cannot hold a film of this height and width."""
    if _is_folder(path):
        return
    if path.suffix.lower() not in ENDINGS:
        raise OutputError(
            f"cannot write '{path}': a film's name must end in {', '.join(ENDINGS)}, "
            "or have no ending for PNG frames in a folder"
        )
    need_pyav()
    if needs_even(path):
        from impasto.media.container import check_encoder

        if even(size) != size:
            raise OutputError(
                f"'{path}' needs an even width and height, got {size[1]}x{size[0]}; "
                f"take {even(size)[1]}x{even(size)[0]}"
            )
        check_encoder(path, size)


class Film:
    """Write a film frame by frame, with times and durations in seconds; `rate` is the average frame rate.

    The time base is 1/90,000 s or finer in MP4 and MOV, 1/1000 s in WebM and MKV, and 1/100 s in GIF; folders
    store no times. The soundtrack of `sound` is added from `start` up to the end of the last frame, copied if
    the container supports its codec; GIF and folders have no sound. The recipe is stored in the container's
    comment or in a sidecar file. With `replace`, numbered frames in the folder are replaced.
    As a context manager it closes itself, and leaves no files behind on error. Raises OutputError.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: tuple[int, int],
        rate: Time,
        *,
        sound: Clip | None = None,
        start: Time = 0,
        recipe: str = "",
        replace: bool = False,
    ) -> None:
        self._path, self._size, self._recipe = Path(path), size, recipe
        check_film(self._path, size, replace=replace)
        self._stack, self._count, self._closed = ExitStack(), 0, False
        with self._writing():
            self._writer = self._open_writer(exact(rate), sound, exact(start))

    def _open_writer(self, rate: Fraction, sound: Clip | None, start: Fraction) -> Container | Gif | Numbered:
        if _is_folder(self._path):
            before = sorted(self._path.iterdir()) if is_folder(self._path) else []
            return Numbered(self._stack.enter_context(part_folder_of(self._path, before)))
        file = self._stack.enter_context(part_of(self._path))
        if not needs_even(self._path):
            from impasto.media.gif import Gif

            folder = landing(self._path).parent
            return Gif(file, self._stack.enter_context(tempfile.TemporaryFile(dir=folder)), self._size)
        from impasto.media.container import KINDS, Container

        kind = KINDS[self._path.suffix.lower()]
        container = Container(file, kind, self._size, rate, "" if self._beside else self._recipe)
        self._stack.callback(container.close)
        if sound is not None and sound.sound:
            container.sound(sound.path, sound.facts.origin + start)
        return container

    @property
    def _beside(self) -> bool:
        """Whether the recipe does not fit in the film itself."""
        return not needs_even(self._path) or (
            self._path.suffix.lower() == ".mov" and len(self._recipe.encode()) > _LONGEST_MOV
        )

    def add(self, image: Image.Image, time: Time, duration: Time) -> None:
        """Write one more frame, an RGB image of the film's size, later than the one before."""
        if image.size != self._size[::-1] or image.mode != "RGB":
            raise ValueError(
                f"a frame must be RGB of {self._size[1]}x{self._size[0]} px, "
                f"got {image.mode} of {image.width}x{image.height}"
            )
        with self._writing():
            self._writer.add(image, exact(time), exact(duration))
        self._count += 1

    def close(self) -> None:
        """Finish the film and move it into place; raises OutputError if it has no frame."""
        if self._closed:
            return
        with self._writing():
            if not self._count:
                raise OutputError(f"'{self._path}' has no frames; take a longer span")
            self._writer.finish()
            self._stack.close()
        self._closed = True
        keep_beside(self._path, self._recipe if self._beside else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._closed = True
            self._stack.__exit__(kind, error, trace)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Clean up if writing fails, and raise a one-line OutputError."""
        try:
            yield
        except BaseException as error:
            failure = error
            if isinstance(error, Exception) and hasattr(error, "strerror"):
                failure = unwritten(self._path, error)
            self._closed = True
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            if failure is error:
                raise
            raise failure from error


def recipe_text_of(path: Path) -> str | None:
    """Return the recipe of a film from its container's comment or its sidecar file, or None if missing.

    Raises RecipeError if the film cannot be read, or its recipe is longer than LONGEST bytes or not text.
    """
    text: str | None = None
    try:
        if needs_even(path):
            with opened(path) as container:
                text = {key.lower(): value for key, value in container.metadata.items()}.get("comment")
        if (text is None or not text.lstrip().startswith("{")) and is_file(beside := sidecar(path)):
            text = recipe_text(beside)
    except PictureError as error:
        raise RecipeError(error.what, error.way_out) from None
    if text is None or not text.lstrip().startswith("{"):
        return None
    if len(text.encode()) > LONGEST:
        raise RecipeError(
            f"the recipe of '{path}' is longer than {LONGEST} bytes, so impasto did not write it; "
            "take another copy of the file"
        )
    return text


def _is_folder(path: Path) -> bool:
    return is_folder(path) or not path.suffix


def _check_folder(path: Path, inputs: tuple[Source, ...], replace: bool) -> None:
    if not is_folder(path):
        if is_there(path):
            raise OutputError(
                f"'{path}' is a file; name a folder for PNG frames, "
                f"or a film with an ending of {', '.join(ENDINGS)}"
            )
        check_place(path, inputs)
        return
    for source in inputs:
        if isinstance(source, str | os.PathLike) and same_place(path, source):
            raise OutputError(
                f"'{path}' is an input and is never overwritten", f"choose another {option('output')}"
            )
    try:
        occupied = any(not (replace and is_numbered(file)) for file in path.iterdir())
    except OSError as error:
        raise unwritten(path, error) from None
    if occupied:
        raise OutputError(f"folder '{path}' is not empty", f"empty it or choose another {option('output')}")
    parent = landing(path).absolute().parent
    if not os.access(parent, os.W_OK):
        raise OutputError(f"folder '{parent}' cannot be written to", f"choose another {option('output')}")
