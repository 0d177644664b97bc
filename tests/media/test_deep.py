"""Pictures of 16 bits a channel, in and out, against independent readers and formulas."""

import io
import struct
import zlib

import numpy as np
import pytest
import pyvips
import torch
from PIL import Image, ImageCms

from conftest import blobs
from impasto.errors import OutputError, PictureError
from impasto.media.image import check_output, levels_of, load, load_as_it_is, save
from impasto.media.profile import SRGB_BYTES

GENERATOR = np.random.default_rng(0)
DEEP = GENERATOR.integers(0, 65536, (20, 30, 4), dtype=np.uint16)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png16(levels: np.ndarray, *extra: bytes) -> bytes:
    """A PNG of 16 bits written by hand, without a filter: grey, grey and alpha, RGB or RGBA."""
    height, width, channels = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    )


def profile(primaries, gamma: float) -> bytes:
    """A monitor profile of three primaries (x, y), white D65 and a gamma, adapted to D50 by Bradford."""
    xy = np.array(primaries)
    white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy.sum(1)) / xy[:, 1]])
    xyz = xyz * np.linalg.solve(xyz, white)
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1, 0.8249])
    xyz = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ white)) @ bradford @ xyz

    def three(v):
        return b"XYZ \0\0\0\0" + np.round(np.asarray(v) * 65536).astype(">i4").tobytes()

    tags = {
        b"wtpt": three(d50),
        b"rXYZ": three(xyz[:, 0]),
        b"gXYZ": three(xyz[:, 1]),
        b"bXYZ": three(xyz[:, 2]),
    }
    tags |= {
        name: b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(gamma * 256), 0)
        for name in (b"rTRC", b"gTRC", b"bTRC")
    }
    tags |= {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"wide\0" + bytes(79),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
    }
    body, table = b"", struct.pack(">I", len(tags))
    for name, data in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = 132 + 12 * len(tags) + len(body)
    head = struct.pack(
        ">I4sI4s4s4s12s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp"
    ).ljust(68, b"\0")
    return head + struct.pack(">3i", 63190, 65536, 54061) + bytes(48) + table + body


ADOBE = [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)]
SRGB = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)]


def srgb_of(levels: np.ndarray, primaries, gamma: float) -> np.ndarray:
    """Convert levels of another space to sRGB, 0 to 255, by the published primaries (D65 in both)."""

    def to_xyz(chosen):
        xy = np.array(chosen)
        xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy.sum(1)) / xy[:, 1]])
        return xyz * np.linalg.solve(xyz, [0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])

    linear = (levels / 65535) ** gamma @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(primaries)).T
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_sixteen_bits_come_in_exactly(tmp_path, channels, kind):
    levels, path = DEEP[..., :channels], tmp_path / f"a.{kind}"
    if kind == "png":
        path.write_bytes(png16(levels))
    else:
        meaning = "rgb16" if channels > 2 else "grey16"
        pyvips.Image.new_from_array(levels).copy(interpretation=meaning).tiffsave(
            str(path), compression="lzw"
        )
    picture = load_as_it_is(path)
    colours = levels[..., :3] if channels > 2 else np.repeat(levels[..., :1], 3, axis=2)
    found = picture.pixels((20, 30))
    assert (
        found.dtype == torch.float32
        and np.abs(found[0].permute(1, 2, 0).double().numpy() * 257 - colours).max() < 0.01
    )
    assert np.abs(np.asarray(picture.image) - colours / 257).max() <= 0.5
    if channels in (2, 4):
        assert np.abs(picture.opacity((20, 30)).double().numpy() * 257 - levels[..., -1]).max() < 0.01
        assert np.abs(np.asarray(picture.alpha) - levels[..., -1] / 257).max() <= 0.5
    else:
        assert picture.alpha is None and picture.opacity((20, 30)) is None


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".tif"])
def test_sixteen_bits_go_round_exactly(tmp_path, channels, suffix):
    path = save(DEEP[..., :channels], tmp_path / f"a{suffix}")
    stored = pyvips.Image.new_from_file(str(path))
    assert stored.format == "ushort" and np.array_equal(stored.numpy(), DEEP[..., :channels])
    picture = load_as_it_is(path)
    opacity = picture.opacity(picture.size)
    assert np.array_equal(levels_of(picture.pixels(picture.size), opacity), DEEP[..., :channels])
    assert save(DEEP[..., :channels], tmp_path / f"b{suffix}").read_bytes() == path.read_bytes()
    with Image.open(path) as image:
        assert image.info["icc_profile"] == SRGB_BYTES and image.info.get("dpi") in (
            None,
            (1, 1),
        )  # Pillow's word for a TIFF without


def test_a_fine_gradient_survives_loading_and_resizing(tmp_path):
    """A ramp over two of 255 levels: 8 bits leave three values, 16 keep each within 1/257 of a level."""
    ramp = np.linspace(100 * 257, 102 * 257, 600).round().astype(np.uint16)
    (tmp_path / "a.png").write_bytes(png16(np.broadcast_to(ramp[None, :, None], (8, 600, 3))))
    picture = load(tmp_path / "a.png")
    assert np.abs(picture.pixels((8, 600))[0, 0, 0].numpy() - np.linspace(100, 102, 600)).max() < 1 / 257
    half = picture.pixels((8, 300))[0, 1, 4].numpy()
    assert len(np.unique(half)) > 250 and (np.diff(half)[5:-5] > 0).all()


