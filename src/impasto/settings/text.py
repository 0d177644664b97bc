"""Text files of users, in the encodings that editors and shells write: UTF-8 and UTF-16, with a byte-order mark or without."""

from __future__ import annotations

import codecs

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LOOKED_AT = 1024


def decoded(data: bytes) -> str:
    """Return the text of a file with `\\n` at the end of each line; raises ValueError with the first byte that is no text, and the way out."""
    encoding, start = encoding_of(data)
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        at = start + error.start
        raise ValueError(f"byte {at} (0x{data[at]:02x}) is no {encoding[:6].upper().rstrip('-')}; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def encoding_of(data: bytes) -> tuple[str, int]:
    """Return how a text file is encoded, by its byte-order mark or else by where its zeros are, and the bytes of the mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[:_LOOKED_AT]
    if b"\0" not in head:
        return "utf-8", 0
    # The signs of settings and recipes are ASCII, of which UTF-16 makes a byte and a zero.
    return ("utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"), 0
