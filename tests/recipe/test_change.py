"""Changes of a run in order, and what counts at a step."""

import json

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from test_recipe import HASH, JSON, PAINTING, PHOTO

from impasto.errors import RecipeError, SettingsError
from impasto.recipe.change import Change, changeable, check_changes, in_effect, with_change
from impasto.recipe.input import Input
from impasto.recipe.recipe import Recipe, parse
from impasto.settings import Settings

START, WEIGHTS = Settings(strength=50), (1.0, 2.0)
CHANGES = (
    Change(scale=1, step=3, settings={"strength": 60.0}),
    Change(scale=2, step=0, settings={"tv_weight": 1 / 3}, styles=(1.0, 0.0)),
)
STYLES = (PAINTING, Input(role="style", sha256=HASH, bytes=3, weight=2.0, name="c.png"))
RECIPE = Recipe(settings=START, inputs=(PHOTO, *STYLES), weights=HASH, changes=CHANGES, torch="2.9.0+cpu")


def test_what_counts_at_a_step_are_all_changes_up_to_there():
    def at(*place):
        now = in_effect(START, WEIGHTS, CHANGES, place)
        return now.settings.strength, now.settings.tv_weight, now.weights

    assert (
        at(1, 2) == (50, 0, (1, 2))
        and at(1, 3) == at(1, 99) == (60, 0, (1, 2))
        and at(2, 0) == at(9, 9) == (60, 1 / 3, (1, 0))
    )
    assert in_effect(START, WEIGHTS, CHANGES, (2, 0)).shares == [1, 0]


def test_a_new_change_takes_the_place_of_what_was_to_come():
    new = with_change(
        START, WEIGHTS, CHANGES, Change(scale=1, step=1, settings={"strength": "70", "tv_weight": 2})
    )
    assert new == (
        Change(scale=1, step=1, settings={"strength": 70.0, "tv_weight": 2.0}),
        Change(scale=2, step=0, styles=(1.0, 0.0)),
    )
    assert with_change(START, WEIGHTS, CHANGES, Change(scale=1, step=3, styles=(2.0, 1.0)))[0].names == {
        "strength",
        "styles",
    }
    assert (
        with_change(
            START, WEIGHTS, CHANGES, Change(scale=3, step=3, settings={"strength": 60.0}, styles=(1.0, 0.0))
        )
        == CHANGES
    )
    assert (
        with_change(START, WEIGHTS, CHANGES, Change(scale=1, step=1, settings={"strength": 50.0}))
        == CHANGES[1:]
    )


def test_what_can_change_is_what_the_run_has():
    assert changeable(START, 1) == ("strength", "calm", "style_weight", "tv_weight", "range_weight")
    assert changeable(Settings(content_weight=1, style_weight=0), 2) == (
        "content_weight",
        "tv_weight",
        "range_weight",
        "styles",
    )
    for change, words in (
        (
            Change(scale=1, step=0, settings={"size": 64}),
            "size cannot change while a picture is painted; settings that can are strength, calm",
        ),
        (Change(scale=1, step=0, settings={"content_weight": 1}), "content_weight cannot change"),
        (Change(scale=1, step=0, settings={"strength": 101}), "strength must be >= 0 and <= 100, got 101"),
        (Change(scale=1, step=0, settings={"strength": "much"}), "strength must be a number, got 'much'"),
        (Change(scale=1, step=0, styles=(1.0,)), "styles must have a weight for each of 2, in order, got 1"),
        (Change(scale=1, step=0, styles=(0.0, 0.0)), "style weights must be >= 0 and not all 0, got 0, 0"),
    ):
        with pytest.raises(SettingsError, match=words):
            with_change(START, WEIGHTS, (), change)
        with pytest.raises(SettingsError, match=words):
            check_changes(START, WEIGHTS, (change,))
    nothing = (
        Change(scale=1, step=0, settings={"content_weight": 0.0}),
        Change(scale=1, step=1, settings={"style_weight": 0.0}),
    )
    with pytest.raises(SettingsError, match="content weight and style weight are both 0"):
        check_changes(Settings(content_weight=1), (1.0,), nothing)


