"""`impasto compare`: the table, and the page as a stranger's names may make it."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from PIL import Image

from conftest import blobs
from impasto.cli import run_command
from impasto.cli.compare import letter_of
from impasto.cli.report import chart
from impasto.jobs.curve import CURVE, Point
from impasto.recipe.recipe import Recipe
from impasto.stills.flaws import find_flaws
from impasto.stills.judge import judge

EVIL = "b<script>alert(1)<&\"'.png"


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """A folder with two results, one of them with its job, and a copy of it."""
    folder = tmp_path_factory.mktemp("made") / "folder"
    folder.mkdir()
    Image.fromarray(blobs(48, 64, 1)).save(folder / "photo.png")
    Image.fromarray(blobs(64, 48, 2)).save(folder / "painting.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        paint()
    shutil.copytree(folder, folder.parent / "copy")
    return folder


@pytest.fixture
def folder(painted, monkeypatch):
    """The folder as it was when it was made: recipes say where their inputs lie."""
    shutil.rmtree(painted)
    shutil.copytree(painted.parent / "copy", painted)
    monkeypatch.chdir(painted)
    return painted


def paint():
    for name, strength, more in (("a.png", "30", ["--job", "night"]), (EVIL, "80", ["--brush", "2"])):
        assert (
            run_command(
                [
                    "stylize",
                    "photo.png",
                    "painting.png",
                    "--size",
                    "48",
                    "--steps",
                    "3",
                    "--quiet",
                    "--strength",
                    strength,
                    "-o",
                    name,
                    *more,
                ]
            )
            == 0
        )


def failed(capsys, *arguments: str, code: int) -> str:
    assert run_command(list(arguments)) == code
    output = capsys.readouterr()
    assert output.err.startswith("error: ") and output.err.count("\n") == 1
    return output.err


def columns(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


def test_the_table_has_the_judges_numbers_the_jobs_time_and_what_differs(folder, capsys):
    assert run_command(["compare", "a.png", EVIL]) == 0
    lines = columns(capsys.readouterr().out)
    found = judge("a.png", "photo.png", "painting.png")
    assert lines[0] == ["picture", "size", "content", "style", "ΔE painting", "ΔE photo", "time", "memory"]
    row = dict(zip(["", *lines[0]], lines[1], strict=True))
    assert (
        row[""] == "A"
        and row["size"] == "48x36"
        and row["content"] == f"{found.content:.3f}"
        and row["style"] == f"{found.style:.4f}"
    )
    assert row["ΔE painting"] == f"{found.from_style:.1f}" and row["ΔE photo"] == f"{found.from_content:.1f}"
    assert row["time"].endswith(" s") and row["memory"].endswith(" GB")  # of the job beside it
    assert lines[2][:2] == ["B", EVIL] and lines[2][-2:] == ["–", "–"]
    assert lines[4][-1] == "style conv5_1" and lines[5] == [
        "A",
        *(f"{error:.4f}" for error in found.layers.values()),
    ]
    flaws = [find_flaws(name, "photo.png", "painting.png").words for name in ("a.png", EVIL)]
    assert lines[8:10] == [[f"A: {flaws[0]}"], [f"B: {flaws[1]}"]]
    assert lines[11:14] == [["brush", "strength"], ["A", "1", "30"], ["B", "2", "80"]]


class Page(HTMLParser):
    """The tags of a page, its links, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_has_all_within_it_and_escapes_what_strangers_say(folder, capsys):
    table = Recipe.read(EVIL).as_table()
    table["settings"]["colors"], table["inputs"][1]["name"] = "mix:0.5", "<img src=x onerror=alert(1)>.png"
    (folder / "photo2.png").write_bytes((folder / "photo.png").read_bytes())
    with Image.open(EVIL) as image:
        image.load()
    image.save("c.png")
    (folder / "c.png.recipe.json").write_text(json.dumps(table), encoding="utf-8")
    assert run_command(["compare", "night", EVIL, "c.png", "-o", "report.html"]) == 0
    assert "written to report.html" in capsys.readouterr().out
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.all("script") and not page.all("link") and "&lt;script&gt;" in text and EVIL in page.text
    assert "<img src=x onerror=alert(1)>.png" in page.text and not any(
        name.startswith("on") for _, attributes in page.tags for name in attributes
    )
    images = page.all("img")
    assert len(images) == 5 + 3 * 3 and all(
        image["src"].startswith("data:image/jpeg;base64,") and len(image["alt"]) > 10 for image in images
    )
    shares = find_flaws("a.png", "photo.png", "painting.png").words.split(", ")
    assert [image["alt"] for image in images[1:4]] == [f"Map of result A: {share}" for share in shares]
    assert all(share in page.text for share in shares)
    assert not re.search(r"https?://|url\(|@import", text)
    assert any("default-src 'none'" in meta.get("content", "") for meta in page.all("meta")) and any(
        "width=device-width" in meta.get("content", "") for meta in page.all("meta")
    )
    assert "prefers-color-scheme: dark" in text and page.all("html")[0]["lang"] == "en"
    svg = page.all("svg")[0]
    assert (
        svg["role"] == "img"
        and svg["aria-label"].startswith("Loss: A from ")
        and len(page.all("polyline")) == 1
    )
    assert not list(folder.glob("*.part"))


