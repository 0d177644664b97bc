"""The encodings in which editors and shells write a user's text files: UTF-8 and, as PowerShell 5 and old Notepads do, UTF-16."""

from __future__ import annotations

import codecs

# The last one that fits counts: a mark of UTF-32 begins with one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
)


def decode(data: bytes, errors: str = "strict") -> str:
    """Return the text of a file in UTF-8 or UTF-16, with or without a byte-order mark, or UTF-32 with one, and newlines as line ends.

    UTF-16 without a mark is known by a zero in one of the first two bytes: TOML and JSON begin in ASCII and hold no zeros.
    Raises ValueError with the byte that cannot be read and the way out, unless `errors` is `replace`.
    """
    encoding = {(True, False): "utf-16-be", (False, True): "utf-16-le"}.get(
        (data[:1] == b"\0", data[1:2] == b"\0"), "utf-8"
    )
    start = 0
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding, start = name, len(mark)
    try:
        text = data[start:].decode(encoding, errors)
    except UnicodeDecodeError as error:
        at, line = (
            start + error.start,
            data[start:][: error.start].decode(encoding, "replace").count("\n") + 1,
        )
        raise ValueError(
            f"byte 0x{data[at]:02x} at offset {at}, line {line}, is not {encoding[:6].upper()}; save it as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
