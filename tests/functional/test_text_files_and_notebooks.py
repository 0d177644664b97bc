"""Text files as editors and shells of every system write them, and results as a notebook shows them."""

from __future__ import annotations

import base64
import codecs
import io
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import impasto
from conftest import blobs, failed
from impasto.cli import run_command
from impasto.media.recipe import sidecar
from impasto.settings.presets import preset, settings_from

FEW = ["--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]
SMALL = ["--size", "48", "--start-size", "0", "--steps", "2", *FEW]
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
def test_a_recipe_beside_a_picture_film_or_folder_is_read_in_any_encoding(
    capsys, photo, painting, tmp_path, written, name
):
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
    assert (
        f"cannot read settings file '{settings}': byte 0xf6 at offset 14, line 2, is not UTF-8; "
        "save it as UTF-8\n" in error
    )
    settings.write_bytes("size = 64\n".encode("utf-16")[:-1])
    assert "byte 0x0a at offset 20, line 1, is not UTF-16; save it" in failed(
        capsys, "stylize", "a", "b", "--settings", str(settings), code=2
    )
    assert "byte 0x89 at offset 0" in failed(
        capsys, "stylize", str(photo), str(painting), "--settings", str(photo), code=2
    )
    recipe.write_bytes('{"format": 1,\n"name": "größer"}'.encode("cp1252"))
    for command in ("show", "again"):
        error = failed(capsys, command, str(recipe), code=8)
        assert (
            f"cannot read the recipe of '{recipe}': byte 0xf6 at offset 25, line 2, is not UTF-8; "
            "save it as UTF-8" in error
        )


# Notebooks

TINY = preset("default").with_changes(
    size=48, start_size=32, steps=2, style_layers="conv1_1,conv2_1", content_layers="conv2_2"
)


@pytest.fixture
def kernel(monkeypatch) -> list[list[tuple[str, str]]]:
    """A fake notebook: the bars that it shows, each as text and as HTML from the first time to the last."""
    bars: list[list[tuple[str, str]]] = []

    def display(shown, *, display_id):
        assert display_id is True
        bars.append([(repr(shown), shown._repr_html_())])
        return SimpleNamespace(update=lambda bar: bars[-1].append((repr(bar), bar._repr_html_())))

    package, module = ModuleType("IPython"), ModuleType("IPython.display")
    package.get_ipython = lambda: SimpleNamespace(kernel=object())
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(
        "impasto.notebook.EVERY", 0.0
    )  # what is shown does not depend on how fast this machine is
    return bars


@pytest.fixture
def clip(tmp_path) -> Path:
    """A folder of two frames, of a camera that moves by two pixels."""
    folder, whole = tmp_path / "clip", blobs(36, 50)
    folder.mkdir()
    for i in range(2):
        Image.fromarray(whole[:, 2 * i : 2 * i + 48]).save(folder / f"{i}.png")
    return folder


@pytest.fixture
def runs(photo, painting, clip, tmp_path):
    """Every function that paints, by its name, with little to paint."""
    out = impasto.stylize(photo, painting, TINY, on_event=lambda event: None).save(tmp_path / "out.png")
    texture, filters = (
        preset("texture").with_changes(size=32, steps=3, start_size=32),
        preset("features").with_changes(size=32, steps=3, start_size=32),
    )
    return {
        "stylize": lambda **to: impasto.stylize(photo, painting, TINY, **to),
        "texture": lambda **to: impasto.texture(painting, texture, **to),
        "reconstruct": lambda **to: impasto.reconstruct(
            photo, preset("reconstruction").with_changes(size=32, steps=3), **to
        ),
        "maximize": lambda **to: impasto.maximize(photo, "conv2_1", 3, filters, **to),
        "again": lambda **to: impasto.again(out, **to),
        "sheet": lambda **to: impasto.sheet(
            photo, painting, {"strength": (20, 80)}, TINY, impasto.Cells(size=32, steps=2), **to
        ),
        "film": lambda **to: impasto.film(
            clip, painting, tmp_path / "film.gif", TINY.with_changes(frame_steps=2), **to
        ),
    }


NAMES = ["stylize", "texture", "reconstruct", "maximize", "again", "sheet", "film"]


@pytest.mark.parametrize("name", NAMES)
def test_in_a_notebook_one_bar_shows_how_far_a_run_is_and_nothing_is_printed(capsys, kernel, runs, name):
    runs[name]()
    assert len(kernel) == 1 and capsys.readouterr() == ("", "")
    texts = [text for text, _ in kernel[0]]
    assert (
        texts[0] == "0%, starting"
        and any("step 1/" in text for text in texts)
        and texts[-1].startswith("100%, done in ")
    )
    assert all("<progress" in html for _, html in kernel[0])


@pytest.mark.parametrize("name", NAMES)
def test_who_listens_in_a_notebook_gets_no_bar_and_outside_nothing_is_shown(
    capsys, kernel, runs, name, monkeypatch
):
    events = []
    runs[name](on_event=events.append)
    assert events and not kernel
    monkeypatch.delitem(sys.modules, "IPython")
    runs[name]()
    assert not kernel and capsys.readouterr() == ("", "")


def test_names_of_files_are_no_markup_in_the_bar(kernel, photo, tmp_path):
    styles = [tmp_path / f"<b>{i}&.png" for i in range(2)]
    for i, path in enumerate(styles):
        Image.fromarray(blobs(40, 40, i)).save(path)
    impasto.sheet(photo, styles, (), TINY, impasto.Cells(size=32, steps=2))
    assert any("cell A1, 1 of 2: &lt;b&gt;0&amp;" in html for _, html in kernel[0]) and not any(
        "<b>" in html for _, html in kernel[0]
    )


@pytest.mark.parametrize("depth", [8, 16])
def test_a_result_with_transparency_shows_itself_at_a_sensible_size(painting, depth):
    rgba = Image.fromarray(
        np.dstack([blobs(48, 64), np.linspace(0, 255, 64, dtype=np.uint8)[None].repeat(48, 0)])
    )
    pastiche = impasto.stylize(rgba, painting, TINY.with_changes(depth=depth))
    shown = Image.open(io.BytesIO(pastiche._repr_png_()))
    assert shown.mode == "RGBA" and np.array_equal(np.asarray(shown), np.asarray(pastiche.image))
    large = replace(pastiche, image=pastiche.image.resize((4800, 3600)))
    assert Image.open(io.BytesIO(large._repr_png_())).size == (1024, 768)
    assert len(repr(pastiche)) < 5000  # which a notebook keeps beside it


def test_a_sheet_shows_the_cells_that_there_are(photo, painting):
    run = impasto.Sheet(photo, painting, {"strength": (20, 80)}, TINY, impasto.Cells(size=32, steps=2))
    assert run._repr_png_() is None
    for event in run:
        if isinstance(event, impasto.ScaleDone):
            break
    part = run._repr_png_()
    list(run)
    whole = run._repr_png_()
    assert part != whole and np.array_equal(
        np.asarray(Image.open(io.BytesIO(whole))), np.asarray(run.image())
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("film.mp4", "video/mp4"), ("film.gif", "image/gif"), ("frames", "image/webp")]
)
def test_a_film_comes_back_as_a_path_that_plays(clip, painting, tmp_path, name, kind):
    out = tmp_path / name
    film = impasto.film(clip, painting, str(out), TINY.with_changes(frame_steps=2))
    assert (
        isinstance(film, impasto.FilmFile)
        and film == out
        and str(film) == os.fspath(film) == str(out)
        and film.exists()
    )
    (data,) = re.findall(rf'src="data:{kind};base64,([^"]+)"', film._repr_html_())
    if name == "frames":
        assert Image.open(io.BytesIO(base64.b64decode(data))).n_frames == 2
    else:
        assert base64.b64decode(data) == out.read_bytes()


def test_in_ipython_itself_results_and_bars_are_shown(monkeypatch, photo, painting, capsys):
    shells = pytest.importorskip("IPython.core.interactiveshell")
    capture = pytest.importorskip("IPython.utils.capture")
    monkeypatch.setenv("IPYTHONDIR", str(photo.parent / "ipython"))
    shell = shells.InteractiveShell.instance()
    try:
        pastiche = impasto.stylize(photo, painting, TINY)
        assert capsys.readouterr() == ("", "")  # a shell without a kernel
        data, _ = shell.display_formatter.format(pastiche)
        assert data["image/png"] == pastiche._repr_png_() and "Pastiche(" in data["text/plain"]
        shell.kernel = object()
        with capture.capture_output(stdout=False, stderr=False) as captured:
            impasto.stylize(photo, painting, TINY)
        first, *updates = captured.outputs
        assert "<progress" in first.data["text/html"] and first.data["text/plain"] == "0%, starting"
        assert updates and updates[-1].data["text/plain"].startswith("100%, done in ")
    finally:
        shells.InteractiveShell.clear_instance()
