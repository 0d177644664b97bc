"""Results made again by their recipes, in Python."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image

import impasto
from conftest import blobs
from impasto.encoder.weights import BUNDLED
from impasto.errors import RecipeError, SettingsError
from impasto.jobs.again import again
from impasto.recipe.change import Change
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills import stylize as module
from impasto.stills.again import prepare
from impasto.stills.stylize import Stylization, stylize

SMALL = Settings(size=64, steps=4, start_size=32, strength=50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pictures and a result, made once; tests do not change them."""
    folder = tmp_path_factory.mktemp("made")
    exif = Image.Exif()
    exif[271] = "Camera Works"
    Image.fromarray(blobs(48, 64, 1)).save(folder / "photo.png", exif=exif.tobytes())
    Image.fromarray(blobs(64, 48, 2)).save(folder / "painting.png")
    stylize(folder / "photo.png", (folder / "painting.png", 0.3), SMALL).save(folder / "out.png")
    return folder


def prepared(*args, **options):
    """Return the run that makes a result again, and what is said of it."""
    run = prepare(*args, **options)
    return run, [one.text for one in run.notes]


def test_the_recipe_says_how_the_result_was_made(folder):
    recipe = Recipe.read(folder / "out.png")
    assert [item.role for item in recipe.inputs] == ["content", "style"] and recipe.inputs[1].weight == 0.3
    assert (
        recipe.settings.strength == 50
        and recipe.settings.convolutions
        and recipe.settings.plan
        and recipe.settings.threads
    )
    assert (
        recipe.weights.startswith("966416a7")
        and recipe.version == impasto.__version__
        and recipe.device == "cpu"
    )
    assert recipe.finished and not recipe.strip and not recipe.private


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.jpg", {}),
        ("a.webp", {}),
        ("a.tiff", {}),
        ("b.png", {"depth": 16}),
        ("b.tiff", {"depth": 16, "strip": True}),
        ("c.png", {"private": True}),
        ("d.jpg", {"strip": True}),
    ],
)
def test_again_gives_the_same_bytes_in_every_format(folder, tmp_path, name, options):
    first = again(folder / "out.png").save(tmp_path / name, **options)
    result = again(first, inputs=[folder])
    assert result.save(tmp_path / f"2{name}").read_bytes() == first.read_bytes()
    assert Recipe.read(first).settings.depth == options.get("depth", 8)
    data = first.read_bytes()
    assert (b"photo.png" in data, str(folder).encode() in data) == (not options.get("private"),) * 2
    assert (b"Camera Works" in data) == (not options.get("strip"))
    assert Recipe.read(first).private == options.get("private", False)
    assert b"impasto:recipe" not in result.save(tmp_path / f"3{name}", recipe=False).read_bytes()
    with pytest.raises(RecipeError, match="carries no recipe"):
        Recipe.read(tmp_path / f"3{name}")


def test_what_this_machine_learns_in_between_changes_no_byte(folder, tmp_path):
    stylize(
        folder / "photo.png", folder / "painting.png", SMALL.with_changes(size=128, steps=2, start_size=0)
    )
    result = stylize(folder / "photo.png", (folder / "painting.png", 0.3), SMALL)
    assert result.save(tmp_path / "out.png").read_bytes() == (folder / "out.png").read_bytes()


def test_masks_and_a_start_of_ones_own_are_inputs_too(folder, tmp_path):
    half = np.zeros((48, 64), np.uint8)
    half[:, 32:] = 255
    for name in ("mask.png", "other.png"):
        Image.fromarray(half if name == "mask.png" else half[:, ::-1]).save(tmp_path / name)
    mask = str(tmp_path / "mask.png")
    settings = SMALL.with_changes(
        style_mask=("", mask),
        content_mask=mask,
        protect=mask,
        init=str(folder / "painting.png"),
        weights=str(BUNDLED),
    )
    first = stylize(folder / "photo.png", [folder / "painting.png", folder / "photo.png"], settings).save(
        tmp_path / "first.png", private=True
    )
    roles = [item.role for item in Recipe.read(first).inputs]
    assert roles == ["content", "style", "style", "init", "style_mask", "content_mask", "protect", "weights"]
    data = first.read_bytes()
    assert not any(
        word in data for word in (b"mask.png", b"photo", b"painting", str(tmp_path).encode(), b"safetensors")
    )
    result = again(first, inputs=[folder, BUNDLED])
    assert result.save(tmp_path / "2.png").read_bytes() == data and result.settings.content_mask == mask
    # What is replaced need not be there any more; and a private recipe stays private.
    (tmp_path / "mask.png").unlink()
    with pytest.raises(RecipeError, match="a style mask without a name .* give its folder as inputs"):
        again(first, inputs=[folder, BUNDLED])
    other = str(tmp_path / "other.png")
    changed = again(first, inputs=[folder, BUNDLED], style_mask=("", other), content_mask="", protect="")
    assert changed.recipe.private and "content_mask" not in [item.role for item in changed.recipe.inputs]


