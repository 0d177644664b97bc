"""Files as phones, scanners, messengers and editors make them, through the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import blobs, failed
from impasto.cli import run_command
from impasto.media import large
from impasto.media.image import load

SMALL = ["--size", "64", "--start-size", "32", "--steps", "2"]
FEW = [*SMALL, "--content-layers", "conv2_2", "--style-layers", "conv1_1,conv2_1", "--history", "3"]


@pytest.fixture
def scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture beyond the limit to which pictures are opened whole, which is low here."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "scan.jpg"
    Image.fromarray(blobs(240, 320, 5)).save(path, quality=95)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    return path


NOTE = "'scan' of 320x240 px is too large to open at full size; it was reduced to 160x120 px"


@pytest.mark.parametrize(
    "words",
    [
        ["stylize", "scan.jpg", "painting.png", *SMALL],
        ["stylize", "photo.png", "scan.jpg", *SMALL],
        ["stylize", "photo.png", "painting.png", "--init", "scan.jpg", *SMALL],
        ["stylize", "scan.jpg", "painting.png", "--content-mask", "scan.jpg", *SMALL],
        ["texture", "scan.jpg", "--size", "64x64", "--start-size", "32", "--steps", "2"],
        ["reconstruct", "scan.jpg", "--layer", "conv1_1", *SMALL],
        ["features", "scan.jpg", "--size", "64"],
        ["sheet", "scan.jpg", "painting.png", "--vary", "strength=20,80", "--size", "48", "--steps", "2"],
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_a_photo_too_large_to_be_opened_whole_is_shrunk_and_that_is_said_once(
    scan, photo, painting, capsys, quick_workers, words
):
    assert run_command([*words, "-o", "out.png"]) == 0
    assert capsys.readouterr().err.count(NOTE) == 1
    with large.opened(Path("out.png")) as image:
        image.load()


def test_a_batch_and_a_comparison_take_large_photos_too(scan, photo, painting, capsys, quick_workers):
    assert run_command(["batch", "scan.jpg", "--styles", "painting.png", "-o", "results", *SMALL]) == 0
    capsys.readouterr()
    assert run_command(["compare", "scan.jpg", "--content", "scan.jpg", "--style", "painting.png"]) == 0
    shown = capsys.readouterr().out
    assert "160x120" in shown and NOTE in shown


def test_a_result_from_a_large_photo_is_made_again_to_the_same_bytes(scan, painting, quick_workers):
    assert run_command(["stylize", "scan.jpg", "painting.png", *SMALL, "-o", "one.png"]) == 0
    assert run_command(["again", "one.png", "-o", "two.png"]) == 0
    assert Path("one.png").read_bytes() == Path("two.png").read_bytes()


def test_what_cannot_be_opened_within_the_limit_of_memory_is_one_line(scan, painting, capsys, monkeypatch):
    Image.fromarray(blobs(240, 320, 5)).save("whole.jpg", progressive=True)
    monkeypatch.setattr(large, "HELD", 100_000)
    message = failed(capsys, "stylize", "whole.jpg", "painting.png", code=3)
    assert (
        "is a progressive JPEG, so that opening it would take" in message
        and "save it as a baseline JPEG, or scale it down first" in message
    )
    monkeypatch.setattr(large, "LARGEST", 70_000)
    assert "scale it down first" in failed(capsys, "stylize", "scan.jpg", "painting.png", code=3)


def test_a_large_photo_that_is_cut_off_is_one_line(scan, painting, capsys):
    data = scan.read_bytes()
    scan.write_bytes(data[: len(data) // 2])
    assert "cannot read 'scan.jpg': damaged or truncated" in failed(
        capsys, "stylize", "scan.jpg", "painting.png", code=3
    )


# HEIC and AVIF


def heic(path: Path, pixels: np.ndarray, kind: str = "HEIF", **options) -> Path:
    pytest.importorskip("pillow_heif").register_heif_opener()
    with path.open("wb") as file:
        Image.fromarray(pixels).save(file, kind, **options)
    return path


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
@pytest.mark.parametrize("name", ["photo.heic", "photo.jpg", "photo.png", "photo", "photo.avif"])
def test_a_heic_photo_is_read_whatever_it_is_called(
    tmp_path, painting, monkeypatch, quick_workers, kind, name
):
    monkeypatch.chdir(tmp_path)
    heic(tmp_path / name, blobs(48, 64, 4), kind)
    assert run_command(["stylize", name, "painting.png", *FEW, "-o", "out.png"]) == 0
    assert run_command(["stylize", "painting.png", name, *FEW, "-o", "out2.png"]) == 0
    assert run_command(["batch", name, "--styles", "painting.png", "-o", "results", *FEW]) == 0


def test_a_heic_photo_of_ten_bits_rotated_and_with_transparency_is_read_as_it_looks(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    pixels = blobs(48, 64, 4)
    exif = Image.Exif()
    exif[0x0112] = 6
    heic(tmp_path / "turned.heic", pixels, exif=exif.tobytes(), quality=90)
    turned = load(tmp_path / "turned.heic")
    assert (
        turned.size == (64, 48) and np.abs(np.rot90(np.asarray(turned.image)).astype(int) - pixels).mean() < 5
    )
    deep = (pixels.astype(np.uint16) << 8).tobytes()
    pillow_heif.encode("RGB;16", (64, 48), deep, str(tmp_path / "deep.heic"), quality=90)
    assert np.abs(np.asarray(load(tmp_path / "deep.heic").image).astype(int) - pixels).mean() < 5
    alpha = np.where(np.arange(64) < 20, 0, 255)[None, :, None].repeat(48, 0).astype(np.uint8)
    heic(tmp_path / "clear.heic", np.concatenate([pixels, alpha], 2), quality=90)
    clear = load(tmp_path / "clear.heic").alpha
    assert clear is not None and clear.getpixel((5, 5)) < 10 and clear.getpixel((50, 5)) > 245


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_is_called_heic_is_read_as_what_it_is(
    tmp_path, painting, monkeypatch, quick_workers, kind
):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(blobs(48, 64, 4)).save("photo.heic", kind)
    assert run_command(["stylize", "photo.heic", "painting.png", *FEW, "-o", "out.png"]) == 0


@pytest.mark.parametrize("name", ["photo.heic", "photo.jpg", "photo.png", "photo"])
def test_without_its_reader_a_heic_photo_gives_the_advice_whatever_it_is_called(
    tmp_path, painting, capsys, monkeypatch, name
):
    monkeypatch.chdir(tmp_path)
    heic(tmp_path / name, blobs(48, 64, 4))
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    monkeypatch.setattr(
        Image, "ID", [kind for kind in Image.ID if kind != "HEIF"]
    )  # registered by another test
    message = failed(capsys, "stylize", name, "painting.png", code=3)
    assert (
        message == f"error: '{name}' is a HEIC picture; install its reader with 'pip install impasto[heic]'\n"
    )


# Text files as Windows writes them


def in_encoding(text: str, encoding: str) -> bytes:
    """The text with the ends of lines of Windows."""
    return text.replace("\n", "\r\n").encode(encoding)


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", [*ENCODINGS, "utf-16-be with a mark"])
def test_settings_that_powershell_or_notepad_wrote_are_read(
    photo, painting, tmp_path, monkeypatch, capsys, quick_workers, encoding
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["presets", "johnson"]) == 0
    text = "# Größe\n" + capsys.readouterr().out
    data = in_encoding("\ufeff" + text, "utf-16-be") if "mark" in encoding else in_encoding(text, encoding)
    Path("mine.toml").write_bytes(data)
    assert (
        run_command(
            [
                "stylize",
                "photo.png",
                "painting.png",
                "--settings",
                "mine.toml",
                "--size",
                "64",
                "--steps",
                "2",
                "-o",
                "out.png",
            ]
        )
        == 0
    )
    with Image.open("out.png") as image:
        assert image.width == 64


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_recipe_that_powershell_or_notepad_wrote_makes_the_same_bytes_again(
    photo, painting, tmp_path, monkeypatch, capsys, quick_workers, encoding
):
    monkeypatch.chdir(tmp_path)
    assert run_command(["stylize", "photo.png", "painting.png", *FEW, "-o", "out.png"]) == 0
    capsys.readouterr()
    assert run_command(["show", "out.png"]) == 0
    Path("recipe.json").write_bytes(in_encoding(capsys.readouterr().out, encoding))
    assert run_command(["again", "recipe.json", "-o", "two.png"]) == 0
    assert Path("two.png").read_bytes() == Path("out.png").read_bytes()
    # The same text as the file beside a picture that has no room for it, and beside a film.
    for name in ("bare.jpg", "loop.gif"):
        Image.fromarray(blobs(48, 64)).save(name)
        Path(f"{name}.recipe.json").write_bytes(Path("recipe.json").read_bytes())
        capsys.readouterr()
        assert run_command(["show", name]) == 0
        assert '"command": "stylize"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'preset = "caf\xe9"\r\n', "byte 0xe9 at offset 13, line 1, is not UTF-8"),
        (b"\xff\xfea\0b", "byte 0x62 at offset 4, line 1, is not UTF-16"),
    ],
)
def test_a_settings_file_in_another_encoding_is_told_with_the_byte_and_the_way_out(
    photo, painting, capsys, tmp_path, monkeypatch, data, why
):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_bytes(data)
    message = failed(capsys, "stylize", "photo.png", "painting.png", "--settings", "mine.toml", code=2)
    assert message == f"error: cannot read settings file 'mine.toml': {why}; save it as UTF-8\n"


def test_a_recipe_in_another_encoding_is_told_with_the_byte_and_the_way_out(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("recipe.json").write_bytes(b'{"name": "caf\xe9"}')
    assert "byte 0xe9 at offset 13, line 1, is not UTF-8; save it as UTF-8" in failed(
        capsys, "again", "recipe.json", code=8
    )
