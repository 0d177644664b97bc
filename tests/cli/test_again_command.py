"""`impasto again`, `impasto show` and the options of stylize that speak of recipes."""

import json

import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.recipe.recipe import Recipe

SMALL = ["--size", "32", "--steps", "1", "--quiet"]


@pytest.fixture
def out(tmp_path, monkeypatch, photo, painting):
    monkeypatch.chdir(tmp_path)
    assert run_command(["stylize", "photo.png", "painting.png:2", *SMALL, "-o", "out.png"]) == 0
    return tmp_path / "out.png"


def test_again_makes_the_same_bytes_under_a_new_name(out, capsys):
    before = out.read_bytes()
    assert run_command(["again", "out.png", "--quiet"]) == 0
    assert (out.parent / "out-2.png").read_bytes() == before == out.read_bytes()
    assert "is an input and is never overwritten" in failed(
        capsys, "again", "out.png", "-o", "out.png", code=4
    )
    assert (
        run_command(["again", "out.png", "--quiet", "-o", "photo2.jpg", "--size", "48", "--strength", "70"])
        == 0
    )
    with Image.open("photo2.jpg") as image:
        assert image.size == (48, 36)
    assert Recipe.read("photo2.jpg").settings.strength == 70 and capsys.readouterr() == ("", "")


def test_a_recipe_file_stands_for_the_picture(out, tmp_path):
    arguments = [
        "stylize",
        "photo.png",
        "painting.png:2",
        *SMALL,
        "-o",
        "bare.png",
        "--no-recipe",
        "--recipe",
        "bare.png.recipe.json",
    ]
    assert run_command(arguments) == 0
    assert b"impasto" not in (tmp_path / "bare.png").read_bytes()
    assert (
        Recipe.read("bare.png.recipe.json") == Recipe.read("bare.png") == Recipe.read("out.png")
    )  # that beside a picture is found
    assert run_command(["again", "bare.png.recipe.json", "--quiet"]) == 0
    assert (tmp_path / "bare-2.png").read_bytes() == out.read_bytes()
    (tmp_path / "bare.png.recipe.json").rename("mine.json")
    assert run_command(["again", "mine.json", "--quiet"]) == 0
    assert (tmp_path / "mine.png").read_bytes() == out.read_bytes()


def test_a_recipe_file_goes_nowhere_it_should_not(out, capsys):
    command = [
        "stylize",
        "photo.png",
        "painting.png",
        "--size",
        "32",
        "--steps",
        "1",
        "-o",
        "new.png",
        "--recipe",
    ]
    assert "is an input" in failed(capsys, *command, "photo.png", code=4)
    assert "'new.png' is the picture itself" in failed(capsys, *command, "new.png", code=4)
    assert "no folder 'none'" in failed(capsys, *command, "none/r.json", code=4)
    assert not (out.parent / "new.png").exists()


