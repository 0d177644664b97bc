"""Very large pictures: shrunk by an integer factor while they are read, to limit memory."""

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
"""Maximum number of pixels; a larger file is damaged or a decompression bomb."""

HELD = 2_000_000_000
"""Maximum memory in bytes for reading a format that cannot be streamed row by row."""

_LIFTED = threading.Lock()
_STREAMED = ("JPEG", "MPO", "PNG", "TIFF")
_DECODED = 10
"""Bytes per pixel that Pillow and a decoder such as HEIC's need to read a whole picture."""

_PIECES = ((273, 279), (324, 325))
"""TIFF tags of the offsets and byte counts of strips and tiles."""

_MODES = {("b-w", 1): "L", ("b-w", 2): "LA", ("srgb", 3): "RGB", ("srgb", 4): "RGBA", ("cmyk", 4): "CMYK"}


def opened(path: Path) -> Image.Image:
    """Open a file with Pillow, reading only its header, whatever its size; raises what Pillow raises."""
    with _LIFTED, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def factor_of(width: int, height: int, path: Path) -> int:
    """Return the factor by which a picture is shrunk on reading; 1 if it is opened at full size.

    Pictures above twice Pillow's MAX_IMAGE_PIXELS, which Pillow refuses, are brought down to at most
    MAX_IMAGE_PIXELS. Raises PictureError above LARGEST.
    """
    most, pixels = Image.MAX_IMAGE_PIXELS, width * height
    if not most or pixels <= 2 * most:
        return 1
    if pixels > LARGEST:
        raise PictureError(
            f"'{path}' has {pixels / 1e6:.0f} million pixels, and at most {LARGEST / 1e6:.0f} million "
            "can be opened; scale it down first"
        )
    return math.ceil(math.sqrt(pixels / most))


def size_of(image: Image.Image, path: Path) -> tuple[int, int]:
    """Return the upright height and width at which a file is opened, from its header; raises PictureError."""
    factor = factor_of(*image.size, path)
    width, height = (-(-side // factor) for side in image.size)
    return (width, height) if is_sideways(image) else (height, width)


def shrunk(path: Path, factor: int) -> Image.Image:
    """Read an 8-bit picture shrunk by averaging blocks of `factor` × `factor` pixels.

    Colours are weighted by opacity. The profile and the orientation are kept; other EXIF is dropped. Raises
    PictureError, and OSError if the file is damaged.
    """
    with opened(path) as header:
        turn, profile = Image.Exif(), header.info.get("icc_profile")
        turn[Base.Orientation] = orientation_of(header)
        if header.format in _STREAMED:
            result = _streamed(path, factor)
        else:
            held = header.width * header.height * _DECODED
            _check_held(path, held, "cannot be read row by row", "PNG or TIFF")
            mode = "RGBA" if "transparency" in header.info else "RGB"
            whole = header.convert(mode) if header.mode == "P" else header
            result = whole.reduce(factor)
    result.info = {"exif": turn.tobytes(), **({"icc_profile": profile} if profile else {})}
    return result


def shrunk_by_vips(path: Path, factor: int) -> Any:
    """Read a JPEG, PNG or TIFF with libvips, shrunk, into memory; raises PictureError and pyvips.Error."""
    image = vips_image(path, access="sequential")
    _check_interlaced(image, path)
    _check_whole(path)
    clear, form = image.hasalpha(), image.format
    # In floats, as libvips rounds integers after each of the two directions.
    if clear:
        image = image.premultiply()
    elif form in ("uchar", "ushort"):
        image = image.cast("float")
    image = image.shrink(min(factor, image.width), min(factor, image.height), ceil=True)
    image = image.unpremultiply() if clear else image
    return (image if form in ("float", "double") else image.rint()).cast(form).copy_memory()


def vips_image(path: Path, **options: Any) -> Any:
    """Open a JPEG, PNG or TIFF with libvips; raises pyvips.Error."""
    import pyvips

    with path.open("rb") as file:
        head = file.read(8)
    if head == b"\x89PNG\r\n\x1a\n":
        loader = pyvips.Image.pngload
    elif head.startswith(b"\xff\xd8"):
        loader = pyvips.Image.jpegload
    else:
        loader = pyvips.Image.tiffload
    # revalidate: libvips would otherwise return a cached image of a file that has been replaced.
    return loader(str(path), fail_on="truncated", revalidate=True, **options)


def reason_of(error: Any) -> str:
    """Return the first line of libvips' error."""
    lines = [line.strip() for line in f"{error.detail or ''}\n{error.message}".splitlines() if line.strip()]
    return lines[0] if lines else "no reason given"


def _streamed(path: Path, factor: int) -> Image.Image:
    import pyvips

    try:
        return _as_pillow(shrunk_by_vips(path, factor))
    except pyvips.Error as error:
        raise OSError(reason_of(error)) from error


def _check_whole(path: Path) -> None:
    """Raise OSError if a TIFF's pixel data extends beyond the file: libtiff would make up what is missing."""
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
        held = values * (1 if image.format == "uchar" else 2)
        _check_held(path, held, "is interlaced", "a PNG without interlacing")


def _check_held(path: Path, held: int, why: str, instead: str) -> None:
    if held > HELD:
        raise PictureError(
            f"'{path}' {why}, so that opening it would take {held / 1e9:.1f} GB of memory, "
            f"and the limit is {HELD / 1e9:.0f} GB; save it as {instead}, or scale it down first"
        )


def _as_pillow(image: Any) -> Image.Image:
    mode = _MODES.get((image.interpretation, image.bands))
    if mode is None or image.format != "uchar":
        image, mode = image.colourspace("srgb").cast("uchar"), "RGBA" if image.hasalpha() else "RGB"
    return Image.frombuffer(mode, (image.width, image.height), image.write_to_memory(), "raw", mode, 0, 1)
