"""A recipe as text: round trips, and what a stranger may have written into it."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from conftest import changed_text
from impasto.errors import RecipeError, SettingsError
from impasto.recipe.input import Input, files_of, with_references
from impasto.recipe.recipe import Recipe, parse
from impasto.settings import Settings
from impasto.settings.layers import Layer
from impasto.settings.method import STYLE_LAYERS
from impasto.settings.option import described

HASH = "0123456789abcdef" * 4
PHOTO = Input(role="content", sha256=HASH, bytes=10, name="Fotö <1>.png", path="/home/someone/Fotö <1>.png")
PAINTING = Input(
    role="style", sha256=HASH[::-1], bytes=11, weight=0.1, name="b.png", path="/home/someone/b.png"
)
ARRAY = Input(role="style", sha256=HASH, pixels=True, name="array")
MASKS = [
    Input(role=role, sha256=HASH, bytes=5, name=f"{role}.png")
    for role in ("init", "style_mask", "style_mask", "content_mask", "protect", "weights")
]
FILES = Settings(
    init="i.png",
    style_mask=("1.png", "", "2.png"),
    content_mask="c.png",
    protect="p.png",
    weights="w.pth",
    style_layers=(Layer("conv1_1", 1 / 3),),
)
INPUTS = (PHOTO, PAINTING, ARRAY, *MASKS)
RECIPE = Recipe(
    settings=with_references(FILES, INPUTS), inputs=INPUTS, weights=HASH, content_weight=1 / 3, strip=True
)


def changed(**changes) -> str:
    return changed_text(json.loads(RECIPE.to_text()), **changes)


def test_a_recipe_comes_back_whole():
    text = RECIPE.to_text()
    assert parse(text) == RECIPE and parse(text).to_text() == text
    assert text.isascii() and "\n" not in text and ": " not in text
    assert parse(json.dumps(RECIPE.as_table(), indent=2)) == RECIPE


@pytest.mark.parametrize(
    ("given", "steps"), [({}, 330), ({"quality": "draft"}, 60), ({"quality": "best"}, 900), ({"steps": 7}, 7)]
)
def test_an_earlier_recipe_has_the_layers_and_steps_of_its_time(given, steps):
    table = RECIPE.as_table()
    table["settings"] |= {"style_layers": [str(layer) for layer in STYLE_LAYERS], "protect": ""} | given
    assert parse(json.dumps(table)).settings.total_steps == Settings(**given).total_steps
    del table["settings"]["forms"]
    settings = parse(json.dumps(table | {"inputs": table["inputs"]})).settings
    assert settings.total_steps == steps and settings.painted_layers == STYLE_LAYERS


def test_settings_name_files_by_their_inputs_alone():
    settings = RECIPE.settings
    assert (settings.init, settings.style_mask, settings.content_mask) == (
        "input:3",
        ("input:4", "", "input:5"),
        "input:6",
    )
    assert [RECIPE.input_named(text).role for _, text in files_of(settings)] == [item.role for item in MASKS]
    assert RECIPE.input_named("input:8").role == "weights" and ".pth" not in json.dumps(
        RECIPE.without_names().as_table()
    )


def test_without_names_nothing_is_named():
    private = RECIPE.without_names()
    assert private.private and not RECIPE.private and parse(private.to_text()) == private
    assert not any(word in private.to_text() for word in ("png", "home", "someone", "array", "name", "path"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"format": 2, "version": "9.0", "new": 1},
            r"it has format 2, written by impasto 9.0; impasto .* reads format 1; update impasto",
        ),
        ({"format": "1"}, r'format must be a whole number from 1 on, got "1"'),
        ({"format": ...}, "format must be a whole number from 1 on, got null"),
        ({"format": 10**400}, "it has format 1000"),
        ({"inputs__0__weight": 0}, r"inputs\[0\].weight must be omitted unless the role is style, got 0.0"),
        ({"settings__size": "512"}, r'settings.size must be a whole number, got "512"; take another copy'),
        ({"settings__size": 512.0}, "settings.size must be a whole number, got 512.0"),
        ({"settings__size": True}, "settings.size must be a whole number, got true"),
        ({"settings__size": 10**400}, "size must be a whole number, got '1000"),
        ({"settings__size": 5}, "size must be >= 16 and <= 65535, got 5"),
        ({"settings__strength": [1]}, r"settings.strength must be a number or null, got \[1\]"),
        ({"settings__trim": 1}, "settings.trim must be true or false, got 1"),
        ({"settings__pooling": None}, "settings.pooling must be a text, got null"),
        ({"settings__pooling": "best"}, "pooling must be one of average, max, got 'best'"),
        ({"settings__pooling": "\x1b[2J"}, r'settings.pooling must be plain text, .*got "\\u001b\[2J"'),
        (
            {"settings__plan": "keep" * 99},
            r"settings.plan must be plain text, in parts of up to 200 characters, got .{0,90}…",
        ),
        ({"settings__style_layers": [["conv1_1", 1]]}, "settings.style_layers must be plain text"),
        ({"settings__style_layers": {"a": 1}}, "settings.style_layers must be a list of texts"),
        ({"settings__style_layers": ["conv9_9"]}, "unknown layer 'conv9_9'"),
        ({"settings__content_weight": 1.0}, "exclude each other"),
        (
            {"settings__command": "rm"},
            "unknown field 'settings.command', made by impasto .*; take another copy",
        ),
        ({"run": "rm -rf"}, "unknown field 'run'"),
        ({"inputs__0__url": "x"}, r"unknown field 'inputs\[0\].url'"),
        (
            {"command": "film"},
            'command must be one of stylize, video, texture, reconstruct, features, instant, got "film"',
        ),
        ({"device": "tpu"}, "device must be one of cpu, cuda, mps"),
        ({"weights": "x"}, "weights must be 64 hexadecimal digits"),
        ({"content_weight": -1}, "content_weight must be a number >= 0, got -1"),
        ({"content_weight": "1"}, 'content_weight must be a number, got "1"'),
        ({"settings": []}, r"settings must be a table, got \[\]"),
        ({"settings": ...}, "field 'settings' is missing"),
        ({"inputs": {}}, "inputs must be a list, got {}"),
        ({"inputs": []}, r"inputs must be one content and at least one style, got \[\]"),
        ({"inputs__0": "a.png"}, r"inputs\[0\] must be a table"),
        ({"inputs__0__role": "output"}, r"inputs\[0\].role must be one of content, style, "),
        ({"inputs__0__role": "style"}, "inputs must be one content and at least one style"),
        ({"inputs__0__sha256": HASH.upper()}, r"inputs\[0\].sha256 must be 64 hexadecimal digits"),
        ({"inputs__0__sha256": ...}, r"field 'inputs\[0\].sha256' is missing"),
        ({"inputs__0__bytes": -1}, r"inputs\[0\].bytes must be >= 0, got -1"),
        ({"inputs__0__name": "../a.png"}, r"inputs\[0\].name must be a file's name without its folder"),
        ({"inputs__0__name": "/etc/passwd"}, r"inputs\[0\].name must be a file's name without its folder"),
        ({"inputs__0__path": "a\0b"}, r"inputs\[0\].name must be"),
        ({"inputs__1__weight": -0.5}, r"inputs\[1\].weight must be a number >= 0, got -0.5"),
        ({"inputs__3__pixels": True}, r"inputs\[3\].pixels must be false"),
        (
            {"settings__init": "/etc/passwd"},
            r'settings.init must be input:N, the number of an input of that role, got "/etc/passwd"',
        ),
        ({"settings__init": "input:0"}, "settings.init must be input:N"),
        ({"settings__init": "input:99"}, "settings.init must be input:N"),
        ({"settings__weights": "x.pth"}, "settings.weights must be input:N"),
        ({"settings__style_mask": ["input:4", "../x"]}, "settings.style_mask must be input:N"),
    ],
)
def test_a_wrong_field_is_one_line_with_value_and_way_out(changes, message):
    with pytest.raises(RecipeError, match=message) as caught:
        parse(changed(**changes))
    text = str(caught.value)
    assert (
        text.isprintable()
        and len(text) < 500
        and any(word in text for word in ("take another copy", "update impasto"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        '"x"',
        "null",
        "NaN",
        '{"format": NaN}',
        '{"format":1}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5000,
        "{}\x1b",
    ],
)
def test_what_is_no_recipe_is_one_line(text):
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
NAMES = list(described(Settings))
TOP = [
    "format",
    "settings",
    "inputs",
    "version",
    "weights",
    "content_weight",
    "device",
    "strip",
    "finished",
    "command",
    "inputs__0",
    "other",
]
INNER = [f"inputs__{i}__{field.name}" for i in (0, 1, 3) for field in dataclasses.fields(Input)]
PLACES = st.sampled_from([*(f"settings__{name}" for name in NAMES), *INNER, *TOP])


@limits(max_examples=400)
@given(place=PLACES, value=JSON)
def test_any_value_in_any_place_is_taken_or_refused_in_one_line(place, value):
    text = changed(**{place: value})
    try:
        recipe = parse(text)
    except RecipeError as error:
        assert str(error).isprintable() and len(str(error)) < 1500
        return
    # What is taken is sound: it can be written and read, and names no file.
    assert parse(recipe.to_text()) == recipe
    assert all(file.startswith("input:") for _, file in files_of(recipe.settings))
    assert not any("/" in item.name for item in recipe.inputs)


@limits(max_examples=200)
@given(text=st.text(max_size=200))
def test_any_text_is_refused_in_one_line(text):
    with pytest.raises(RecipeError) as caught:
        parse(text)
    assert str(caught.value).isprintable()


def test_a_layers_weight_keeps_its_last_digit():
    for weight in (1 / 3, 0.2, 1e-7, 2.0, 123456789.0):
        assert Layer.parse(str(Layer("conv1_1", weight))) == Layer("conv1_1", weight)
    assert str(Layer("conv1_1", 0.5)) == "conv1_1:0.5" and str(Layer("conv1_1")) == "conv1_1"
    with pytest.raises(SettingsError, match="style weight must be a number, got '1000"):
        Settings(style_weight=10**400)
