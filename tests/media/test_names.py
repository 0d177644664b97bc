"""File names that fit: truncated at characters, with room for affixes, and unique."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.media.names import ROOM, fitting, fitting_pair, longest_name

letters = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=300)


def length(name: str) -> int:
    return len(os.fsencode(name))


@given(letters)
def test_a_name_is_kept_or_cut_to_what_fits(stem):
    kept = fitting(".", stem, ".png")
    most = longest_name(".") - ROOM - len(".png")
    assert stem.startswith(kept) and length(kept) <= most
    assert kept == stem or length(stem) > most


@pytest.mark.parametrize("character", ["é", "e\u0301", "\U0001f469\u200d\U0001f3a8", "日"])
def test_no_character_is_cut_in_its_middle(character):
    for before in range(8):  # wherever the cut falls
        kept = fitting(".", "a" * before + character * 100, ".png")
        assert kept == "a" * before + character * ((len(kept) - before) // len(character)) and len(kept) > 50


@given(letters, letters, letters)
def test_names_of_pairs_fit_and_differ(one, other, third):
    name = fitting_pair(".", one, other, ".png")
    assert length(name) + ROOM <= longest_name(".") and name.endswith(".png")
    if length(one) + length(other) < 100:
        assert name == f"{one}+{other}.png"
    if third != other:
        assert "+" in one + other + third or fitting_pair(".", one, third, ".png") != name


def test_a_name_with_bytes_that_are_no_text_is_cut_too():
    name = os.fsdecode(b"\xff" * 300)
    assert fitting(".", name, ".png") == name[: longest_name(".") - ROOM - 4]
    assert unicodedata.is_normalized("NFC", fitting(".", "é" * 300))
