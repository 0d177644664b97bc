"""Pictures of more pixels than are opened whole: shrunk by a whole number while they are read, so that memory stays within a limit."""

from __future__ import annotations

import math
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from PIL.ExifTags import Base

from impasto.errors import PictureError
from impasto.media.metadata import is_sideways, orientation_of

LARGEST = 2_000_000_000
"""Pixels above which a file is refused: a damaged one, or a bomb."""

HELD = 2_000_000_000
"""Bytes that a file may take while it is read, where its format cannot be read row by row."""

_LIFTED = threading.Lock()
_STREAMED = ("JPEG", "MPO", "PNG", "TIFF")
_DECODED = 10
"""Bytes a pixel that Pillow and a decoder such as HEIC's take together for a picture that is read whole."""

_PIECES = ((273, 279), (324, 325))
"""Tags of TIFF that say where strips and tiles begin, and how many bytes each has."""

_MODES = {("b-w", 1): "L", ("b-w", 2): "LA", ("srgb", 3): "RGB", ("srgb", 4): "RGBA", ("cmyk", 4): "CMYK"}


def opened(path: Path) -> Image.Image:
    """Return Pillow's image of a file, of which only the header has been read, however many pixels it promises; raises what Pillow does."""
    with _LIFTED, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def factor_of(width: int, height: int, path: Path) -> int:
    """Return by how much a picture of so many pixels is shrunk as it is read, 1 where it is opened whole; raises PictureError.

    What Pillow would refuse as a bomb, twice its MAX_IMAGE_PIXELS, comes down to at most MAX_IMAGE_PIXELS.
    """
    most, pixels = Image.MAX_IMAGE_PIXELS, width * height
    if not most or pixels <= 2 * most:
        return 1
    if pixels > LARGEST:
        raise PictureError(
            f"'{path}' holds {pixels / 1e6:.0f} million pixels, and at most {LARGEST / 1e6:.0f} million can be opened; scale it down first"
        )
    return math.ceil(math.sqrt(pixels / most))


def size_of(image: Image.Image, path: Path) -> tuple[int, int]:
    """Return the upright height and width at which a file is opened, by its header; raises PictureError."""
    factor = factor_of(*image.size, path)
    width, height = (-(-side // factor) for side in image.size)
    return (width, height) if is_sideways(image) else (height, width)


def shrunk(path: Path, factor: int) -> Image.Image:
    """Return a picture of 8 bits a channel shrunk by the mean of `factor`² pixels; raises PictureError, and OSError where it is damaged.

    Its colours are weighted by their opacity. Its profile and its orientation go with it; of its EXIF nothing else does.
    """
    with opened(path) as header:
        turn, profile = Image.Exif(), header.info.get("icc_profile")
        turn[Base.Orientation] = orientation_of(header)
        if header.format in _STREAMED:
            result = _streamed(path, factor)
        else:
            _check_held(
                path, header.width * header.height * _DECODED, "cannot be read row by row", "PNG or TIFF"
            )
            whole = (
                header.convert("RGBA" if "transparency" in header.info else "RGB")
                if header.mode == "P"
                else header
            )
            result = whole.reduce(factor)
    result.info = {"exif": turn.tobytes(), **({"icc_profile": profile} if profile else {})}
    return result


def shrunk_by_vips(path: Path, factor: int) -> Any:
    """Return a JPEG, PNG or TIFF as libvips has it, shrunk and in memory; raises PictureError and pyvips.Error."""
    image = vips_image(path, access="sequential")
    _check_interlaced(image, path)
    _check_whole(path)
    clear, form = image.hasalpha(), image.format
    # In floats: in whole numbers libvips rounds after each of the two directions.
    image = image.premultiply() if clear else image.cast("float") if form in ("uchar", "ushort") else image
    image = image.shrink(min(factor, image.width), min(factor, image.height), ceil=True)
    image = image.unpremultiply() if clear else image
    return (image if form in ("float", "double") else image.rint()).cast(form).copy_memory()


def vips_image(path: Path, **options: Any) -> Any:
    """Open a JPEG, PNG or TIFF by libvips; raises pyvips.Error."""
    import pyvips

    with path.open("rb") as file:
        head = file.read(8)
    loader = (
        pyvips.Image.pngload
        if head == b"\x89PNG\r\n\x1a\n"
        else pyvips.Image.jpegload
        if head.startswith(b"\xff\xd8")
        else pyvips.Image.tiffload
    )
    # Without revalidate, libvips gives a file that was replaced as it was before.
    return loader(str(path), fail_on="truncated", revalidate=True, **options)


def reason_of(error: Any) -> str:
    """Return the one line that says why libvips gave up."""
    lines = [line.strip() for line in f"{error.detail or ''}\n{error.message}".splitlines() if line.strip()]
    return lines[0] if lines else "no reason given"


def _streamed(path: Path, factor: int) -> Image.Image:
    import pyvips

    try:
        return _as_pillow(shrunk_by_vips(path, factor))
    except pyvips.Error as error:
        raise OSError(reason_of(error)) from error


def _check_whole(path: Path) -> None:
    """Raise OSError where a TIFF's pixels reach beyond its end: libtiff would make up what is missing."""
    ends: list[int] = []
    with suppress(OSError, SyntaxError, ValueError), opened(path) as image:
        tags: Any = getattr(image, "tag_v2", {})
        for offsets, counts in _PIECES:
            if offsets in tags and counts in tags:
                ends += np.add(tags[offsets], tags[counts]).ravel().tolist()
    if max(ends, default=0) > path.stat().st_size:
        raise OSError("its pixels reach beyond its end")


def _check_interlaced(image: Any, path: Path) -> None:
    values = image.width * image.height * image.bands
    fields = image.get_fields()
    if "jpeg-multiscan" in fields and image.get("jpeg-multiscan"):
        _check_held(path, 2 * values, "is a progressive JPEG", "a baseline JPEG")
    elif "interlaced" in fields and image.get("interlaced"):
        _check_held(
            path, values * (1 if image.format == "uchar" else 2), "is interlaced", "a PNG without interlacing"
        )


def _check_held(path: Path, held: int, why: str, instead: str) -> None:
    if held > HELD:
        needs = f"{why}, so that opening it would take {held / 1e9:.1f} GB of memory, and at most {HELD / 1e9:.0f} GB may be taken"
        raise PictureError(f"'{path}' {needs}; save it as {instead}, or scale it down first")


def _as_pillow(image: Any) -> Image.Image:
    mode = _MODES.get((image.interpretation, image.bands))
    if mode is None or image.format != "uchar":
        image, mode = image.colourspace("srgb").cast("uchar"), "RGBA" if image.hasalpha() else "RGB"
    return Image.frombuffer(mode, (image.width, image.height), image.write_to_memory(), "raw", mode, 0, 1)
