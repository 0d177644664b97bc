"""Pictures too large to open whole, against an exact box filter, with a low limit so that files are small."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image

from conftest import blobs
from impasto.errors import PictureError
from impasto.media import large
from impasto.media.folder import common_size
from impasto.media.image import load, load_as_it_is, save

COLOURS = blobs(61, 80)
FACTOR = 3


@pytest.fixture(autouse=True)
def low_limit(request, monkeypatch):
    if "slow" not in request.keywords:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 600)


def box(values: np.ndarray) -> np.ndarray:
    """Means of FACTOR² pixels, the last row and column repeated to fill the last places."""
    height, width = values.shape[:2]
    padding = [(0, -height % FACTOR), (0, -width % FACTOR), *[(0, 0)] * (values.ndim - 2)]
    padded = np.pad(values.astype(float), padding, mode="edge")
    places = padded.reshape(
        padded.shape[0] // FACTOR, FACTOR, padded.shape[1] // FACTOR, FACTOR, *values.shape[2:]
    )
    return places.mean((1, 3))


def inside(values: np.ndarray) -> np.ndarray:
    """Without the last row and column, which readers fill in different ways."""
    return np.asarray(values).astype(float)[:-1, :-1]


def written(path: Path, pixels: np.ndarray, **options) -> Path:
    image = pyvips.Image.new_from_array(pixels)
    if pixels.dtype == np.uint16:
        image = image.copy(interpretation="rgb16" if pixels.shape[2] > 2 else "grey16")
    image.write_to_file(str(path), **options)
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.png", {"interlace": True}),
        ("a.tif", {"compression": "none"}),
        ("a.tif", {"compression": "lzw", "tile": True, "tile_width": 16, "tile_height": 16}),
        ("a.tif", {"compression": "deflate", "bigtiff": True}),
    ],
)
@pytest.mark.parametrize("depth", [8, 16])
def test_a_huge_picture_is_opened_shrunk_by_the_mean_of_its_pixels(tmp_path, name, options, depth):
    pixels = COLOURS if depth == 8 else COLOURS.astype(np.uint16) * 251
    picture = load(written(tmp_path / name, pixels, **options))
    found = picture.image if depth == 8 else picture.levels
    assert picture.size == (21, 27) and picture.whole == (61, 80) and picture.alpha is None
    assert np.abs(inside(found) - inside(box(pixels))).max() <= 0.51
    assert picture.note == "'a' of 80x61 px is too large to open at full size; it was reduced to 27x21 px"


@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".ppm", ".gif", ".heic", ".avif", ".jp2"])
def test_a_format_that_is_read_whole_is_shrunk_too(tmp_path, suffix):
    options = {".webp": {"lossless": True}, ".jp2": {"irreversible": False}}.get(suffix, {})
    if suffix == ".heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    path = tmp_path / f"a{suffix}"
    Image.fromarray(COLOURS).save(path, **options)
    with large.opened(path) as image:
        wanted = np.asarray(image.convert("RGB"))
    picture = load(path)
    assert picture.size == (21, 27) and picture.whole == (61, 80)
    assert np.abs(inside(picture.image) - inside(box(wanted))).max() <= 1


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_huge_jpeg_has_the_colours_of_the_small_one(tmp_path, mode, options, monkeypatch):
    path = tmp_path / "a.jpg"
    Image.fromarray(COLOURS).convert(mode).save(path, quality=95, **({} if mode == "L" else options))
    shrunk = load(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    whole = load(path)
    assert shrunk.whole == whole.size and whole.whole is None and whole.note == ""
    assert np.abs(inside(shrunk.image) - inside(box(np.asarray(whole.image)))).max() <= 4


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_palettes_bits_and_grey_with_transparency_are_shrunk_as_what_they_show(tmp_path, suffix, monkeypatch):
    grey = Image.fromarray(COLOURS).convert("L")
    alpha = Image.fromarray(blobs(61, 80, 3)[..., 0])
    with_alpha = Image.merge("LA", (grey, alpha))
    for image in (
        Image.fromarray(COLOURS).quantize(40),
        grey.point(lambda value: 255 * (value > 128), "1"),
        with_alpha,
    ):
        path = tmp_path / f"{image.mode}{suffix}"
        image.save(path)
        shrunk = load(path)
        with monkeypatch.context() as patch:
            patch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
            whole = load_as_it_is(path)
        if image.mode == "LA":
            assert shrunk.alpha is not None and whole.alpha is not None
            assert np.abs(inside(shrunk.alpha) - inside(box(np.asarray(whole.alpha)))).max() <= 0.51
        else:
            assert np.abs(inside(shrunk.image) - inside(box(np.asarray(whole.image)))).max() <= 0.51


@pytest.mark.parametrize("depth", [8, 16])
def test_colours_are_weighted_by_their_opacity_while_shrinking(tmp_path, depth):
    top = 255 if depth == 8 else 65535
    alpha = np.where(np.arange(80) % 2, top, top // 3)[None].repeat(61, 0)[..., None]
    pixels = np.concatenate([COLOURS.astype(int) * (top // 255), alpha], 2).astype(
        np.uint8 if depth == 8 else np.uint16
    )
    pixels[:, ::2, 0] = top  # what is half transparent is red
    picture = load_as_it_is(written(tmp_path / "a.png", pixels))
    weighted = box(pixels[..., :3] * (alpha / top)) / (box(alpha) / top)
    found = np.asarray(picture.image) if depth == 8 else picture.levels[..., :3]
    opacity = np.asarray(picture.alpha) if depth == 8 else picture.levels[..., 3]
    assert np.abs(inside(found) - inside(weighted)).max() <= 1
    assert np.abs(inside(opacity) - inside(box(alpha)[..., 0])).max() <= 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_huge_photo_is_turned_upright_once_and_keeps_its_exif(tmp_path, suffix, orientation, monkeypatch):
    exif, path = Image.Exif(), tmp_path / f"a{suffix}"
    exif[0x0112], exif[0x010F] = orientation, "Camera"
    Image.fromarray(COLOURS).save(path, exif=exif)
    shrunk = load(path)
    assert common_size([path]) == shrunk.size  # frames of a folder agree
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    whole = load(path)
    turned = np.asarray(whole.image)
    assert shrunk.whole == whole.size and shrunk.exif == whole.exif != b""
    # Blocks begin at the stored corner, wherever that has come to.
    if orientation in (3, 6, 8):
        turned = np.rot90(turned, {3: 2, 6: 1, 8: 3}[orientation])
        found = np.rot90(np.asarray(shrunk.image), {3: 2, 6: 1, 8: 3}[orientation])
    else:
        found = np.asarray(shrunk.image)
    assert np.abs(inside(found) - inside(box(turned))).max() <= (4 if suffix == ".jpg" else 0.51)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_deep_tiff_is_turned_upright_once(tmp_path, orientation):
    image = pyvips.Image.new_from_array(COLOURS.astype(np.uint16) * 251).copy(interpretation="rgb16")
    image.set_type(pyvips.GValue.gint_type, "orientation", orientation)
    image.tiffsave(str(tmp_path / "a.tif"))
    picture = load(tmp_path / "a.tif")
    assert (picture.size, picture.whole) == (
        ((21, 27), (61, 80)) if orientation == 1 else ((27, 21), (80, 61))
    )


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_huge_photo_in_a_wide_profile_becomes_srgb(tmp_path, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    profile = (
        pyvips.Image.black(1, 1, bands=3)
        .copy(interpretation="srgb")
        .icc_export(output_profile="p3")
        .get("icc-profile-data")
    )
    muted = COLOURS // 3 + 80  # within sRGB, where nothing is clipped before or after the mean
    Image.fromarray(muted).save(path, icc_profile=profile, **({"quality": 95} if suffix == ".jpg" else {}))
    shrunk = load(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    whole = load(path)
    assert np.abs(np.asarray(whole.image).astype(int) - muted).max() > 10  # the profile says something
    assert np.abs(inside(shrunk.image) - inside(box(np.asarray(whole.image)))).max() <= 4


def test_what_would_take_too_much_memory_is_refused_with_the_number_and_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(large, "HELD", 20_000)
    rgb = Image.fromarray(COLOURS)
    rgb.save(tmp_path / "p.jpg", progressive=True)
    written(
        tmp_path / "i.png", np.concatenate([COLOURS, COLOURS[..., :1]], 2).astype(np.uint16), interlace=True
    )
    rgb.save(tmp_path / "b.bmp")
    for name, why, instead in [
        ("p.jpg", "is a progressive JPEG", "a baseline JPEG"),
        ("i.png", "is interlaced", "a PNG without interlacing"),
        ("b.bmp", "cannot be read row by row", "PNG or TIFF"),
    ]:
        with pytest.raises(PictureError) as caught:
            load(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value) and "\n" not in str(caught.value)
        assert f"{why}, so that opening it would take" in str(
            caught.value
        ) and f"save it as {instead}" in str(caught.value)
    rgb.save(tmp_path / "plain.jpg")
    rgb.save(tmp_path / "plain.png")
    assert load(tmp_path / "plain.jpg").size == load(tmp_path / "plain.png").size == (21, 27)


def test_an_absurd_size_is_refused(tmp_path, monkeypatch):
    for pixels in (COLOURS, COLOURS.astype(np.uint16)):
        path = written(tmp_path / "a.png", pixels)
        monkeypatch.setattr(large, "LARGEST", 4000)
        with pytest.raises(
            PictureError,
            match=r"has 0 million pixels, and at most 0 million can be opened; scale it down first",
        ):
            load(path)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.bmp"])
def test_a_huge_file_that_is_cut_off_is_refused_in_one_line(tmp_path, name, depth):
    generator = np.random.default_rng(0)
    path, noise = tmp_path / name, generator.integers(0, 256, (61, 80, 3), dtype=np.uint8)
    if depth == 16 and name in ("a.png", "a.tif"):
        save(noise.astype(np.uint16) * 257, path)
    else:
        Image.fromarray(noise).save(path)
    data = path.read_bytes()
    for part in (0.3, 0.6, 0.95):
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(PictureError) as caught:
            load(path)
        assert str(path) in str(caught.value) and "\n" not in str(caught.value) and "; " in str(caught.value)


def test_a_line_of_pixels_is_shrunk_along_itself(tmp_path):
    assert load(written(tmp_path / "a.png", np.full((1, 5000, 3), 90, np.uint8))).size == (1, 1667)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_two_hundred_megapixels_are_opened_within_two_gigabytes(tmp_path, name):
    path = tmp_path / name
    ramp = pyvips.Image.identity(bands=3).resize(16320 / 256, vscale=12240, kernel="nearest")
    ramp.copy(interpretation="srgb").write_to_file(str(path))
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, {resource.RLIM_INFINITY}))"
    code = f"{limit}; from impasto.media.image import load; print(load({str(path)!r}).size)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(6120, 8160)\n", done.stderr
