"""Text files as editors and shells of every system write them, and results as a notebook shows them."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest

from conftest import failed
from impasto.cli import run_command
from impasto.media.recipe import sidecar
from impasto.settings.presets import preset, settings_from

SMALL = ["--size", "48", "--start-size", "32", "--steps", "2"]
WAYS = {
    "utf8": lambda text: text.encode(),
    "utf8-bom": lambda text: codecs.BOM_UTF8 + text.encode(),
    "powershell5": lambda text: codecs.BOM_UTF16_LE + text.replace("\n", "\r\n").encode("utf-16-le"),
    "utf16-be": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf16-le-unmarked": lambda text: text.encode("utf-16-le"),
    "utf16-be-unmarked": lambda text: text.encode("utf-16-be"),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
}
"""How editors and shells write a text into a file."""


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints."""
    assert run_command(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.fixture(params=WAYS)
def written(request):
    """Write a text into a file in one of the ways; return its path."""

    def write(path: Path, text: str) -> str:
        path.write_bytes(WAYS[request.param](text))
        return str(path)

    return write


# Text files


def test_settings_from_any_editor_and_shell_are_read(capsys, tmp_path, written):
    text = shown(capsys, "presets", "johnson")
    assert settings_from(written(tmp_path / "mine.toml", text)) == preset("johnson")
    few = '# größer, 画\npreset = "gatys2015"\nsize = 77\n'
    assert settings_from(written(tmp_path / "few.toml", few)) == preset("gatys2015").with_changes(size=77)


def test_a_recipe_from_any_editor_and_shell_paints_the_same_again(capsys, photo, painting, tmp_path, written):
    out, other = tmp_path / "größe 画.png", tmp_path / "again.png"
    assert run_command(["stylize", str(photo), str(painting), "-o", str(out), "--quiet", *SMALL]) == 0
    text = shown(capsys, "show", str(out))
    recipe = written(tmp_path / "recipe.json", text)
    assert json.loads(shown(capsys, "show", recipe)) == json.loads(text)
    assert run_command(["again", recipe, "-o", str(other), "--quiet"]) == 0
    assert other.read_bytes() == out.read_bytes()


@pytest.mark.parametrize("name", ["out.bmp", "out.gif", "frames"])
def test_a_recipe_beside_a_picture_film_or_folder_is_read_in_any_encoding(capsys, photo, painting, tmp_path, written, name):
    out = tmp_path / "out.png"
    assert run_command(["stylize", str(photo), str(painting), "-o", str(out), "--quiet", *SMALL]) == 0
    text = shown(capsys, "show", str(out))
    beside = tmp_path / name
    beside.mkdir() if name == "frames" else beside.write_bytes(b"GIF89a")
    written(sidecar(beside), text)
    assert json.loads(shown(capsys, "show", str(beside))) == json.loads(text)


def test_a_text_in_an_old_code_page_is_refused_in_one_line_with_the_byte(capsys, photo, painting, tmp_path):
    settings, recipe = tmp_path / "mine.toml", tmp_path / "recipe.json"
    settings.write_bytes("size = 64\n# größer\n".encode("cp1252"))
    error = failed(capsys, "stylize", str(photo), str(painting), "--settings", str(settings), code=2)
    assert f"cannot read settings file '{settings}': byte 0xf6 at offset 14, line 2, is not UTF-8; save it as UTF-8\n" in error
    settings.write_bytes("size = 64\n".encode("utf-16")[:-1])
    assert "byte 0x0a at offset 20, line 1, is not UTF-16; save it" in failed(capsys, "stylize", "a", "b", "--settings", str(settings), code=2)
    assert "byte 0x89 at offset 0" in failed(capsys, "stylize", str(photo), str(painting), "--settings", str(photo), code=2)
    recipe.write_bytes('{"format": 1,\n"name": "größer"}'.encode("cp1252"))
    for command in ("show", "again"):
        error = failed(capsys, command, str(recipe), code=8)
        assert f"cannot read the recipe of '{recipe}': byte 0xf6 at offset 25, line 2, is not UTF-8; save it as UTF-8" in error
