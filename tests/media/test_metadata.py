"""EXIF and density, read back by Pillow from every format."""

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from conftest import blobs
from impasto.media.image import load, save

COLOURS = blobs(20, 30)
FORMATS = [(".png", 8), (".jpg", 8), (".webp", 8), (".tiff", 8), (".png", 16), (".tiff", 16)]


def photo_exif(orientation: int = 6) -> bytes:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Artist], exif[Base.Orientation] = "Camera Works", "Ä. Painter", orientation
    exif[Base.XResolution] = exif[Base.YResolution] = 72.0
    exif[IFD.Exif] = {
        Base.DateTimeOriginal: "2020:01:02 03:04:05",
        Base.ExposureTime: 0.01,
        Base.ExifImageWidth: 9999,
        Base.MakerNote: b"x" * 99,
    }
    exif[IFD.GPSInfo] = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (51.0, 30.0, 26.5)}
    return exif.tobytes()


def written(tmp_path, suffix: str, depth: int, **options) -> Image.Image:
    picture = COLOURS.astype(np.uint16) * 257 if depth == 16 else Image.fromarray(COLOURS)
    with Image.open(save(picture, tmp_path / f"out{suffix}", **options)) as image:
        image.load()
    assert np.abs(np.asarray(image.convert("RGB")).astype(int) - COLOURS).mean() < 6
    return image


@pytest.fixture
def exif(tmp_path) -> bytes:
    Image.fromarray(COLOURS).save(tmp_path / "photo.jpg", exif=photo_exif())
    return load(tmp_path / "photo.jpg").exif


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
def test_exif_is_kept_upright(tmp_path, exif, suffix, depth):
    found = written(tmp_path, suffix, depth, exif=exif).getexif()
    assert found[Base.Make] == "Camera Works" and found[Base.Orientation] == 1
    assert Base.XResolution not in found
    photo, place = found.get_ifd(IFD.Exif), found.get_ifd(IFD.GPSInfo)
    assert photo[Base.DateTimeOriginal] == "2020:01:02 03:04:05" and float(
        photo[Base.ExposureTime]
    ) == pytest.approx(0.01)
    assert photo[Base.ColorSpace] == 1 and Base.MakerNote not in photo and Base.ExifImageWidth not in photo
    assert place[GPS.GPSLatitudeRef] == "N" and [float(part) for part in place[GPS.GPSLatitude]] == [
        51,
        30,
        26.5,
    ]
    again = load(tmp_path / f"out{suffix}")
    assert again.size == (20, 30)  # upright already, so nothing turns it a second time
    assert again.exif == exif


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
def test_density_is_read_back(tmp_path, exif, suffix, depth):
    for options in ({}, {"exif": exif}):
        image = written(tmp_path, suffix, depth, dpi=300, **options)
        dpi = image.info.get("dpi") or (image.getexif()[Base.XResolution], image.getexif()[Base.YResolution])
        assert [round(float(side), 1) for side in dpi] == [300, 300]
        if options:
            assert image.getexif()[Base.Make] == "Camera Works" and image.getexif().get_ifd(IFD.GPSInfo)
    assert written(tmp_path, suffix, depth).info.get("dpi") in (
        None,
        (1, 1),
    )  # Pillow's word for a TIFF without


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
def test_without_exif_none_is_written(tmp_path, suffix, depth):
    written(tmp_path, suffix, depth)
    assert (
        b"Camera" not in (tmp_path / f"out{suffix}").read_bytes()
        and load(tmp_path / f"out{suffix}").exif == b""
    )


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tiff"])
def test_exif_is_found_in_every_format(tmp_path, exif, suffix):
    Image.fromarray(COLOURS).save(tmp_path / f"in{suffix}", exif=photo_exif(1))
    assert load(tmp_path / f"in{suffix}").exif == exif


def test_thumbnails_are_left_out(tmp_path):
    thumbnail = b"\xff\xd8THUMBNAIL" * 30
    data = bytearray(
        b"MM\0*\0\0\0\x08"
        + b"\0\x01"
        + bytes.fromhex("0112000300000001 0006 0000".replace(" ", ""))
        + b"\0\0\0\x1a"
    )
    data += (
        b"\0\x02"
        + bytes.fromhex("0201000400000001")
        + (56).to_bytes(4)
        + bytes.fromhex("0202000400000001")
        + len(thumbnail).to_bytes(4)
        + bytes(4)
    )
    data += thumbnail
    Image.fromarray(COLOURS).save(tmp_path / "in.jpg", exif=b"Exif\0\0" + bytes(data))
    with Image.open(tmp_path / "in.jpg") as image:
        assert image.getexif().get_ifd(IFD.IFD1)  # it is there before
    picture = load(tmp_path / "in.jpg")
    assert picture.size == (30, 20)
    save(picture.image, tmp_path / "out.jpg", exif=picture.exif)
    with Image.open(tmp_path / "out.jpg") as image:
        assert not image.getexif().get_ifd(IFD.IFD1)
    assert b"THUMBNAIL" not in (tmp_path / "out.jpg").read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"junk",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\0\x09\x01\x0f\0\x02\0\0\0\xff\0\0\xff\xff",
        b"II*\0\x08\0\0\0\x01\0",
    ],
)
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_damaged_exif_does_not_stop_a_photo(tmp_path, suffix, damage):
    Image.fromarray(COLOURS).save(tmp_path / f"in{suffix}", exif=b"Exif\0\0" + damage)
    picture = load(tmp_path / f"in{suffix}")
    assert picture.size == (20, 30) and picture.exif == b""


def test_huge_tags_are_left_out_and_the_rest_stays(tmp_path):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.ImageDescription] = "Camera Works", "x" * 5000
    exif[IFD.Exif] = {Base.UserComment: b"y" * 9000, Base.LensModel: "Fine Lens"}
    Image.fromarray(COLOURS).save(tmp_path / "in.png", exif=exif.tobytes())
    kept = Image.Exif()
    kept.load(load(tmp_path / "in.png").exif)
    assert dict(kept.get_ifd(IFD.Exif)) == {Base.LensModel: "Fine Lens", Base.ColorSpace: 1}
    assert kept[Base.Make] == "Camera Works" and Base.ImageDescription not in kept
