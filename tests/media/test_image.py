import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from conftest import blobs
from impasto.errors import OutputError, PictureError
from impasto.media.image import check_output, image_of, load, load_as_it_is, save, with_alpha
from impasto.media.names import unused
from impasto.media.part import write_whole

COLOURS = blobs(20, 30)


def test_pixels_are_those_of_the_file(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    picture = load(tmp_path / "a.png")
    assert picture.size == (20, 30) and picture.name == "a" and picture.alpha is None
    assert np.array_equal(picture.pixels((20, 30))[0].permute(1, 2, 0).numpy(), COLOURS)
    assert np.array_equal(np.asarray(image_of(picture.pixels((20, 30)))), COLOURS)
    assert picture.pixels((7, 11)).shape == (1, 3, 7, 11)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation):
    # The inverse of each of the eight orientations, by rotating and mirroring the stored pixels.
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = (
        Image.fromarray(COLOURS)
        if undo is None
        else Image.fromarray(COLOURS).transpose(Image.Transpose(undo))
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(np.asarray(load(tmp_path / "a.png").image), COLOURS)


def test_an_icc_profile_is_converted_to_srgb(tmp_path):
    lab = ImageCms.createProfile("LAB")
    picture = Image.fromarray(COLOURS)
    to_lab = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    to_lab.save(tmp_path / "lab.tiff", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    found = np.asarray(load(tmp_path / "lab.tiff").image).astype(int)
    assert np.abs(found - COLOURS).mean() < 4
    picture.save(tmp_path / "damaged.png", icc_profile=b"no profile at all")
    assert np.array_equal(np.asarray(load(tmp_path / "damaged.png").image), COLOURS)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LA", "RGBA", "I;16", "I", "F"])
def test_every_mode_comes_in_as_rgb(tmp_path, mode):
    if mode in ("I;16", "I", "F"):
        grey = np.asarray(Image.fromarray(COLOURS).convert("L")).astype(np.float64)
        image = Image.fromarray(
            {
                "I;16": (grey * 257).astype(np.uint16),
                "I": (grey * 257).astype(np.int32),
                "F": (grey / 255).astype(np.float32),
            }[mode]
        )
    else:
        image = Image.fromarray(COLOURS).convert(mode)
    path = tmp_path / f"a.{'tiff' if mode in ('CMYK', 'YCbCr', 'F', 'I') else 'png'}"
    image.save(path)
    found = load(path).image
    assert found.mode == "RGB" and found.size == (30, 20)
    reference = np.asarray(
        Image.fromarray(COLOURS)
        .convert("L" if mode in ("L", "LA", "I", "F", "I;16") else "RGB")
        .convert("RGB")
    ).astype(int)
    if mode not in ("1", "P"):
        assert np.abs(np.asarray(found).astype(int) - reference).mean() < 3


def test_transparency_is_kept_and_put_back(tmp_path):
    alpha = Image.fromarray(np.linspace(0, 255, 600).reshape(20, 30).astype(np.uint8))
    image = Image.fromarray(COLOURS)
    image.putalpha(alpha)
    image.save(tmp_path / "a.png")
    picture = load(tmp_path / "a.png")
    seen = np.asarray(alpha) >= 64
    assert np.array_equal(np.asarray(picture.image)[seen], COLOURS[seen])
    assert np.array_equal(np.asarray(load_as_it_is(tmp_path / "a.png").image), COLOURS)
    result = with_alpha(picture.image.resize((15, 10)), picture.alpha)
    assert result.mode == "RGBA" and result.size == (15, 10)
    result.save(tmp_path / "b.png")
    palette = Image.fromarray(COLOURS).quantize(16)
    palette.save(tmp_path / "p.png", transparency=3)
    assert load(tmp_path / "p.png").alpha is not None


def test_arrays_come_in():
    assert np.array_equal(np.asarray(load(COLOURS).image), COLOURS)
    assert np.abs(np.asarray(load(COLOURS / 255).image).astype(int) - COLOURS).max() == 0
    assert load(COLOURS[..., 0]).image.mode == "RGB"
    for wrong, message in [
        (COLOURS[..., :2], "shape"),
        (COLOURS * 2.0, "0 to 1"),
        (COLOURS.astype(np.int64), "uint8"),
        (np.zeros((0, 3, 3)), "shape"),
    ]:
        with pytest.raises(PictureError, match=message):
            load(wrong)


def test_bad_files_are_named(tmp_path, monkeypatch):
    text = tmp_path / "a.png"
    with pytest.raises(PictureError, match="no file .*a.png"):
        load(text)
    text.write_text("words")
    with pytest.raises(PictureError, match="not a readable picture"):
        load(text)
    with pytest.raises(PictureError, match="is a folder"):
        load(tmp_path)
    whole = io.BytesIO()
    Image.fromarray(COLOURS).save(whole, "PNG")
    for cut in (40, 200, len(whole.getvalue()) - 30):
        text.write_bytes(whole.getvalue()[:cut])
        with pytest.raises(PictureError, match="damaged or truncated|not a readable picture"):
            load(text)
    jpeg = io.BytesIO()
    Image.fromarray(blobs(90, 90)).save(jpeg, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(jpeg.getvalue()[: len(jpeg.getvalue()) // 2])
    with pytest.raises(PictureError, match="truncated"):
        load(tmp_path / "cut.jpg")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with monkeypatch.context() as patch:
        patch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(PictureError, match=r"pip install impasto\[heic\]"):
            load(tmp_path / "phone.heic")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"])
def test_files_go_out_with_an_srgb_profile(tmp_path, suffix):
    path = save(Image.fromarray(COLOURS), tmp_path / f"a{suffix}")
    with Image.open(path) as image:
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - COLOURS).mean() < 6
        assert "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        )
    assert os.listdir(tmp_path) == [path.name]


def test_outputs_that_cannot_be_are_refused_before_the_work(tmp_path):
    source = tmp_path / "in.png"
    save(Image.fromarray(COLOURS), source)
    (tmp_path / "folder.png").mkdir()
    for name, options, message in [
        ("a.bmp", {}, "must end in"),
        ("a", {}, "must end in"),
        ("a.jpg", {"alpha": True}, "transparency"),
        ("a.webp", {"size": (10, 20_000)}, "at most 16383"),
        ("none/a.png", {}, "no folder"),
        ("folder.png", {}, "is a folder"),
        ("in.png", {"inputs": (str(source),)}, "never overwritten"),
    ]:
        with pytest.raises(OutputError, match=message):
            check_output(tmp_path / name, **({"size": (20, 30), "alpha": False} | options))


def test_a_failed_write_leaves_the_old_file_and_no_trace(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("old")

    def fail(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"No space left on device; free some space"):
        write_whole(path, fail)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.png"]


def test_new_names_never_replace(tmp_path):
    assert unused(tmp_path, "a") == tmp_path / "a.png"
    (tmp_path / "a.png").touch()
    (tmp_path / "a-2.png").touch()
    assert unused(tmp_path, "a") == Path(tmp_path) / "a-3.png"


def test_photos_from_a_phone_are_read(tmp_path):
    from pillow_heif import from_pillow

    from_pillow(Image.fromarray(COLOURS)).save(tmp_path / "phone.heic", quality=95)
    found, stored = load(tmp_path / "phone.heic").image, Image.fromarray(COLOURS)
    # The format halves the chroma, so the luma is compared.
    assert np.abs(np.asarray(found.convert("L")).astype(int) - np.asarray(stored.convert("L"))).mean() < 4
