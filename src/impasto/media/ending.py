"""Detect truncated films from the lengths that their containers declare.

This catches files in which every remaining frame still decodes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

_BOXES = frozenset(
    b"ftyp styp moov moof mdat mfra sidx ssix meta free skip wide uuid udta pnot prft emsg pdin".split()
)
"""Top-level boxes of MP4 and MOV; anything else is padding or was appended by another program."""

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_ELEMENTS = frozenset(
    {
        _EBML,
        _SEGMENT,
        _CLUSTER,
        0x114D9B74,
        0x1549A966,
        0x1654AE6B,
        0x1C53BB6B,
        0x1254C367,
        0x1043A770,
        0x1941A469,
    }
)
_ELEMENTS |= {0xEC, 0xBF, 0xE7, 0xA3, 0xA0, 0xAB, 0xA7, 0xAF, 0x5854}
"""Matroska elements down to the blocks of a cluster, whose parents may have unknown lengths."""

_ASF = (
    "3026b2758e66cf11a6d900aa0062ce6c",
    "3626b2758e66cf11a6d900aa0062ce6c",
    "90080033b1e5cf1189f400a0c90349cb",
    "d329e2d6da35d111903400a0c90349be",
)
_OBJECTS = frozenset(map(bytes.fromhex, _ASF))
"""ASF header, data and index objects."""

_PAGE = 27 + 255 + 255 * 255
"""Maximum size of an Ogg page in bytes."""

_PACK = b"\0\0\1\xba"
_TAIL = 1 << 18
"""Bytes at the end of a program stream searched for the start of a pack; most packs are 2 KB."""


def is_cut_off(path: Path, form: str) -> bool:
    """Tell whether a file ends before its declared lengths; `form` is the format's name in libav.

    Formats without lengths, such as a raw H.264 stream, and open-ended lengths count as complete.
    """
    check = next((check for name, check in _CHECKS.items() if name in form.split(",")), None)
    if check is not None:
        with suppress(OSError), path.open("rb") as file:
            return check(file, path.stat().st_size)
    return False


def _read(file: IO[bytes], at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(length)


def _mp4(file: IO[bytes], size: int) -> bool:
    at = 0
    while at < size:
        head = _read(file, at, 16)
        if len(head) < 8:
            return any(head)
        length = int.from_bytes(head[:4], "big")
        if head[4:8] not in _BOXES or length == 0:  # 0: extends to the end of the file
            return False
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        at += max(8, length)
    return at > size


def _matroska(file: IO[bytes], size: int) -> bool:
    at = 0
    while at < size:
        head = _read(file, at, 12)
        name_bytes = _vint_bytes(head)
        name = int.from_bytes(head[:name_bytes], "big")
        if head[0] and len(head) < name_bytes:
            return True
        if name not in _ELEMENTS:
            return False
        bits = 7 * (length_bytes := _vint_bytes(head[name_bytes:]))
        start = at + name_bytes + length_bytes
        length = int.from_bytes(head[name_bytes : name_bytes + length_bytes], "big") & ((1 << bits) - 1)
        if start > size:
            return True
        is_open = length == (1 << bits) - 1
        at = start if is_open else start + length
        if name == _SEGMENT and not is_open:
            break
    return at > size


def _vint_bytes(head: bytes) -> int:
    """Return the byte length of an EBML variable-size integer, from the leading zeros of its first byte."""
    return 9 - head[0].bit_length() if head else 1


def _avi(file: IO[bytes], size: int) -> bool:
    at = 0
    while at < size:
        head = _read(file, at, 8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or length in (0, 0xFFFFFFFF):  # never filled in
            return False
        at += 8 + length
    return at > size


def _asf(file: IO[bytes], size: int) -> bool:
    at = 0
    while at < size:
        head = _read(file, at, 24)
        length = int.from_bytes(head[16:], "little")
        if len(head) < 24:
            return any(kind.startswith(head[:16]) for kind in _OBJECTS)
        if head[:16] not in _OBJECTS or length < 24:  # 0 in a broadcast
            return False
        at += length
    return at > size


def _flv(file: IO[bytes], size: int) -> bool:
    at = 13
    while at < size:
        head = _read(file, at, 11)
        if head[0] & 31 not in (8, 9, 18):
            return False
        if len(head) < 4:
            return True
        at += 11 + int.from_bytes(head[1:4], "big") + 4
    return at - 4 > size  # some writers omit the last four bytes, which repeat the length


def _transport(file: IO[bytes], size: int) -> bool:
    head = _read(file, 0, 5 * 204)
    for packet, before in ((188, 0), (192, 4), (204, 0)):
        for first in range(packet):
            if len(marks := head[first::packet][:4]) == 4 and set(marks) == {0x47}:
                left = (size - first + before) % packet
                # Any other remainder was appended by another program.
                return 0 < left <= before or (
                    left > before and _read(file, size - left + before, 1) == b"\x47"
                )
    return False


def _program(file: IO[bytes], size: int) -> bool:
    start = max(0, size - _TAIL)
    tail = _read(file, start, _TAIL)
    at = tail.rfind(_PACK)
    while 0 <= at < len(tail):
        head = tail[at : at + 14]
        is_end = head[3:4] == b"\xb9"
        if head[:3] != b"\0\0\1"[: len(head)] or is_end:  # padding or the end code
            return False
        if head[:4] == _PACK:
            at += 14 + (head[13] & 7 if len(head) == 14 else 0) if head[4:5] >= b"\x40" else 12
        else:
            at += 6 + int.from_bytes(head[4:6], "big")
    return at > len(tail)


def _ogg(file: IO[bytes], size: int) -> bool:
    tail = _read(file, max(0, size - _PAGE), _PAGE)
    page = tail[max(0, tail.rfind(b"OggS")) :]
    return len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]])


def _gif(file: IO[bytes], size: int) -> bool:
    def colours(flags: bytes) -> int:
        return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0

    at = 13 + colours(_read(file, 10, 1))
    while at < size:
        kind = _read(file, at, 1)
        if kind not in (b"!", b","):  # the trailer, or not a GIF block
            return kind != b";" and bool(kind.strip(b"\0"))
        at += 2 if kind == b"!" else 11 + colours(_read(file, at + 9, 1))
        while block := int.from_bytes(_read(file, at, 1), "big"):
            at += 1 + block
        at += 1
    return True


_CHECKS: dict[str, Callable[[IO[bytes], int], bool]] = {
    "mp4": _mp4,
    "matroska": _matroska,
    "avi": _avi,
    "asf": _asf,
    "flv": _flv,
    "mpegts": _transport,
    "mpeg": _program,
    "ogg": _ogg,
    "gif": _gif,
}
