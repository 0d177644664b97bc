"""Recipes as text in files: a PNG chunk, XMP in JPEG, WebP and TIFF, or a sidecar file."""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from html import escape, unescape
from pathlib import Path
from typing import BinaryIO

from impasto.encoding import decode
from impasto.errors import RecipeError
from impasto.media.formats import SIDECAR
from impasto.media.metadata import entries_of, with_entry
from impasto.media.part import write_whole
from impasto.media.paths import is_file, is_link, same_place, unreadable

LONGEST = 1 << 20
"""Maximum length of a recipe in bytes; a typical one has 3000, and longer ones are not read."""

_KEYWORD = b"impasto"
_NAMESPACE = "urn:impasto:1#"
_LONGEST_PACKET = 8 * LONGEST
_MOST_PARTS = 1_000_000
"""Maximum number of chunks or segments of a file that are scanned."""

_PNG, _JPEG, _RIFF, _WEBP, _TIFF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF", b"WEBP", (b"II*\0", b"MM\0*")
_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
_LONGEST_APP1 = 65_533 - len(_APP1)
_VP8X_HAS_XMP = 0x04
_XMP_TAG, _BYTE, _UNDEFINED = 700, 1, 7

# Editors that preserve our XMP may write the text as an element or an attribute. A regex, not an XML parser,
# so that no entity is expanded.
_ELEMENT = re.compile(
    rb"<impasto:recipe>([^<]*)</impasto:recipe>|\simpasto:recipe=(?:\"([^\"<]*)\"|'([^'<]*)')"
)


def sidecar(path: Path) -> Path:
    """Return the sidecar file for a recipe that a picture cannot hold.

    For a link it sits beside the target, unless one already exists beside the link.
    """
    beside, *further = _sidecars(path)
    return further[0] if further and not os.path.lexists(beside) else beside


def keep_beside(path: Path, text: str) -> None:
    """Write a recipe to a sidecar file; an empty one removes outdated sidecar files. Raises OutputError."""
    kept = sidecar(path) if text else None
    if kept:
        write_whole(kept, lambda file: file.write(text.encode()))
    for other in _sidecars(path):
        if kept is None or not same_place(other, kept):
            with suppress(OSError):
                other.unlink(missing_ok=True)


def _sidecars(path: Path) -> list[Path]:
    targets = [Path(os.path.realpath(path))] if is_link(path) else []
    return [one.with_name(one.name + SIDECAR) for one in (path, *targets)]


def has_room(kind: str, text: str) -> bool:
    """Tell whether a file of a kind can hold a recipe: JPEG is limited to 64 KiB."""
    return kind != "JPEG" or len(_packet(text)) <= _LONGEST_APP1


def embed(data: bytes, kind: str, text: str) -> bytes:
    """Embed a recipe in an encoded PNG, JPEG, WebP (extended format, as with a profile) or TIFF file."""
    if kind == "PNG":
        body = b"iTXt" + _KEYWORD + b"\0\0\0\0\0" + text.encode()
        start = 8 + 12 + struct.unpack_from(">I", data, 8)[0]  # after IHDR
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        return data[:start] + chunk + data[start:]
    packet = _packet(text)
    if kind == "TIFF":
        return with_entry(data, _XMP_TAG, _BYTE, packet)
    return _into_jpeg(data, packet) if kind == "JPEG" else _into_webp(data, packet)


def recipe_text(path: Path) -> str | None:
    """Return the recipe of a picture or in a recipe file, or None if missing.

    Looks in the picture, then in its sidecar file. No pixel is decoded; at most LONGEST bytes are returned.
    Raises RecipeError if the file cannot be read, or the recipe is too long or not text.
    """
    found = _read(path)
    if found is None and is_file(beside := sidecar(path)):
        found = _read(beside)
    if found is None:
        return None
    if len(found) > LONGEST:
        raise RecipeError(
            f"the recipe of '{path}' is longer than {LONGEST} bytes, so impasto did not write it; "
            "take another copy of the file"
        )
    try:
        return decode(found)
    except ValueError as error:
        raise RecipeError(
            f"cannot read the recipe of '{path}': {error}, or take another copy of the file"
        ) from None


