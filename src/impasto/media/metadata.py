"""EXIF metadata of photos: kept for the result, except for what no longer applies."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageOps
from PIL.ExifTags import IFD, Base

_ABOUT_THE_PHOTO = frozenset(
    {
        Base.DocumentName,
        Base.ImageDescription,
        Base.Make,
        Base.Model,
        Base.Software,
        Base.DateTime,
        Base.Artist,
        Base.HostComputer,
        Base.Copyright,
    }
    | {
        Base.Rating,
        Base.RatingPercent,
        Base.XPTitle,
        Base.XPComment,
        Base.XPAuthor,
        Base.XPKeywords,
        Base.XPSubject,
    }
)
"""Tags of IFD0 that describe the photo; the others describe how its pixels were stored."""

_STALE = frozenset({Base.MakerNote, IFD.Interop, Base.ExifImageWidth, Base.ExifImageHeight, 0xEA1C})
"""Tags of the EXIF IFD that do not apply to a new file: offsets into the old one, its size, padding."""

# JPEG holds 64 KiB of EXIF; a tag of several KiB is an embedded preview.
_LONGEST_TAG, _LONGEST = 4096, 65_000

_DENSITY = (Base.XResolution, Base.YResolution, Base.ResolutionUnit)
_BROKEN = (
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OSError,
    EOFError,
    OverflowError,
    struct.error,
    ZeroDivisionError,
)
_HEADER = b"Exif\0\0"


def upright(image: Image.Image) -> Image.Image:
    """Return the image rotated as its EXIF says; unchanged if the EXIF is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ImageOps.exif_transpose(image)
    except _BROKEN:
        return image


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation of an open image, 1 to 8; 1 if it is missing or damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = image.getexif().get(Base.Orientation, 1)
    except _BROKEN:
        return 1
    return found if found in range(1, 9) else 1


def is_sideways(image: Image.Image) -> bool:
    """Tell whether turning an open image upright swaps its sides; Pillow has already swapped a TIFF's."""
    return image.format != "TIFF" and orientation_of(image) >= 5


def kept_exif(image: Image.Image) -> bytes:
    """Return the EXIF of an open image for a result made from it; empty if missing or damaged.

    Orientation is 1, as the pixels are upright, and the colour space is sRGB. Thumbnails, sizes and the maker
    note (which holds offsets into the old file) are dropped.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _kept(image.getexif())
    except _BROKEN:
        return b""


def _kept(found: Image.Exif) -> bytes:
    result = Image.Exif()
    result.update(_writable({tag: found[tag] for tag in _ABOUT_THE_PHOTO & found.keys()}, None))
    for directory in (IFD.Exif, IFD.GPSInfo):
        tags = {
            tag: value
            for tag, value in found.get_ifd(directory).items()
            if directory == IFD.GPSInfo or tag not in _STALE
        }
        if kept := _writable(tags, directory):
            result[directory] = kept
    if not len(result):
        return b""
    result[Base.Orientation] = 1
    if IFD.Exif in result:
        result[IFD.Exif][Base.ColorSpace] = 1
    data = result.tobytes()
    return data if len(data) <= _LONGEST else b""


def _writable(tags: Mapping[int, Any], directory: int | None) -> dict[int, Any]:
    """Return the tags that Pillow can write; some cameras and editors leave malformed ones."""
    return {tag: value for tag, value in sorted(tags.items()) if _can_be_written(tag, value, directory)}


def _can_be_written(tag: int, value: Any, directory: int | None) -> bool:
    alone = Image.Exif()
    alone[directory or tag] = {tag: value} if directory else value
    try:
        return len(alone.tobytes()) <= _LONGEST_TAG
    except _BROKEN:
        return False


def with_density(exif: bytes, dpi: int) -> bytes:
    """Return EXIF with a resolution in dots per inch added."""
    tags = Image.Exif()
    tags.load(exif)
    tags[Base.XResolution] = tags[Base.YResolution] = float(dpi)
    tags[Base.ResolutionUnit] = 2
    return tags.tobytes()


def finish_png(data: bytes, exif: bytes, *, density: bool) -> bytes:
    """Add EXIF to a PNG file, and drop its pixel density unless `density` is set."""
    parts, at = [data[:8]], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk, at = data[at : at + 12 + length], at + 12 + length
        if chunk[4:8] != b"pHYs" or density:
            parts.append(chunk)
        if chunk[4:8] == b"IHDR" and exif:
            body = b"eXIf" + exif.removeprefix(_HEADER)
            parts.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
    return b"".join(parts)


def finish_tiff(data: bytes, exif: bytes, *, density: bool) -> bytes:
    """Add EXIF to a TIFF file, and drop its pixel density unless `density` is set.

    A new IFD0 with the old one's entries is appended, as neither Pillow nor libvips writes EXIF to compressed
    pixels.
    """
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    entries = entries_of(data, start, order)
    if not density:
        entries = {tag: entry for tag, entry in entries.items() if tag not in _DENSITY}
    data += bytes(len(data) % 2)
    block = b""
    if exif:
        tags = Image.Exif()
        tags.load(exif)
        tags.endian = order
        block = tags.tobytes(offset=len(data))[14:]  # without b"Exif\0\0" and the 8-byte TIFF header
        entries = entries_of(block, 0, order) | entries
        block += bytes(len(block) % 2)
    return _with_directory(data, block, entries, order)


def with_entry(data: bytes, tag: int, kind: int, value: bytes) -> bytes:
    """Add a tag to the first IFD of a TIFF file; `value` has more than 4 bytes, of type BYTE or UNDEFINED."""
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    data += bytes(len(data) % 2)
    entries = entries_of(data, start, order) | {
        tag: struct.pack(f"{order}HHII", tag, kind, len(value), len(data))
    }
    return _with_directory(data, value + bytes(len(value) % 2), entries, order)


def _with_directory(data: bytes, block: bytes, entries: Mapping[int, bytes], order: str) -> bytes:
    directory = (
        struct.pack(f"{order}H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    )
    return data[:4] + struct.pack(f"{order}I", len(data) + len(block)) + data[8:] + block + directory


def entries_of(data: bytes, start: int, order: str) -> dict[int, bytes]:
    """Return the 12-byte entries of the TIFF IFD at an offset, by tag; raises struct.error if truncated."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    entries = [data[start + 2 + 12 * i : start + 14 + 12 * i] for i in range(count)]
    return {struct.unpack_from(f"{order}H", entry)[0]: entry for entry in entries}
