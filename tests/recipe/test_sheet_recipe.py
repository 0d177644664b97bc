"""The recipe of a sheet: its cells and their names, round trips, and untrusted content."""

import copy
import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from conftest import changed_text
from impasto.errors import RecipeError, SettingsError
from impasto.recipe.input import Input, files_of
from impasto.recipe.recipe import Recipe, parse
from impasto.recipe.sheet import (
    MOST,
    Axis,
    SheetRecipe,
    check_axes,
    columns_of,
    name_of,
    parse_any,
    parse_sheet,
)
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.layers import Layer

HASH = "0123456789abcdef" * 4
PHOTO = Input(role="content", sha256=HASH, bytes=10, name="photo.png", path="/home/someone/photo.png")
NIGHT, DAY = (
    Input(role="style", sha256=HASH[::-1], bytes=11, weight=weight, name="b.png", path="/home/someone/b.png")
    for weight in (1.0, 2.0)
)
MASK, START = (
    Input(role=role, sha256=HASH, bytes=5, name=f"{role}.png", path="/x") for role in ("content_mask", "init")
)
SHEET = SheetRecipe(
    settings=Settings(size=700, content_mask="input:3", style_layers=(Layer("conv1_1", 1 / 3),)),
    cells=Cells(size=200, steps=7),
    styles=((1,), (2, 1)),
    vary=(Axis("strength", (20.0, 50.0, 80.0)), Axis("init", ("content", "input:4"))),
    inputs=(PHOTO, NIGHT, DAY, MASK, START),
    weights=HASH,
)


def changed(**changes) -> str:
    return changed_text(json.loads(SHEET.to_text()), **changes)


def test_it_comes_back_whole_and_is_told_from_a_results_recipe():
    text = SHEET.to_text()
    assert (
        parse_sheet(text) == SHEET == parse_any(json.dumps(SHEET.as_table(), indent=2))
        and parse_sheet(text).to_text() == text
    )
    single = SHEET.cell("A1")
    assert parse_any(single.to_text()) == single == parse(single.to_text())
    with pytest.raises(
        RecipeError, match="it is that of a sheet; start the full run from one of its cells, such as cell A1"
    ):
        parse(text)
    with pytest.raises(
        RecipeError, match="it is that of a single picture, which has no cells; leave cell out"
    ):
        parse_sheet(single.to_text())
    assert not any(word in SHEET.without_names().to_text() for word in ("png", "home", "name", "path"))


def test_a_cell_is_the_recipe_of_a_full_run_with_what_it_needs_and_no_more():
    assert SHEET.names == ["A1", "B1", "A2", "B2", "A3", "B3", "A4", "B4", "A5", "B5", "A6", "B6"]
    recipe = SHEET.cell("b6")
    assert isinstance(recipe, Recipe)
    assert recipe.inputs == (PHOTO, DAY, NIGHT, START, MASK)
    assert recipe.settings == SHEET.settings.with_changes(strength=80, init="input:3", content_mask="input:4")
    assert [recipe.input_named(text).role for _, text in files_of(recipe.settings)] == [
        "init",
        "content_mask",
    ]
    assert (recipe.settings.size, recipe.settings.quality, recipe.settings.steps) == (700, "normal", 0)
    assert SHEET.cell("A1").inputs == (PHOTO, NIGHT, MASK) and SHEET.cell("A1").settings.strength == 20


def test_weights_that_a_cell_names_are_those_of_its_recipe():
    own = Input(role="weights", sha256="ab" * 32, bytes=3, name="w.pth")
    sheet = dataclasses.replace(SHEET, vary=(Axis("weights", ("", "input:5")),), inputs=(*SHEET.inputs, own))
    assert [sheet.cell(name).weights for name in ("A1", "B1")] == [HASH, "ab" * 32]


@pytest.mark.parametrize("name", ["C1", "A7", "B", "1B", "", "A01", "\x1b[2J", "A1 "])
def test_a_cell_that_is_not_there_is_refused_with_those_that_are(name):
    with pytest.raises(RecipeError, match=r"the sheet has no cell '.*'; it has A1 to B6$") as caught:
        SHEET.cell(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("counts", "columns", "last"),
    [
        ([1, 3, 3], 3, "C3"),
        ([5, 1], 5, "E1"),
        ([1, 6], 6, "F1"),
        ([8], 3, "B3"),
        ([1, 100], 10, "J10"),
        ([2, 3, 4], 4, "D6"),
        ([2, 50], 50, "AX2"),
        ([4, 1, 1], 4, "D1"),
    ],
)
def test_the_last_that_varies_makes_the_columns_and_a_single_one_a_square(counts, columns, last):
    assert columns_of(counts) == columns
    total = 1
    for count in counts:
        total *= count
    assert name_of(total - 1, columns) == last


