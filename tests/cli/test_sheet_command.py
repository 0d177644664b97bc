"""`impasto sheet`, and a full run from a cell, as a person types them."""

import json
import tempfile

import pytest
import torch
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.cli import sheet as module
from impasto.cli.progress import Lines
from impasto.cli.sheet import styles_in
from impasto.engine.events import CellBegun, Step
from impasto.errors import OutputError
from impasto.recipe.recipe import Recipe
from impasto.recipe.sheet import SheetRecipe
from impasto.stills.flaws import Flaws

SMALL = ["--size", "48", "--steps", "1", "--quiet"]


@pytest.fixture
def folder(tmp_path, monkeypatch, photo, painting):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def made(folder):
    command = [
        "sheet",
        "photo.png",
        "painting.png",
        "--vary",
        "strength=20,80",
        "--vary",
        "brush=1,2",
        "--colors",
        "mix",
        "-o",
        "sheet.png",
    ]
    assert run_command([*command, *SMALL]) == 0
    return folder / "sheet.png"


def test_a_full_run_starts_from_a_cell_with_the_settings_that_were_given(made, folder, capsys):
    assert run_command(["again", "sheet.png", "--cell", "b2", "--size", "64", "--steps", "1", "--quiet"]) == 0
    recipe = Recipe.read("sheet-B2.png")
    assert (
        recipe.settings.strength,
        recipe.settings.brush,
        recipe.settings.colors,
        recipe.settings.size,
    ) == (80, 2, "mix", 64)
    arguments = [
        "--strength",
        "80",
        "--brush",
        "2",
        "--colors",
        "mix",
        "--size",
        "64",
        "--steps",
        "1",
        "--quiet",
        "-o",
        "direct.png",
    ]
    assert run_command(["stylize", "photo.png", "painting.png", *arguments]) == 0
    assert (folder / "direct.png").read_bytes() == (folder / "sheet-B2.png").read_bytes()
    assert run_command(["again", "sheet-B2.png", "--quiet", "-o", "2.png"]) == 0
    assert "is an input and is never overwritten" in failed(
        capsys, "again", "sheet.png", "--cell", "A1", "-o", "sheet.png", code=4
    )
    cell = SheetRecipe.read("sheet.png").cell("B2").settings
    assert (cell.size, cell.quality, cell.steps) == (512, "normal", 0)


