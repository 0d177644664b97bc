import numpy as np
import pytest
from PIL import Image

from conftest import blobs
from impasto.settings.presets import preset
from impasto.stills import features as module
from impasto.stills.features import features

LAYERS = ("conv1_1", "pool2", "conv4_2")


@pytest.mark.parametrize("transparent", [False, True])
def test_maps_of_a_large_picture_are_found_tile_by_tile_without_a_seam(monkeypatch, untimed, transparent):
    pixels = (
        np.random.default_rng(0).integers(0, 256, (150, 203, 3), dtype=np.uint8) // 4
        + blobs(150, 203) // 4 * 3
    )
    alpha = np.where(np.arange(203) < 90, 0, 255)[None, :, None].repeat(150, 0).astype(np.uint8)
    picture = np.concatenate([pixels, alpha], 2) if transparent else pixels
    settings = preset("features").with_changes(size=203)
    whole = features(picture, LAYERS, 5, settings)
    monkeypatch.setattr(module, "TILE", 96)
    tiled = features(picture, LAYERS, 5, settings)
    for layer in LAYERS:
        assert [number for number, _ in whole[layer]] == [number for number, _ in tiled[layer]]
        for (_, one), (_, other) in zip(whole[layer], tiled[layer], strict=True):
            assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).max() <= 1
    if transparent:
        assert not np.asarray(whole["conv1_1"][0][1])[:, :89].any()
    assert isinstance(whole["pool2"][0][1], Image.Image) and whole["pool2"][0][1].size == (50, 37)
