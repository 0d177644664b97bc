"""Sheets: a cell equals a separate run, and a full run from a cell equals one with its settings."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

import impasto
from conftest import blobs
from impasto.engine.events import CellBegun, Note, ScaleDone, Step
from impasto.errors import OutputError, PictureError, SettingsError
from impasto.jobs.again import again
from impasto.recipe.sheet import Axis, SheetRecipe
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.stills import stock as stock_module
from impasto.stills.sheet import Sheet, sheet
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, stylize

CELLS = Cells(size=48, steps=2)
BASE = Settings(size=64, steps=3, start_size=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheet")
    for name, seed in (("photo", 1), ("night", 2), ("day", 3)):
        Image.fromarray(blobs(48, 64, seed)).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def made(folder):
    """A sheet of two paintings and their mix, in two strengths, saved."""
    events = []
    night, day = folder / "night.png", folder / "day.png"
    found = sheet(
        folder / "photo.png",
        [night, day, [(night, 2), day]],
        {"strength": (20, 80)},
        BASE,
        CELLS,
        on_event=events.append,
    )
    found.save(folder / "sheet.png")
    return found, events


def test_a_cell_is_what_a_run_of_its_settings_paints(made, folder):
    found, _ = made
    assert list(found.painted) == found.names == ["A1", "B1", "A2", "B2", "A3", "B3"]
    settings = BASE.with_changes(size=48, quality="draft", steps=2)
    night, day = folder / "night.png", folder / "day.png"
    for name, styles, strength in (("A1", night, 20), ("B3", [(night, 2), day], 80)):
        alone = stylize(folder / "photo.png", styles, settings.with_changes(strength=strength))
        assert (
            found.painted[name].image.tobytes() == alone.image.tobytes()
            and found.painted[name].losses == alone.losses_before_saving
        )


def test_the_picture_shows_every_cell_in_its_place(made):
    found, _ = made
    image, small = found.image(), np.asarray(found.painted["B3"].image)
    pixels = np.asarray(image)
    height, width = small.shape[:2]
    places = np.argwhere((pixels[:-height, :-width] == small[0, 0]).all(-1))
    assert any(
        (pixels[y : y + height, x : x + width] == small).all()
        for y, x in places
        if x > width and y > 2 * height
    )
    assert found.words("B3") == ["night:2 + day", "strength 80"] and found.words("A1", private=True) == [
        "style 1",
        "strength 20",
    ]


def test_events_count_over_the_whole_sheet(made):
    _, events = made
    steps = [event for event in events if isinstance(event, Step)]
    assert [event.step for event in steps] == list(range(1, 13)) and {event.steps for event in steps} == {12}
    assert steps[-1].seconds_left == 0 and [event.seconds for event in steps] == sorted(
        event.seconds for event in steps
    )
    assert [event.name for event in events if isinstance(event, CellBegun)] == [
        "A1",
        "B1",
        "A2",
        "B2",
        "A3",
        "B3",
    ]
    assert (
        events[0] == CellBegun("A1", 1, 6, "night, strength 20")
        and sum(isinstance(event, ScaleDone) for event in events) == 12
    )


def test_a_full_run_from_a_cell_is_that_of_its_settings(made, folder):
    recipe = SheetRecipe.read(folder / "sheet.png")
    assert recipe == made[0].recipe and recipe.settings == BASE and recipe.cells == CELLS
    cell = recipe.cell("B3")
    assert (cell.settings.size, cell.settings.steps, cell.settings.strength) == (64, 3, 80)
    full = again(cell, inputs=[folder])
    direct = stylize(
        folder / "photo.png", [(folder / "night.png", 2), folder / "day.png"], BASE.with_changes(strength=80)
    )
    assert full.image.tobytes() == direct.image.tobytes() and full.settings.strength == 80
    assert max(again(cell, size=80, steps=1, inputs=[folder]).image.size) == 80


def test_private_names_nothing_and_is_found_by_its_hashes(made, folder, tmp_path):
    path = made[0].save(tmp_path / "private.jpg", private=True)
    assert not any(word in path.read_bytes() for word in (b"photo.png", b"night", str(folder).encode()))
    recipe = SheetRecipe.read(path).cell("A2")
    assert recipe.private and again(recipe, inputs=[folder], steps=1).recipe.private


def test_stopped_it_shows_what_there_is_and_goes_on(made, folder, tmp_path):
    whole, _ = made
    run = Sheet(
        folder / "photo.png", folder / "night.png", {"strength": [20, 80], "seed": [0, 1]}, BASE, CELLS
    )
    with pytest.raises(SettingsError, match="no cell has been painted yet"):
        run.image()
    for event in run:
        if isinstance(event, Step) and event.step == 3:
            break
    assert list(run.painted) == ["A1"] and run.runs["B1"].state is not None
    partial = np.asarray(run.image())
    assert SheetRecipe.read(run.save(tmp_path / "part.png")).names == ["A1", "B1", "A2", "B2"]
    steps = [event.step for event in run if isinstance(event, Step)]
    assert steps == [4, 5, 6, 7, 8] and list(run.painted) == ["A1", "B1", "A2", "B2"]
    assert run.painted["A1"].image.tobytes() == whole.painted["A1"].image.tobytes()
    assert np.asarray(run.image()).shape[1] == partial.shape[1] and run.seconds > 0


def test_a_cell_that_diverges_is_noted_and_the_others_are_painted(folder):
    base = dataclasses.replace(BASE, optimizer="adam", range_weight=0, start_size=0)
    run = Sheet(folder / "photo.png", folder / "night.png", {"learning_rate": [1e38, 1]}, base, CELLS)
    events = list(run)
    notes = [event.text for event in events if isinstance(event, Note)]
    assert len(notes) == 1 and notes[0].startswith("cell A1: ") and list(run.painted) == ["A1", "B1"]


def test_files_that_vary_are_inputs(folder, tmp_path):
    half = np.zeros((48, 64), np.uint8)
    half[:, 32:] = 255
    Image.fromarray(half).save(tmp_path / "mask.png")
    run = Sheet(
        folder / "photo.png",
        folder / "night.png",
        {"style_mask": ["", str(tmp_path / "mask.png")], "init": ["content", "noise"]},
        BASE,
        CELLS,
    )
    assert [item.role for item in run.recipe.inputs] == ["content", "style", "style_mask"]
    assert run.words("B2") == ["style mask mask.png", "init noise"] and run.words("A1") == [
        "style mask none",
        "init content",
    ]
    assert run.words("B2", private=True) == ["style mask a file", "init noise"]
    recipe = SheetRecipe.read(Recorder(run).saved(tmp_path / "s.png"))
    assert recipe.cell("A2").settings.style_mask == ("input:2",) and len(recipe.cell("A1").inputs) == 2


class Recorder:
    """A sheet saved after its first step."""

    def __init__(self, run: Sheet) -> None:
        self.run = run

    def saved(self, path):
        next(event for event in self.run if isinstance(event, Step))
        return self.run.save(path)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            {"vary": {"strength": [20, 20.0]}},
            SettingsError,
            "strength 20 is given twice in vary; leave one out",
        ),
        ({"vary": {"strength": [20, 200]}}, SettingsError, "strength must be >= 0 and <= 100, got 200"),
        (
            {"vary": {"strength": [20, 30], "content_weight": [1, 2]}},
            SettingsError,
            "strength and content weight exclude each other",
        ),
        ({"vary": {"sise": [20, 30]}}, SettingsError, "unknown setting 'sise'"),
        ({"vary": {"seed": range(101)}}, SettingsError, "at most 100 cells, got 1x101 = 101"),
        ({}, SettingsError, "a sheet needs at least two cells, got 1"),
        ({"styles": []}, SettingsError, "a sheet needs at least two cells, got 0"),
        (
            {"vary": {"size": ["10cm", "20cm"], "dpi": [10, 20]}},
            SettingsError,
            "size 10cm is 39 in one cell and 79 in another; give it in pixels",
        ),
        (
            {"vary": {"brush": [1, 0.25]}, "settings": BASE.with_changes(forms=100)},
            PictureError,
            "cell B1: style 'night' at 12x9 px is too small for conv5_1",
        ),
        ({"styles": ["none.png", "other.png"]}, PictureError, "no file 'none.png'; check the path"),
    ],
)
def test_what_makes_no_sheet_is_refused_before_the_work(folder, arguments, kind, message):
    with pytest.raises(kind, match=message):
        Sheet(
            folder / "photo.png",
            **{"styles": folder / "night.png", "settings": BASE, "cells": CELLS} | arguments,
        )


def test_settings_that_depend_on_each_other_are_varied_together(folder):
    run = Sheet(
        folder / "photo.png",
        folder / "night.png",
        {"losses": ["mean", "gatys"], "content_weight": [1, 2]},
        BASE,
        CELLS,
    )
    assert run.vary == (Axis("losses", ("mean", "gatys")), Axis("content_weight", (1.0, 2.0)))
    run = Sheet(
        folder / "photo.png",
        folder / "night.png",
        {"quality": ["draft", "best"], "size": [32, 48]},
        BASE,
        CELLS,
    )
    assert [sum(scale.steps for scale in one.scales) for one in run.runs.values()] == [
        32,
        32,
        900,
        900,
    ] and run.size == (36, 48)
    assert run.recipe.cell("B2").settings.size == 48 and run.recipe.cell("B2").settings.total_steps == 900


def test_what_cells_share_is_opened_once(folder, monkeypatch):
    seen = []
    for name in ("load", "load_encoder", "input_of"):
        inner = getattr(stock_module, name)
        monkeypatch.setattr(
            stock_module, name, lambda *a, inner=inner, name=name, **k: seen.append(name) or inner(*a, **k)
        )
    run = Sheet(
        folder / "photo.png",
        [folder / "night.png", folder / "day.png"],
        {"strength": [20, 50], "pooling": ["average", "max"]},
        BASE,
        CELLS,
    )
    assert (seen.count("load"), seen.count("load_encoder"), seen.count("input_of")) == (3, 2, 3)
    assert len({id(one.encoder.layers) for one in run.runs.values()}) == 2
    stock = Stock()
    one, other = (
        Stylization(folder / "photo.png", folder / "night.png", BASE, stock=stock) for _ in range(2)
    )
    assert (
        one.pictures.content is other.pictures.content
        and one.encoder.layers is other.encoder.layers
        and one.inputs == other.inputs
    )


def test_names_are_public_and_errors_come_from_saving(made, tmp_path):
    assert impasto.sheet is sheet and impasto.Sheet is Sheet and impasto.SheetRecipe is SheetRecipe
    with pytest.raises(OutputError, match="the name must end in"):
        made[0].save(tmp_path / "sheet.gif")
