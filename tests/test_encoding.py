"""Text files as editors and shells write them."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.encoding import decode

MARKED = [("utf-8", codecs.BOM_UTF8), ("utf-16-le", codecs.BOM_UTF16_LE), ("utf-16-be", codecs.BOM_UTF16_BE)]
MARKED += [("utf-32-le", codecs.BOM_UTF32_LE), ("utf-32-be", codecs.BOM_UTF32_BE)]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"))
ASCII = st.characters(min_codepoint=1, max_codepoint=126, exclude_characters="\r")


@given(TEXTS, st.sampled_from(MARKED), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_marked_text_is_read_with_any_ends_of_lines(text, marked, end):
    encoding, mark = marked
    assert decode(mark + text.replace("\n", end).encode(encoding)) == text


@given(ASCII, TEXTS, st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_a_text_without_a_mark_is_known_by_its_first_letter(first, text, encoding):
    assert decode((first + text).encode(encoding)) == first + text


def test_nothing_is_an_empty_text():
    assert decode(b"") == decode(codecs.BOM_UTF16_LE) == decode(codecs.BOM_UTF8) == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a = 1\r\n# caf\xe9\nb = 2", "byte 0xe9 at offset 12, line 2, is not UTF-8; save it as UTF-8"),
        (b"\xef\xbb\xbfa\n\nb\xff", "byte 0xff at offset 7, line 3, is not UTF-8; save it as UTF-8"),
        ("a\nb".encode("utf-16")[:-1], "byte 0x62 at offset 6, line 2, is not UTF-16; save it as UTF-8"),
        (b"\0a\xd8\0\0b", "byte 0xd8 at offset 2, line 1, is not UTF-16; save it as UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "byte 0x89 at offset 0, line 1, is not UTF-8; save it as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_with_the_byte(data, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        decode(data)
    assert isinstance(decode(data, "replace"), str)