def _packet(text: str) -> bytes:
    body = f"<impasto:recipe>{escape(text, quote=False)}</impasto:recipe>"
    description = f'<rdf:Description rdf:about="" xmlns:impasto="{_NAMESPACE}">{body}</rdf:Description>'
    graph = f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{description}</rdf:RDF>'
    meta = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{graph}</x:xmpmeta>'
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{meta}<?xpacket end="w"?>'.encode()


def _into_jpeg(data: bytes, packet: bytes) -> bytes:
    at = 2
    while data[at : at + 2] in (b"\xff\xe0", b"\xff\xe1"):  # JFIF and EXIF must come first
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    segment = b"\xff\xe1" + struct.pack(">H", 2 + len(_APP1) + len(packet)) + _APP1 + packet
    return data[:at] + segment + data[at:]


def _into_webp(data: bytes, packet: bytes) -> bytes:
    chunk = b"XMP " + struct.pack("<I", len(packet)) + packet + bytes(len(packet) % 2)
    flags = bytes([data[20] | _VP8X_HAS_XMP])
    return data[:4] + struct.pack("<I", len(data) - 8 + len(chunk)) + data[8:20] + flags + data[21:] + chunk


def _read(path: Path) -> bytes | None:
    if why := unreadable(path):
        raise RecipeError(why)
    try:
        with path.open("rb") as file:
            head = file.read(12)
            if head.startswith(_PNG):
                return _first(_png_texts(file))
            if head.startswith(_JPEG):
                return _first(map(_from_packet, _jpeg_packets(file)))
            if head.startswith(_RIFF) and head.endswith(_WEBP):
                return _first(map(_from_packet, _webp_packets(file)))
            if head.startswith(_TIFF):
                return _first(map(_from_packet, _tiff_packets(file)))
            text = head + file.read(LONGEST)
    except OSError as error:
        raise RecipeError(f"cannot read '{path}': {error.strerror or error}; check the path") from None
    except (struct.error, IndexError, ValueError, zlib.error):
        return None  # damaged before a recipe was found
    return text if decode(text, "replace").lstrip().startswith("{") else None


def _first(found: Iterator[bytes | None]) -> bytes | None:
    return next((text for text in found if text is not None), None)


def _from_packet(packet: bytes) -> bytes | None:
    found = _ELEMENT.search(packet)
    text = next((group for group in found.groups() if group is not None), b"") if found else None
    if text is None:
        return None
    return unescape(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _png_texts(file: BinaryIO) -> Iterator[bytes]:
    """Yield texts under our keyword, plain or compressed, as other programs may rewrite them."""
    file.seek(8)
    for _ in range(_MOST_PARTS):
        length, name = struct.unpack(">I4s", file.read(8))
        if name not in (b"iTXt", b"tEXt", b"zTXt") or length > _LONGEST_PACKET:
            file.seek(length + 4, 1)
            continue
        keyword, _, body = file.read(length).partition(b"\0")
        file.seek(4, 1)
        if keyword == _KEYWORD:
            if name == b"iTXt":
                compressed, body = body[0], body[2:].split(b"\0", 2)[2]
            else:
                compressed, body = name == b"zTXt", body.removeprefix(b"\0") if name == b"zTXt" else body
            yield zlib.decompressobj().decompress(body, LONGEST + 1) if compressed else body


def _jpeg_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(2)
    for _ in range(_MOST_PARTS):
        fill, marker = file.read(2)
        if fill != 0xFF or marker in (0xD9, 0xDA):
            return
        if marker == 0xFF:
            file.seek(-1, 1)
            continue
        body = file.read(max(0, struct.unpack(">H", file.read(2))[0] - 2))
        if marker == 0xE1 and body.startswith(_APP1):
            yield body


def _webp_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(12)
    for _ in range(_MOST_PARTS):
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"XMP " and length <= _LONGEST_PACKET:
            yield file.read(length)
        else:
            file.seek(length + length % 2, 1)


def _tiff_packets(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    head = file.read(8)
    order = "<" if head[:2] == b"II" else ">"
    file.seek(struct.unpack_from(f"{order}I", head, 4)[0])
    count = file.read(2)
    directory = count + file.read(12 * struct.unpack(f"{order}H", count)[0])
    entry = entries_of(directory, 0, order).get(_XMP_TAG)
    if entry is not None:
        _, kind, length, at = struct.unpack(f"{order}HHII", entry)
        if kind in (_BYTE, _UNDEFINED) and length <= _LONGEST_PACKET:
            file.seek(at)
            yield file.read(length)