def test_changes_come_back_with_their_recipe():
    text = RECIPE.to_text()
    assert parse(text) == RECIPE and parse(text).to_text() == text
    assert str(RECIPE.changes[1]) == "tv weight 0.333333, styles 1,0 from scale 2, step 1 on"
    old = json.loads(text)
    del old["changes"], old["torch"]
    assert parse(json.dumps(old)).changes == () and parse(json.dumps(old)).torch == ""


def changed(**entries):
    table = json.loads(RECIPE.to_text())
    table["changes"][1] |= entries
    return json.dumps(table)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"scale": 1}, r"changes\[1\] must be at a scale from 1 on .* after the one before it, got \[1, 0\]"),
        ({"scale": 1, "step": 3}, "after the one before it"),
        ({"step": -1}, r"after the one before it, got \[2, -1\]"),
        ({"scale": 2.0}, r"changes\[1\].scale must be a whole number, got 2.0"),
        ({"step": "1"}, r'changes\[1\].step must be a whole number, got "1"'),
        ({"settings": []}, r"changes\[1\].settings must be a table, got \[\]"),
        ({"settings": {"strength": "70"}}, r'changes\[1\].strength must be a number, got "70"'),
        ({"settings": {"strength": True}}, r"changes\[1\].strength must be a number, got true"),
        ({"settings": {"strength": None}}, r"changes\[1\].strength must be a number, got null"),
        ({"settings": {"strength": 10**400}}, r"changes\[1\]: strength must be a number, got '1000"),
        ({"settings": {"strength": -1}}, r"changes\[1\]: strength must be >= 0 and <= 100, got -1"),
        ({"settings": {"init\x1b": 1}}, r"changes\[1\]: init\\u001b cannot change"),
        ({"settings": {"plan": 1}}, r"changes\[1\]: plan cannot change"),
        ({"settings": {"content_weight": 1}}, r"changes\[1\]: content_weight cannot change"),
        ({"settings": {}, "styles": []}, r"changes\[1\]: styles must have a weight for each of 2"),
        ({"styles": [1]}, r"changes\[1\]: styles must have a weight for each of 2, in order, got 1"),
        ({"styles": [1, "2"]}, r'changes\[1\].styles must be a number, got "2"'),
        ({"styles": [1, -2]}, r"changes\[1\]: style weights must be >= 0 and not all 0, got 1, -2"),
        ({"run": "rm"}, r"unknown field 'changes\[1\].run'"),
    ],
)
def test_a_wrong_change_is_one_line_with_value_and_way_out(entries, message):
    with pytest.raises(RecipeError, match=message) as caught:
        parse(changed(**entries))
    assert str(caught.value).isprintable() and any(
        word in str(caught.value) for word in ("take another copy", "update impasto")
    )


@pytest.mark.parametrize(
    "value",
    [
        {},
        "x",
        [1],
        [[]],
        [{}],
        [{"scale": 1}],
        [{"scale": 1, "step": 0}],
        [{"scale": 1, "step": 0, "settings": {}}],
        [{}] * 2000,
    ],
)
def test_what_are_no_changes_is_refused(value):
    with pytest.raises(RecipeError) as caught:
        parse(json.dumps(json.loads(RECIPE.to_text()) | {"changes": value}))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 500


@limits(max_examples=300)
@given(
    place=st.sampled_from(
        [
            "scale",
            "step",
            "settings",
            "styles",
            "settings.strength",
            "settings.tv_weight",
            "all",
            "list",
            "torch",
        ]
    ),
    value=JSON,
)
def test_any_value_in_any_place_is_taken_or_refused_in_one_line(place, value):
    table = json.loads(RECIPE.to_text())
    last = table["changes"][1]
    if place.startswith("settings."):
        last["settings"][place.removeprefix("settings.")] = value
    elif place in ("all", "list"):
        table["changes"] = [value] if place == "all" else value
    else:
        (table if place == "torch" else last)[place] = value
    try:
        recipe = parse(json.dumps(table))
    except RecipeError as error:
        assert str(error).isprintable() and len(str(error)) < 1500
        return
    assert parse(recipe.to_text()) == recipe
    assert check_changes(recipe.settings, recipe.style_weights, recipe.changes) == recipe.changes