def test_changes_change_their_settings_and_leave_the_others(folder):
    large = again(folder / "out.png", size=128, strength=70)
    assert max(large.image.size) == 128 and large.settings.strength == 70 and large.settings.steps == 4
    assert (
        large.settings.plan.count(",") == 3 and large.recipe.inputs == Recipe.read(folder / "out.png").inputs
    )
    weighed = again(folder / "out.png", content_weight=2, depth=16, quality="draft", steps=2).settings
    assert (weighed.strength, weighed.content_weight, weighed.depth, weighed.steps) == (None, 2, 16, 2)
    planned = again(folder / "out.png", plan="tile:32", size=70).settings
    assert planned.plan.startswith("tile:32")
    exact = again(folder / "out.png", precision="float32", steps=1, start_size=0).settings
    assert "bf16" not in exact.convolutions
    with pytest.raises(SettingsError, match="unknown setting 'sise'"):
        again(folder / "out.png", sise=128)


def test_what_was_changed_stays_at_its_step_until_the_steps_are_others(folder):
    changes = (
        Change(scale=1, step=1, settings={"strength": 70.0}),
        Change(scale=2, step=0, settings={"tv_weight": 0.1, "calm": 1.0}),
    )
    recipe = dataclasses.replace(Recipe.read(folder / "out.png"), changes=changes)
    run, notes = prepared(recipe, Finder(), {"depth": 16, "size": 64})
    assert run.changes == changes and run.settings.strength == 50 and notes == []
    run, notes = prepared(recipe, Finder(), {"tv_weight": 0.5})
    assert (
        run.changes == (changes[0], Change(scale=2, step=0, settings={"calm": 1.0}))
        and run.settings.tv_weight == 0.5
    )
    for given in ({"strength": 60}, {"content_weight": 2}):
        assert prepared(recipe, Finder(), given)[0].changes == (
            Change(scale=2, step=0, settings={"tv_weight": 0.1}),
        )
    run, notes = prepared(recipe, Finder(), {"size": 96})
    assert run.changes == () and (run.settings.strength, run.settings.tv_weight, run.settings.calm) == (
        70,
        0.1,
        1,
    )
    assert notes[0].endswith(
        "applies from the start: strength 70 from scale 1, step 2 on; "
        "tv weight 0.1, calm 1 from scale 2, step 1 on"
    )


def test_arrays_are_made_again_from_arrays():
    first = stylize(blobs(48, 64, 1), [blobs(64, 48, 2)], SMALL)
    assert first.recipe.inputs[0].pixels
    again_ = again(first.recipe, inputs=[blobs(64, 48, 2), blobs(48, 64, 1)])
    assert again_.image.tobytes() == first.image.tobytes() and again_.recipe == first.recipe


def test_a_result_that_was_stopped_says_so_and_is_painted_to_its_end(folder, tmp_path):
    count = iter(range(100))
    stopped = stylize(
        folder / "photo.png", folder / "painting.png", SMALL, on_event=lambda event: next(count) < 2
    )
    assert not stopped.recipe.finished and Recipe.read(stopped.save(tmp_path / "a.png")) == stopped.recipe
    assert prepared(stopped.recipe, Finder(), {})[1] == ["the result was stopped early; this run finishes it"]
    result = again(stopped.recipe)
    assert result.recipe.finished and max(result.image.size) == 64


def test_other_versions_devices_and_memory_are_said(folder, monkeypatch):
    recipe = Recipe.read(folder / "out.png")
    assert recipe.torch == str(torch.__version__)
    _, notes = prepared(
        dataclasses.replace(recipe, version="0.0.1\x1b", torch="1.0\x1b", device="mps"), Finder(), {}
    )
    assert [note.split(":")[0] for note in notes] == [
        f"made with torch 1.0\\u001b, and this is {torch.__version__}",
        f"made by impasto 0.0.1\\u001b, and this is {impasto.__version__}",
        "made on a mps device, which this machine does not have",
    ]
    run, notes = prepared(recipe, Finder(), {}, memory=1_100_000_000)
    assert not notes and run.settings.plan
    monkeypatch.setattr(module, "plan_scales", short_of_memory(module.plan_scales))
    run, notes = prepared(recipe, Finder(), {})
    assert run.settings.plan == "" and "the plan of the recipe needs more memory than there is" in notes[0]


def short_of_memory(inner):
    def plan_scales(scales, settings, value, most):
        return inner(scales, settings, value, 1000 if settings.plan else most)

    return plan_scales


def test_other_weights_are_refused_unless_given(folder):
    recipe = dataclasses.replace(Recipe.read(folder / "out.png"), weights="ab" * 32)
    with pytest.raises(
        RecipeError,
        match=r"made with weights of SHA-256 abababab…, and those of impasto .* have 966416a7…; "
        r"give the file as weights",
    ):
        prepare(recipe, Finder(), {})
    _, notes = prepared(recipe, Finder(), {"weights": str(BUNDLED)})
    assert notes == ["painted with other encoder weights than the recipe's"]


def test_a_hostile_recipe_writes_nothing_and_opens_only_what_has_the_hash(folder, tmp_path, monkeypatch):
    table, opened = Recipe.read(folder / "out.png").as_table(), []
    monkeypatch.setattr(Stylization, "__init__", lambda *arguments, **options: opened.append(arguments))
    for path in ("/etc/passwd", str(tmp_path / "../../x.png"), "../../x"):
        table["inputs"][0] |= {"path": path, "name": "x.png"}
        (tmp_path / "evil.json").write_text(json.dumps(table))
        with pytest.raises(RecipeError, match="content 'x.png' .* (is not|has changed)"):
            again(tmp_path / "evil.json")
        assert not opened and [file.name for file in tmp_path.iterdir()] == ["evil.json"]