def test_names_are_those_of_a_spreadsheet_and_each_its_own():
    assert [name_of(number, 1000) for number in (0, 25, 26, 51, 52, 701, 702)] == [
        "A1",
        "Z1",
        "AA1",
        "AZ1",
        "BA1",
        "ZZ1",
        "AAA1",
    ]
    assert len({name_of(number, 29) for number in range(100)}) == 100


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("strength=20,50, 80", ("strength", ("20", "50", "80"))),
        ("content-weight=1", ("content_weight", ("1",))),
        ("trim=on,false", ("trim", (True, False))),
        ("style_layers=conv1_1,conv2_1:0.5;conv3_1", ("style_layers", ("conv1_1,conv2_1:0.5", "conv3_1"))),
        ("style-mask=a,b.png;c.png", ("style_mask", ("a,b.png", "c.png"))),
        ("colors=style,mix:0.3", ("colors", ("style", "mix:0.3"))),
        ("content_mask=,m.png", ("content_mask", ("", "m.png"))),
    ],
)
def test_what_varies_is_read_as_on_the_command_line(text, axis):
    assert Axis.parse(text) == axis


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("strength", "vary must be NAME=VALUE,VALUE, such as strength=20,50,80, got 'strength'"),
        ("strenght=1", "unknown setting 'strenght' in vary; known are size, "),
        ("trim=yes", "trim must be on or off, got 'yes'"),
    ],
)
def test_what_cannot_vary_is_one_line(text, message):
    with pytest.raises(SettingsError) as caught:
        Axis.parse(text)
    assert str(caught.value).startswith(message)


def test_axes_that_make_no_sheet_are_refused():
    check_axes([1, MOST], ["seed"])
    for counts, names, message in (
        (
            [1, 11, 10],
            ["strength", "brush"],
            "a sheet has at most 100 cells, got 1x11x10 = 110; vary fewer values",
        ),
        ([1, 1], ["strength"], "a sheet needs at least two cells, got 1; give several styles, or vary"),
        (
            [1, 2, 2],
            ["tv_weight", "tv_weight"],
            "tv weight is varied twice; give all its values in one vary",
        ),
    ):
        with pytest.raises(SettingsError, match=message):
            check_axes(counts, names)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"format": 2, "version": "9.0"},
            "it has format 2, written by impasto 9.0; impasto .* reads format 1; update impasto",
        ),
        ({"new": 1}, "unknown field 'new', made by impasto"),
        ({"cells": ...}, "field 'cells' is missing; take another copy"),
        ({"cells__size": "200"}, 'cells.size must be a whole number, got "200"'),
        ({"cells__size": 5000}, "cells: size must be >= 16 and <= 2048, got 5000; take another copy"),
        ({"cells__output": "/etc/x"}, "unknown field 'cells.output'"),
        ({"styles": [[0]]}, r"styles must be lists of the numbers of styles among the inputs, got \[0\]"),
        ({"styles": [[9]]}, r"styles must be .*, got \[9\]"),
        ({"styles": [[True]]}, r"styles must be .*, got \[true\]"),
        ({"styles": [[]]}, r"styles must be .*, got \[\]"),
        ({"styles": [1]}, "styles must be .*, got 1"),
        ({"styles": []}, "a sheet needs at least two cells, got 0"),
        ({"styles": [[1]] * 101, "vary": []}, "a sheet has at most 100 cells, got 101"),
        (
            {"vary": [["seed", list(range(60))], ["brush", [1, 2]]]},
            "a sheet has at most 100 cells, got 2x60x2 = 240",
        ),
        ({"vary": [["output", ["x"]]]}, "unknown field 'vary.output'"),
        (
            {"vary": [["strength", []]]},
            r'vary must be pairs of a setting and a list of its values, got \["strength", \[\]\]',
        ),
        ({"vary": [["strength", 5]]}, "vary must be pairs"),
        ({"vary": ["strength"]}, "vary must be pairs"),
        ({"vary": {"strength": [1, 2]}}, "vary must be a list"),
        ({"vary": [["strength", [1, "2"]]]}, 'vary.strength must be a number or null, got "2"'),
        ({"vary": [["strength", [1, 200]]]}, "strength must be >= 0 and <= 100, got 200"),
        ({"vary": [["strength", [1, 2]], ["strength", [3]]]}, "strength is varied twice"),
        (
            {"vary": [["content_mask", ["", "/etc/passwd"]]]},
            'settings.content_mask must be input:N, the number of an input of that role, got "/etc/passwd"',
        ),
        ({"vary": [["content_mask", ["", "input:1"]]]}, "settings.content_mask must be input:N"),
        (
            {"vary": [["protect", ["", "a\nb"]]]},
            r'vary.protect must be plain text, in parts of up to 200 characters, got "a\\nb"',
        ),
        ({"settings__init": "/dev/zero", "vary": [["strength", [1, 2]]]}, "settings.init must be input:N"),
        ({"inputs__0__role": "style"}, "inputs must be one content and at least one style"),
        ({"weights": "x"}, "weights must be 64 hexadecimal digits"),
        ({"device": "tpu"}, "device must be one of cpu, cuda, mps"),
    ],
)
def test_a_strangers_sheet_is_checked_field_by_field(changes, message):
    with pytest.raises(RecipeError, match=message) as caught:
        parse_sheet(changed(**changes))
    assert str(caught.value).isprintable()


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["input:1", "input:3", "strength", "init"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(table, path=()):
    yield path
    for key, value in (
        table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    ):
        yield from places(value, (*path, key))


PLACES = [path for path in places(SHEET.as_table()) if path]


@limits(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=3))
def test_a_fuzzed_sheet_is_refused_in_one_line_or_is_sound_in_every_cell(changes):
    table = copy.deepcopy(SHEET.as_table())
    for (*path, last), value in changes:
        inner = table
        try:
            for part in path:
                inner = inner[part]
            inner[last] = value
        except (KeyError, IndexError, TypeError):
            continue
    try:
        sheet = parse_sheet(json.dumps(table))
    except RecipeError as error:
        assert str(error).isprintable()
        return
    assert 2 <= len(sheet.names) <= MOST
    for name in sheet.names:
        assert parse(sheet.cell(name).to_text()) == sheet.cell(name)
