"""The judge against independent code (benchmarks/judge.py), and what its numbers mean at their ends."""

import runpy

import numpy as np
import pytest
from PIL import Image

import impasto
from conftest import EXAMPLES, ROOT, blobs
from impasto.errors import PictureError, SettingsError
from impasto.stills import judge as module
from impasto.stills.judge import STYLE_LAYERS, judge

PAINTING = EXAMPLES / "paintings/night_cafe.webp"


@pytest.fixture(scope="module")
def independent():
    return runpy.run_path(str(ROOT / "benchmarks/judge.py"))["judge"]


@pytest.mark.parametrize("tile", [1024, 48])
def test_it_agrees_with_independent_code_whole_and_in_tiles(independent, tmp_path, monkeypatch, tile):
    Image.fromarray(blobs(80, 112, 5)).save(tmp_path / "result.png")
    Image.fromarray(blobs(150, 200, 1)).save(tmp_path / "photo.png")
    monkeypatch.setattr(module, "TILE", tile)
    ours, theirs = (
        judge_by(tmp_path / "result.png", tmp_path / "photo.png", PAINTING)
        for judge_by in (judge, independent)
    )
    assert ours.content == pytest.approx(theirs.content, rel=1e-3) and ours.style == pytest.approx(
        theirs.style, rel=1e-4
    )
    assert list(ours.layers) == list(STYLE_LAYERS) and ours.style == sum(ours.layers.values())


def test_a_painting_judged_by_itself_is_without_error():
    painting = blobs(64, 96, 3)
    found = judge(painting, painting, painting)
    assert (
        found.content < 1e-6 and found.style < 1e-6 and found.from_style < 0.05 and found.from_content < 0.05
    )


def test_the_weights_of_several_paintings_count():
    result, photo, one, other = (blobs(48, 64, seed) for seed in (1, 2, 3, 4))
    alone = judge(result, photo, one)
    assert judge(result, photo, [(one, 2), (other, 0)]) == alone
    mixed = judge(result, photo, [(one, 3), (other, 1)])
    assert mixed == judge(result, photo, [(one, 0.75), (other, 0.25)]) and mixed.style != alone.style
    with pytest.raises(SettingsError, match="style weights must be >= 0"):
        judge(result, photo, [(one, -1)])


def test_it_is_the_eight_bits_that_are_judged():
    deep = np.random.default_rng(0).integers(0, 65536, (48, 64, 3), dtype=np.uint16)
    photo, painting = blobs(48, 64, 2), blobs(48, 64, 3)
    eight = ((deep.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    assert judge(deep, photo, painting).style == pytest.approx(judge(eight, photo, painting).style, rel=1e-6)


def test_pictures_without_a_position_in_the_deepest_layer_are_refused():
    with pytest.raises(
        PictureError,
        match="'array' at 64x12 px is too small to evaluate: conv5_1 needs 16 px a side",
    ):
        judge(blobs(12, 64), blobs(48, 64), blobs(48, 64))


def test_it_is_public():
    assert impasto.judge is judge and impasto.Judgement is module.Judgement


@pytest.mark.parametrize("transparent", [False, True])
def test_a_large_result_is_judged_tile_by_tile_to_the_same_numbers(monkeypatch, transparent):
    generator = np.random.default_rng(0)
    picture, photo, painting = (
        blobs(150, 203, seed) // 2 + generator.integers(0, 128, (150, 203, 3), dtype=np.uint8)
        for seed in (1, 2, 3)
    )
    if transparent:
        alpha = np.where(np.arange(203) < 90, 0, 255)[None, :, None].repeat(150, 0).astype(np.uint8)
        photo, picture = (np.concatenate([one, alpha], 2) for one in (photo, picture))
    whole = judge(picture, photo, painting)
    monkeypatch.setattr("impasto.stills.judge.TILE", 96)
    monkeypatch.setattr("impasto.colour.ROWS", 16)
    tiled = judge(picture, photo, painting)
    assert tiled.content == pytest.approx(whole.content, rel=1e-5)
    assert tiled.layers == pytest.approx(whole.layers, rel=1e-4)
    assert (tiled.from_style, tiled.from_content) == pytest.approx(
        (whole.from_style, whole.from_content), rel=1e-5
    )