def test_a_gradient_goes_out_without_a_stop_at_eight_bits(tmp_path):
    pixels = torch.linspace(100, 101, 258).expand(1, 3, 4, 258)
    path = save(levels_of(pixels, torch.linspace(3, 4, 258).expand(4, 258)), tmp_path / "a.png")
    stored = pyvips.Image.new_from_file(str(path)).numpy()
    assert np.array_equal(stored[0, :, 0], np.arange(258) + 25700) and np.array_equal(
        stored[0, :, 3], np.arange(258) + 771
    )
    assert levels_of(torch.tensor([-3.0, 300.0]).expand(1, 3, 1, 2)).tolist() == [[[0] * 3, [65535] * 3]]


def test_arrays_keep_their_precision():
    for array in (DEEP[..., :3], DEEP[..., :3] / 65535, (DEEP[..., :3] / 65535).astype(np.float32)):
        assert np.array_equal(levels_of(load(array).pixels((20, 30))), DEEP[..., :3])
    assert load(DEEP[..., 0]).pixels((20, 30)).shape == (1, 3, 20, 30)


def test_a_wide_gamut_profile_is_converted_to_srgb(tmp_path):
    levels = GENERATOR.integers(0, 65536, (40, 50, 3), dtype=np.uint16)
    wide = profile(ADOBE, 563 / 256)
    ImageCms.ImageCmsProfile(io.BytesIO(wide))  # lcms takes it for a profile, too
    (tmp_path / "a.png").write_bytes(png16(levels, chunk(b"iCCP", b"wide\0\0" + zlib.compress(wide))))
    image = pyvips.Image.new_from_array(levels).copy(interpretation="rgb16")
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", wide)
    image.tiffsave(str(tmp_path / "a.tiff"))
    expected = srgb_of(levels, ADOBE, 563 / 256)
    assert np.abs(expected - levels / 257).mean() > 5  # there is something to convert
    for name in ("a.png", "a.tiff"):
        found = load(tmp_path / name).pixels((40, 50))[0].permute(1, 2, 0).numpy()
        # Primaries of a profile are rounded to 1/65536, which matters most in the dark, where sRGB is steep.
        assert np.abs(found - expected).max() < 0.2 and np.abs(found - expected).mean() < 0.01
    eight = Image.fromarray((levels >> 8).astype(np.uint8))
    eight.save(tmp_path / "8.png", icc_profile=wide)
    found = load(tmp_path / "8.png").pixels((40, 50))[0].permute(1, 2, 0).numpy()
    assert np.abs(found - srgb_of((levels >> 8) * 257, ADOBE, 563 / 256)).mean() < 0.5


def test_tables_of_colours_and_damaged_profiles_do_not_stop_a_deep_picture(tmp_path):
    colours = blobs(20, 30).astype(np.uint16) * 257
    lab = pyvips.Image.new_from_array(colours).copy(interpretation="rgb16").colourspace("labs")
    lab.tiffsave(str(tmp_path / "lab.tiff"))
    assert np.abs(np.asarray(load(tmp_path / "lab.tiff").image).astype(int) - blobs(20, 30)).mean() < 2
    cmyk = (
        pyvips.Image.new_from_array(colours)
        .copy(interpretation="rgb16")
        .icc_transform("cmyk", input_profile="srgb", depth=16)
    )
    cmyk.tiffsave(str(tmp_path / "cmyk.tiff"))
    assert (
        np.abs(np.asarray(load(tmp_path / "cmyk.tiff").image).astype(int) - blobs(20, 30)).mean() < 25
    )  # inks hold fewer colours
    for damaged in (b"no profile at all", profile(ADOBE, 2.2)[:180], profile(ADOBE, 2.2)[:-60]):
        (tmp_path / "d.png").write_bytes(png16(colours, chunk(b"iCCP", b"d\0\0" + zlib.compress(damaged))))
        assert (
            np.abs(
                load(tmp_path / "d.png").pixels((20, 30))[0].permute(1, 2, 0).numpy() - blobs(20, 30)
            ).mean()
            < 40
        )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_deep_picture_is_turned_upright(tmp_path, orientation):
    undo = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud}
    undo |= {
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[274] = orientation
    stored = np.ascontiguousarray(undo[orientation](DEEP[..., :3]))
    (tmp_path / "a.png").write_bytes(png16(stored, chunk(b"eXIf", exif.tobytes()[6:])))
    assert np.array_equal(load(tmp_path / "a.png").levels, DEEP[..., :3])


def test_truncated_deep_files_are_named(tmp_path):
    for suffix in (".png", ".tiff"):
        whole = save(DEEP, tmp_path / f"whole{suffix}").read_bytes()
        for part in (0.05, 0.5, 0.9):
            path = tmp_path / f"cut{suffix}"
            path.write_bytes(whole[: int(len(whole) * part)])
            with pytest.raises(
                PictureError,
                match=r"cannot read '.*cut.*': damaged or truncated \(.+\); try another copy|"
                r"not a readable picture",
            ) as caught:
                load(path)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_depth_16_is_refused_where_a_file_cannot_hold_it(tmp_path, name):
    message = r"cannot hold 16 bits a channel; write a \.png or \.tiff, or use depth 8"
    with pytest.raises(OutputError, match=message):
        check_output(tmp_path / name, size=(20, 30), alpha=False, depth=16)
    with pytest.raises(OutputError, match=message):
        save(DEEP[..., :3], tmp_path / name)
    assert not list(tmp_path.iterdir())