def test_show_prints_the_sheet_or_one_cell(made, capsys):
    assert run_command(["show", "sheet.png"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["vary"] == [["strength", [20, 80]], ["brush", [1, 2]]] and table["cells"] == {
        "size": 48,
        "quality": "draft",
        "steps": 1,
    }
    assert run_command(["show", "sheet.png", "--cell", "A2"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert (
        table["settings"]["strength"] == 80
        and table["settings"]["brush"] == 1
        and table["command"] == "stylize"
    )


def test_cells_that_are_not_there_and_sheets_taken_for_results_are_one_line(made, capsys):
    assert "the sheet has no cell 'C9'; it has A1 to B2" in failed(
        capsys, "again", "sheet.png", "--cell", "C9", code=8
    )
    assert "the sheet has no cell 'C9'; it has A1 to B2" in failed(
        capsys, "show", "sheet.png", "--cell", "C9", code=8
    )
    said = failed(capsys, "again", "sheet.png", code=8)
    assert (
        "cannot use the recipe of 'sheet.png': it is that of a sheet; "
        "start the full run from one of its cells, such as --cell A1" in said
    )
    assert run_command(["stylize", "photo.png", "painting.png", *SMALL, "-o", "out.png"]) == 0
    assert "it is that of a single picture, which has no cells; leave --cell out" in failed(
        capsys, "again", "out.png", "--cell", "A1", code=8
    )
    assert "carries no recipe" in failed(capsys, "again", "photo.png", "--cell", "A1", code=8)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "a sheet needs at least two cells, got 1; give several styles, or --vary NAME=VALUE,VALUE"),
        (
            ["--vary", "strength"],
            2,
            "--vary must be NAME=VALUE,VALUE, such as strength=20,50,80, got 'strength'",
        ),
        (["--vary", "strenght=1,2"], 2, "unknown setting 'strenght' in --vary"),
        (["--vary", "strength=20,high"], 2, "strength must be a number, got 'high'"),
        (["--vary", "strength=20,"], 2, "strength must be a number, got ''"),
        (["--vary", "strength=20,20"], 2, "strength 20 is given twice in --vary; leave one out"),
        (["--vary", "strength=1,2", "--vary", "strength=3,4"], 2, "strength is varied twice"),
        (
            ["--vary", "seed=" + ",".join(map(str, range(101)))],
            2,
            "a sheet has at most 100 cells, got 1x101 = 101",
        ),
        (["--vary", "pooling=average,best"], 2, "pooling must be one of average, max, got 'best'"),
        (["--vary", "trim=on,yes"], 2, "trim must be on or off, got 'yes'"),
        (["--vary", "style-layers=conv1_1;conv6_1"], 2, "unknown layer 'conv6_1'"),
        (["--vary", "brush=1,2", "--size", "4000"], 2, "size must be >= 16 and <= 2048, got 4000"),
        (["none.png"], 3, "no file 'none.png'; check the path"),
        (["photo.png+none.png"], 3, "no file 'none.png'; check the path"),
        (["--vary", "brush=1,2", "-o", "sheet.gif"], 4, "the name must end in"),
        (
            ["--vary", "brush=1,2", "-o", "painting.png"],
            4,
            "'painting.png' is an input and is never overwritten",
        ),
        (
            ["--vary", "init=content,photo.png", "--init", "mask.png", "-o", "mask.png"],
            3,
            "cannot read 'mask.png': No such file or directory",
        ),
    ],
)
def test_what_makes_no_sheet_is_one_line_and_leaves_nothing(folder, capsys, arguments, code, message):
    before = sorted(folder.iterdir())
    assert message in failed(capsys, "sheet", "photo.png", "painting.png", *arguments, code=code)
    assert sorted(folder.iterdir()) == before


def test_paintings_to_choose_from_and_to_mix(folder, capsys):
    Image.fromarray(blobs(48, 64, 7)).save("a+b.png")
    assert styles_in("a+b.png") == ("a+b.png", 1.0) and styles_in("a+b.png:2") == ("a+b.png", 2.0)
    assert styles_in("x.png:2+y.png") == [("x.png", 2.0), ("y.png", 1.0)]
    assert (
        run_command(
            [
                "sheet",
                "photo.png",
                "a+b.png",
                "painting.png",
                "a+b.png",
                "--json",
                "--size",
                "32",
                "--steps",
                "1",
            ]
        )
        == 0
    )
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["name"], record["text"]) for record in records if record["kind"] == "cell_begun"] == [
        ("A1", "a+b"),
        ("B1", "painting"),
        ("C1", "a+b"),
    ]
    done = records[-1]
    assert (
        done["output"].endswith("photo+sheet.png")
        and set(done["cells"]) == {"A1", "B1", "C1"}
        and not done["interrupted"]
    )
    assert all(cell["flaws"].startswith("intrusions ") for cell in done["cells"].values())
    assert "style conv1_1" in done["cells"]["A1"]["losses"] and SheetRecipe.read(done["output"]).names == [
        "A1",
        "B1",
        "C1",
    ]


class Stopping:
    """A reporter during whose third step Ctrl-C is pressed."""

    def __init__(self, after: int) -> None:
        self.after, self.records, self.cells = after, [], []

    def note(self, text):
        pass

    def event(self, event):
        if isinstance(event, CellBegun):
            self.cells.append(event.name)
        if isinstance(event, Step) and event.step == self.after:
            raise KeyboardInterrupt

    def done(self, record):
        self.records.append(record)

    def close(self):
        pass


