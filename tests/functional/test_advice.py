"""Every mistake is answered in one line, with advice that fits it."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command

FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
TINY = ["--size", "32", "--start-size", "0", "--steps", "2", "--quiet", *FEW]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, quick_workers, photo, painting):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(64))


@pytest.mark.parametrize("command", ["stylize", "plan", "sheet", "video", "texture"])
@pytest.mark.parametrize("weight", ["1,5", "50%", "", "2x"])
def test_a_weight_that_is_no_number_is_said_to_be_one(command, weight, capsys):
    inputs = [f"painting.png:{weight}"] if command == "texture" else ["photo.png", f"painting.png:{weight}"]
    message = failed(capsys, command, *inputs, code=2)
    assert (
        message == f"error: weight of style 'painting.png' must be a number, got '{weight}'; "
        "write such as 'painting.png:1.5'\n"
    )


def test_a_weight_in_a_mix_and_in_a_comparison_is_said_to_be_none(capsys):
    assert "got '1,5'" in failed(
        capsys, "sheet", "photo.png", "painting.png:1,5+photo.png", "painting.png", code=2
    )
    assert "got 'x'" in failed(
        capsys, "compare", "photo.png", "--content", "photo.png", "--style", "painting.png:x", code=2
    )


@pytest.mark.parametrize(
    "address", ["https://example.org/a.jpg", "http://example.org", "ftp://example.org/a", "s3://bucket/a"]
)
@pytest.mark.parametrize(
    "words",
    [
        ["stylize", "{}", "painting.png"],
        ["stylize", "photo.png", "{}"],
        ["video", "{}", "painting.png"],
        ["texture", "{}"],
        ["again", "{}"],
        ["show", "{}"],
    ],
)
def test_an_address_is_to_be_downloaded_first(words, address, capsys):
    message = failed(capsys, *(word.format(address) for word in words), code=3)
    assert message == f"error: '{address}' is an address; download it first and name the file\n"


def test_addresses_among_other_words(capsys):
    for words in (
        ["--init", "https://e.org/x"],
        ["--style-mask", "https://e.org/x"],
        ["--weights", "https://e.org/x"],
        ["--settings", "https://e.org/x"],
    ):
        assert "is an address; download it first" in failed(
            capsys, "stylize", "photo.png", "painting.png", *words, code=3
        )
    assert "is an address" in failed(
        capsys, "batch", "https://e.org/x", "--styles", "painting.png", "-o", "out", code=3
    )
    assert "give the path alone, '/a b.jpg'" in failed(
        capsys, "stylize", "file:///a%20b.jpg", "painting.png", code=3
    )


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        (["stylize", "photo.png", "painting.png"], "photo+painting.png"),
        (["texture", "painting.png"], "painting-texture.png"),
        (["reconstruct", "photo.png"], "photo-content.png"),
        (["features", "photo.png"], "photo-features.png"),
        (["sheet", "photo.png", "painting.png", "--vary", "seed=0,1"], "photo+sheet.png"),
    ],
)
def test_a_folder_as_output_is_answered_with_a_file_in_it(words, suggestion, capsys):
    for folder in ("folder", "folder/"):
        message = failed(capsys, *words, "-o", folder, code=4)
        assert message == f"error: '{folder}' is a folder; name a file in it, such as 'folder/{suggestion}'\n"
    assert message.count(";") == 1
    assert failed(capsys, *words, "-o", "out", code=4).endswith(".tiff, such as 'out.png'\n")


def test_the_wrong_command_for_a_file_names_the_right_one(capsys):
    assert "is a film, not a picture; paint it as a film" in failed(
        capsys, "stylize", "film.mp4", "painting.png", code=3
    )
    assert "is a picture, not a film; paint it as a picture" in failed(
        capsys, "video", "photo.png", "painting.png", code=3
    )


def test_a_misspelled_name_is_answered_with_the_nearest(capsys):
    assert (
        failed(capsys, "stylize", "phoot.png", "painting.png", code=3)
        == "error: no file 'phoot.png'; did you mean 'photo.png'?\n"
    )
    assert (
        failed(capsys, "stylize", "photo.png", "else.jpg", code=3)
        == "error: no file 'else.jpg'; check the path\n"
    )


def test_a_newer_job_or_recipe_gets_one_piece_of_advice(tmp_path, capsys):
    assert (
        run_command(["stylize", "photo.png", "painting.png", *TINY, "-o", "out.png", "--job", "night"]) == 0
    )
    record = json.loads((tmp_path / "night/job.json").read_text())
    record["recipe"] |= {"version": "99.0.0"}
    record["recipe"]["settings"]["glitter"] = 1.0
    (tmp_path / "night/job.json").write_text(json.dumps(record))
    for words in (["resume", "night"], ["job", "night"]):
        message = failed(capsys, *words, code=9)
        assert message.endswith("; update impasto\n") and message.count(";") == 1 and "99.0.0" in message
    recipe = record["recipe"] | {"format": 1}
    (tmp_path / "newer.json").write_text(json.dumps(recipe))
    for words in (["again", "newer.json"], ["show", "newer.json"]):
        message = failed(capsys, *words, code=8)
        assert message.endswith("; update impasto\n") and message.count(";") == 1
    del recipe["settings"]["glitter"]
    recipe["settings"]["size"] = "big"
    (tmp_path / "newer.json").write_text(json.dumps(recipe))
    message = failed(capsys, "again", "newer.json", code=8)
    assert message.count(";") == 1 and message.endswith(
        "made by impasto 99.0.0, and this is 0.1.0; update impasto\n"
    )
    older = recipe | {"version": "0.0.1", "old": 1}
    (tmp_path / "older.json").write_text(json.dumps(older))
    assert failed(capsys, "show", "older.json", code=8).endswith(
        "; take another copy of the file, or paint again\n"
    )


def test_a_batch_that_meets_a_job_it_cannot_read_gives_one_piece_of_advice(tmp_path, capsys):
    job = tmp_path / "out/.jobs/photo+painting.png"
    job.mkdir(parents=True)
    command = ["batch", "photo.png", "--styles", "painting.png", "-o", "out", *TINY]
    for text, way_out in (("{", "--repaint restarts it"), ('{"format": 9, "run": {}}', "update impasto")):
        (job / "job.json").write_text(text)
        assert run_command(command) == 10
        (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("failed photo")]
        assert line.endswith(f"; {way_out}") and line.count(";") == 1
    assert run_command([*command, "--repaint"]) == 0 and not job.exists()


def test_a_damaged_job_gets_one_piece_of_advice(tmp_path, capsys):
    assert (
        run_command(["stylize", "photo.png", "painting.png", *TINY, "-o", "out.png", "--job", "night"]) == 0
    )
    text = (tmp_path / "night/job.json").read_text()
    for damaged in (
        text[:-20],
        text.replace('"size": 32', '"size": "x"'),
        text.replace('"steps"', '"stops"'),
    ):
        (tmp_path / "night/job.json").write_text(damaged)
        assert failed(capsys, "resume", "night", code=9).count(";") == 1


def test_a_small_sample_is_told_what_helps(tmp_path, capsys):
    Image.fromarray(blobs(12, 12, 5)).save(tmp_path / "small.png")
    message = failed(capsys, "texture", "small.png", code=3)
    assert "--brush" in message and "--size" not in message