def test_without_recipes_content_and_styles_are_given(folder, capsys):
    Image.fromarray(blobs(40, 60, 8)).save("plain.png")
    said = failed(capsys, "compare", "plain.png", code=8)
    assert (
        "'plain.png' carries no recipe that would say what it was made from; give --content and --style"
        in said
    )
    assert (
        run_command(
            [
                "compare",
                "plain.png",
                "--content",
                "photo.png",
                "--style",
                "painting.png:2",
                "--style",
                "photo.png",
            ]
        )
        == 0
    )
    lines = columns(capsys.readouterr().out)
    assert (
        lines[1][3] == f"{judge('plain.png', 'photo.png', [('painting.png', 2), 'photo.png']).content:.3f}"
        and len(lines) == 7
    )


def test_inputs_that_moved_are_sought_and_named(folder, capsys):
    (folder / "pictures").mkdir()
    (folder / "photo.png").rename(folder / "pictures/old.png")
    assert (
        "cannot judge 'a.png': content 'photo.png'" in (said := failed(capsys, "compare", "a.png", code=8))
        and "or give --content and --style" in said
    )
    assert run_command(["compare", "a.png", "--inputs", "pictures"]) == 0
    assert run_command(["compare", "a.png", "--content", "pictures/old.png"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.png"], 3, "no file 'none.png'; check the path"),
        (["a.png", "-o", "report.png"], 4, "the name of a page must end in .html"),
        (["a.png", "-o", "none/report.html"], 4, "no folder 'none'"),
        (["."], 9, "'.' is no job folder"),
    ],
)
def test_what_cannot_be_compared_is_one_line(folder, capsys, arguments, code, message):
    assert message in failed(capsys, "compare", *arguments, code=code)


def test_a_job_without_a_picture_says_how_it_comes_to_one(folder, capsys):
    (folder / "a.png").unlink()
    assert (
        "job 'night' has no picture yet; "
        "it is written when the job ends or is stopped: 'impasto resume night'"
        in failed(capsys, "compare", "night", code=9)
    )


def test_a_damaged_curve_is_no_obstacle(folder, capsys):
    (folder / "night" / CURVE).write_bytes(b"\xff\x00 nonsense")
    assert run_command(["compare", "a.png", "-o", "report.html"]) == 0
    assert columns(capsys.readouterr().out)[1][-2:] == ["–", "–"] and "<svg" not in (
        folder / "report.html"
    ).read_text(encoding="utf-8")


def test_curves_lie_within_the_chart_from_high_to_low():
    points = [
        Point(step, 1, 1.0, 0, loss, 0, 0) for step, loss in enumerate([8.0, 4.0, 2.0, 1.0] + [1.0] * 2000, 1)
    ]
    found = chart([("A", points), ("B", []), ("C", [points[0]])])
    assert (found.highest, found.lowest, found.steps, len(found.lines)) == (8.0, 1.0, 2004, 1)
    places = [tuple(map(float, place.split(","))) for place in found.lines[0].path.split()]
    assert (
        len(places) < 600
        and places[0][1] == 0
        and places[-1] == (found.width, found.height) == (found.lines[0].x, found.lines[0].y)
    )
    assert chart([("A", [])]) is None and chart([("A", points[-2:])]).lines[0].y == 0
    assert [letter_of(number) for number in (0, 25, 26)] == ["A", "Z", "A1"]
