"""A recipe's text in every format and depth, read back here and by other programs."""

import json
import struct
import zlib

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from conftest import blobs
from impasto.errors import RecipeError
from impasto.media.image import load, save
from impasto.media.recipe import LONGEST, recipe_text, sidecar

COLOURS = blobs(20, 30)
FORMATS = [(".png", 8), (".jpg", 8), (".webp", 8), (".tiff", 8), (".png", 16), (".tiff", 16)]
TEXT = json.dumps({"a": "<&>'\"]]> \u00e4\u2026", "b": [1, 2.5, None]})


def written(folder, suffix, depth, text, **options):
    picture = COLOURS.astype(np.uint16) * 257 if depth == 16 else Image.fromarray(COLOURS)
    return save(picture, folder / f"out{suffix}", recipe=text, **options)


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
def test_it_comes_back_from_every_format_and_changes_no_pixel(tmp_path, suffix, depth):
    exif = Image.Exif()
    exif[271] = "Camera Works"
    plain = load(written(tmp_path, suffix, depth, "", exif=exif.tobytes(), dpi=300)).pixels((20, 30))
    assert recipe_text(tmp_path / f"out{suffix}") is None
    path = written(tmp_path, suffix, depth, TEXT, exif=exif.tobytes(), dpi=300)
    assert recipe_text(path) == TEXT and [file.name for file in tmp_path.iterdir()] == [path.name]
    assert np.array_equal(load(path).pixels((20, 30)), plain)
    with Image.open(path) as image:
        image.load()
        assert image.getexif()[271] == "Camera Works"
    assert pyvips.Image.new_from_file(str(path), fail_on="warning").width == 30


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
def test_other_programs_find_it_where_such_things_are(tmp_path, suffix, depth):
    path = written(tmp_path, suffix, depth, TEXT)
    if suffix == ".png":
        with Image.open(path) as image:
            assert image.info["impasto"] == TEXT
        return
    packet = pyvips.Image.new_from_file(str(path)).get("xmp-data")
    with Image.open(path) as image:
        assert (image.info.get("xmp") or image.tag_v2[700]) == packet
    assert packet.startswith(b"<?xpacket begin=") and b"urn:impasto:1#" in packet


def test_a_text_that_another_program_wrote_again_is_read(tmp_path):
    for name, options in (("text", {}), ("zipped", {"zip": True})):
        for add in (PngImagePlugin.PngInfo.add_text, PngImagePlugin.PngInfo.add_itxt):
            info = PngImagePlugin.PngInfo()
            add(info, "impasto", "{}", **options)
            Image.fromarray(COLOURS).save(tmp_path / f"{name}.png", pnginfo=info)
            assert recipe_text(tmp_path / f"{name}.png") == "{}"
    packet = b"<rdf:Description xmlns:impasto='urn:impasto:1#' impasto:recipe='{&quot;a&quot;:&#49;}'/>"
    Image.fromarray(COLOURS).save(tmp_path / "attribute.jpg", xmp=packet)
    assert recipe_text(tmp_path / "attribute.jpg") == '{"a":1}'
    Image.fromarray(COLOURS).save(tmp_path / "others.jpg", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    assert recipe_text(tmp_path / "others.jpg") is None


def test_a_file_of_its_own_is_read_too(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + b" {}\n")
    assert recipe_text(tmp_path / "a.json") == " {}\n"
    (tmp_path / "b.txt").write_text("words")
    assert recipe_text(tmp_path / "b.txt") is None


def test_what_a_jpeg_has_no_room_for_stands_beside_it(tmp_path):
    long = json.dumps("x" * 70_000)
    long = f'{{"a":{long}}}'
    path = written(tmp_path, ".jpg", 8, long)
    assert sidecar(path).read_text() == long and recipe_text(path) == recipe_text(sidecar(path)) == long
    for suffix in (".png", ".webp", ".tiff"):
        assert (
            recipe_text(written(tmp_path, suffix, 8, long)) == long
            and not sidecar(tmp_path / f"out{suffix}").exists()
        )
    written(tmp_path, ".jpg", 8, "")  # the picture that it spoke of is no more
    assert not sidecar(path).exists() and recipe_text(path) is None


def test_no_more_is_read_than_a_recipe_may_have(tmp_path):
    bomb = zlib.compress(b"{" + b" " * 50_000_000)
    body = b"iTXtimpasto\0\1\0\0\0" + bomb
    data = bytearray(written(tmp_path, ".png", 8, "").read_bytes())
    data[33:33] = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "bomb.png").write_bytes(data)
    (tmp_path / "long.json").write_bytes(b"{" + b" " * LONGEST)
    for name in ("bomb.png", "long.json"):
        with pytest.raises(RecipeError, match=f"'.*{name}' is longer than 1048576 bytes"):
            recipe_text(tmp_path / name)
    (tmp_path / "latin.json").write_bytes(b'{"a":"\xe4"}')
    with pytest.raises(
        RecipeError,
        match=r"byte 0xe4 at offset 6, line 1, is not UTF-8; save it as UTF-8, or take another copy",
    ):
        recipe_text(tmp_path / "latin.json")
    for name, message in (("none.png", "No such file"), ("", "directory")):
        with pytest.raises(RecipeError, match=f"cannot read '.*': .*{message}.*; check the path"):
            recipe_text(tmp_path / name)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return folder, {
        (suffix, depth): written(folder, suffix, depth, TEXT).read_bytes() for suffix, depth in FORMATS
    }


@pytest.mark.parametrize(("suffix", "depth"), FORMATS)
@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_give_a_text_or_none_or_a_clear_word(files, suffix, depth, data):
    folder, whole = files
    damaged = bytearray(whole[suffix, depth])
    interesting = min(len(damaged), 1200)  # the head, and in a TIFF and a WebP the end
    places = st.one_of(
        st.integers(0, interesting - 1), st.integers(len(damaged) - interesting, len(damaged) - 1)
    )
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=12)):
        damaged[at] = value
    end = data.draw(st.one_of(st.just(len(damaged)), st.integers(0, len(damaged))))
    path = folder / f"damaged{suffix}"
    path.write_bytes(damaged[:end])
    try:
        text = recipe_text(path)
    except RecipeError as error:
        assert "\n" not in str(error)
    else:
        assert text is None or isinstance(text, str)