def test_cells_with_flaws_are_named(folder, monkeypatch, capsys):
    clean, intruding = torch.zeros(2, 3), torch.tensor([[1.0, 0, 0], [0, 0, 0]])
    found = iter([Flaws(clean, clean, clean), Flaws(intruding, clean, clean)])
    monkeypatch.setattr(module, "find_flaws", lambda *pictures: next(found))
    monkeypatch.setattr(module, "reporter", lambda **options: Lines())
    command = ["sheet", "photo.png", "painting.png", "--vary", "seed=0,1", "--size", "32", "--steps", "1"]
    assert run_command(command) == 0
    said = capsys.readouterr().err
    assert "cell B1: intrusions 17% (top left), lost 0%, unpainted 0%" in said
    assert "cell A1: intrusions" not in said


def test_interrupted_the_cells_so_far_are_written(folder, monkeypatch):
    report = Stopping(3)
    monkeypatch.setattr(module, "reporter", lambda **options: report)
    assert (
        run_command(
            [
                "sheet",
                "photo.png",
                "painting.png",
                "--vary",
                "seed=0,1,2",
                "--size",
                "32",
                "--steps",
                "2",
                "-o",
                "sheet.png",
            ]
        )
        == 130
    )
    assert (
        report.cells == ["A1", "B1"]
        and report.records[0]["interrupted"]
        and list(report.records[0]["cells"]) == ["A1"]
        and "flaws" not in report.records[0]["cells"]["A1"]
    )
    assert SheetRecipe.read("sheet.png").names == ["A1", "B1", "C1"]
    with Image.open("sheet.png") as image:
        assert image.width > 3 * 32


def test_interrupted_before_a_cell_nothing_is_written(folder, monkeypatch, capsys):
    monkeypatch.setattr(module, "reporter", lambda **options: (_ for _ in ()).throw(KeyboardInterrupt))
    assert (
        run_command(["sheet", "photo.png", "painting.png", "--vary", "seed=0,1", *SMALL, "-o", "sheet.png"])
        == 130
    )
    assert (
        not (folder / "sheet.png").exists()
        and "interrupted before there was a picture" in capsys.readouterr().err
    )


def test_the_sheet_grows_in_its_file(folder, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "EVERY", 0.0)
    inner = module.Sheet.save
    monkeypatch.setattr(
        module.Sheet,
        "save",
        lambda self, path, **options: seen.append(list(self.painted)) or inner(self, path, **options),
    )
    assert (
        run_command(["sheet", "photo.png", "painting.png", "--vary", "seed=0,1,2", *SMALL, "-o", "sheet.png"])
        == 0
    )
    assert seen == [["A1"], ["A1", "B1"], ["A1", "B1", "C1"]]


def test_lines_say_which_cell_is_painted(folder, capsys):
    assert (
        run_command(
            [
                "sheet",
                "photo.png",
                "painting.png",
                "--vary",
                "trim=on,off",
                "--size",
                "32",
                "--steps",
                "1",
                "-o",
                "sheet.png",
            ]
        )
        == 0
    )
    said = capsys.readouterr()
    assert (
        "cell A1, 1 of 2: trim on\n" in said.err
        and "step 2/2" in said.err
        and "painted sheet.png (" in said.err
        and said.out == ""
    )
    assert said.err.endswith("'impasto again sheet.png --cell A1' starts the full run from a cell\n")


def test_where_the_sheet_cannot_be_written_any_more_it_is_kept_elsewhere(folder, monkeypatch, capsys):
    monkeypatch.setattr(module, "EVERY", 0.0)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(folder / "refuge"))
    for name in ("out", "refuge"):
        (folder / name).mkdir()
    inner = module.Sheet.save

    def save(self, path, **options):
        if path.parent.name == "out":
            raise OutputError(f"cannot write '{path}': No space left on device")
        return inner(self, path, **options)

    monkeypatch.setattr(module.Sheet, "save", save)
    assert (
        run_command(
            [
                "sheet",
                "photo.png",
                "painting.png",
                "--vary",
                "seed=0,1",
                "--size",
                "32",
                "--steps",
                "1",
                "-o",
                "out/sheet.png",
            ]
        )
        == 4
    )
    said = capsys.readouterr().err
    assert "No space left on device; painting continues\n" in said and "The picture is kept at" in said
    assert SheetRecipe.read(folder / "refuge/sheet.png").names == ["A1", "B1"]