def test_show_prints_what_again_takes(out, tmp_path, capsys):
    assert run_command(["show", "out.png"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["inputs"][1]["weight"] == 2 and "photo.png" in text and text.count("\n") > 50
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    assert Recipe.read("r.json") == Recipe.read("out.png")


def test_show_says_nothing_to_the_terminal_that_a_stranger_wrote(out, tmp_path, capsys):
    table = Recipe.read(out).as_table()
    table["inputs"][0]["name"] = "\x1b[2J\u202e\x9b€ä\U000e0001.png"
    (tmp_path / "r.json").write_text(json.dumps(table), encoding="utf-8")
    assert run_command(["show", "r.json"]) == 0
    text = capsys.readouterr().out
    assert "\\u001b[2J\\u202e\\u009b" in text and all(c.isprintable() or c == "\n" for c in text)
    assert json.loads(text)["inputs"][0]["name"] == table["inputs"][0]["name"]


def test_private_and_strip_go_on(tmp_path, monkeypatch, photo, painting):
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[271] = "Camera Works"
    with Image.open(photo) as image:
        image.save(photo, exif=exif.tobytes())
    assert run_command(["stylize", "photo.png", "painting.png", *SMALL, "-o", "open.jpg"]) == 0
    assert (
        run_command(
            [
                "stylize",
                "photo.png",
                "painting.png",
                *SMALL,
                "-o",
                "out.jpg",
                "--strip",
                "--private",
                "--recipe",
                "r.json",
            ]
        )
        == 0
    )
    assert run_command(["again", "out.jpg", "--quiet"]) == 0
    data = (tmp_path / "out.jpg").read_bytes()
    assert (tmp_path / "out-2.jpg").read_bytes() == data
    for content in (data, (tmp_path / "r.json").read_bytes()):
        assert not any(word in content for word in (b"photo", b"painting", b"Camera", str(tmp_path).encode()))
    assert Recipe.read("out.jpg") == Recipe.read("r.json")
    assert b"Camera" in (tmp_path / "open.jpg").read_bytes()
    assert run_command(["again", "open.jpg", "--quiet", "--strip", "--private", "-o", "closed.jpg"]) == 0
    assert (tmp_path / "closed.jpg").read_bytes() == data


def test_inputs_that_moved_are_named_and_those_that_changed_refused(out, tmp_path, capsys):
    (tmp_path / "pictures").mkdir()
    photo = (tmp_path / "photo.png").rename(tmp_path / "pictures/renamed.png")
    assert (
        "is not at" in (said := failed(capsys, "again", "out.png", code=8))
        and "give its folder as --inputs" in said
    )
    assert run_command(["again", "out.png", "--inputs", "pictures", "--quiet", "-o", "2.png"]) == 0
    assert (tmp_path / "2.png").read_bytes() == out.read_bytes()
    Image.fromarray(blobs(48, 64, 9)).save(tmp_path / "photo.png")
    photo.unlink()
    said = failed(capsys, "again", "out.png", "--inputs", "pictures", code=8)
    assert "has changed: its SHA-256 is" in said and "or paint again" in said
    assert "no folder or file 'none' to search for inputs" in failed(
        capsys, "again", "out.png", "--inputs", "none", code=8
    )


@pytest.mark.parametrize("command", ["again", "show"])
def test_what_carries_no_sound_recipe_is_one_line(command, out, tmp_path, capsys):
    table = Recipe.read(out).as_table()
    for name, text in {
        "newer.json": json.dumps(table | {"format": 2}),
        "wrong.json": json.dumps(table | {"strip": "no"}),
        "cut.json": json.dumps(table)[:-5],
        "words.txt": "words",
        "empty.png": "",
    }.items():
        (tmp_path / name).write_text(text)
    for name, message in {
        "photo.png": "'photo.png' carries no recipe: it was saved without one, or by another program; "
        "give the file of its --recipe, or paint again",
        "newer.json": "cannot use the recipe of 'newer.json': it has format 2, written by impasto 0.1.0; "
        "impasto 0.1.0 reads format 1; update impasto",
        "wrong.json": 'strip must be true or false, got "no"; take another copy of the file, or paint again',
        "cut.json": "it is not JSON",
        "words.txt": "carries no recipe",
        "empty.png": "carries no recipe",
        "none.png": "cannot read 'none.png': No such file or directory; check the path",
    }.items():
        assert message in failed(capsys, command, name, code=8)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [
            *["newer.json", "wrong.json", "cut.json", "words.txt", "empty.png"],
            "out.png",
            "painting.png",
            "photo.png",
        ]
    )


def test_notes_are_said_before_the_work(out, tmp_path, capsys):
    table = Recipe.read(out).as_table()
    (tmp_path / "r.json").write_text(json.dumps(table | {"version": "0.0.9", "finished": False}))
    assert run_command(["again", "r.json", "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["text"].split(",")[0] for record in records if record["kind"] == "note"] == [
        "made by impasto 0.0.9",
        "the result was stopped early; this run finishes it",
    ]
