"""Text encodings of editors and shells: UTF-8, and UTF-16 as written by PowerShell 5 and old Notepads."""

from __future__ import annotations

import codecs

# The last match counts: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
)


def decode(data: bytes, errors: str = "strict") -> str:
    """Decode UTF-8 or UTF-16, with or without a byte-order mark, or UTF-32 with one; line ends become LF.

    UTF-16 without a mark is recognised by a zero among the first two bytes: TOML and JSON begin in ASCII.
    Raises ValueError with the undecodable byte and the way out, unless `errors` is `replace`.
    """
    zeros = (data[:1] == b"\0", data[1:2] == b"\0")
    encoding = {(True, False): "utf-16-be", (False, True): "utf-16-le"}.get(zeros, "utf-8")
    start = 0
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding, start = name, len(mark)
    try:
        text = data[start:].decode(encoding, errors)
    except UnicodeDecodeError as error:
        at, before = start + error.start, data[start:][: error.start].decode(encoding, "replace")
        name, line = encoding[:6].upper(), before.count("\n") + 1
        raise ValueError(
            f"byte 0x{data[at]:02x} at offset {at}, line {line}, is not {name}; save it as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
