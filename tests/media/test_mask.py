import numpy as np
import pytest
import torch
from PIL import Image

from impasto.errors import PictureError
from impasto.media.mask import load_mask


def disc(height, width):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.where(np.hypot(rows - height / 2, columns - width / 2) < min(height, width) / 3, 255, 0).astype(
        np.uint8
    )


def test_a_mask_keeps_its_mean_and_its_range_at_every_size():
    mask = load_mask(disc(120, 160), (120, 160), "photo")
    for size in ((120, 160), (60, 80), (33, 44), (240, 320)):
        weights = mask.weights(size)
        assert weights.shape == (1, 1, *size) and weights.dtype == torch.float32
        assert weights.min() >= 0 and weights.max() <= 1
        assert float(weights.mean()) == pytest.approx(float(mask.weights((120, 160)).mean()), rel=0.02)
    assert set(mask.weights((120, 160)).unique().tolist()) == {0, 1}


def test_white_everywhere_is_no_mask_and_transparent_is_black():
    assert load_mask(np.full((12, 16, 3), 255, np.uint8), (12, 16), "photo") is None
    alpha = np.dstack(
        [np.full((12, 16, 3), 255, np.uint8), np.repeat([[0] * 8 + [255] * 8], 12, 0).astype(np.uint8)]
    )
    assert load_mask(alpha, (12, 16), "photo").weights((12, 16))[0, 0, 0].tolist() == [0] * 8 + [1] * 8


@pytest.mark.parametrize("size", [(3000, 4000), (150, 200), (113, 150), (37, 50), (1, 1)])
def test_an_aspect_may_be_off_by_rounding(size, tmp_path):
    mask = np.zeros(size, np.uint8)
    mask[0, 0] = 200
    assert load_mask(mask, (300, 400), "photo") is not None


@pytest.mark.parametrize("size", [(400, 300), (300, 405), (150, 203), (297, 400), (1000, 1320)])
def test_another_aspect_is_refused(size, tmp_path):
    path = tmp_path / "mask.png"
    Image.fromarray(disc(*size)).save(path)
    with pytest.raises(
        PictureError,
        match=f"mask .*mask.png' of {size[1]}x{size[0]} px does not have the aspect of 'photo', 400x300 px; "
        "draw it over",
    ):
        load_mask(path, (300, 400), "photo")


def test_an_empty_or_missing_mask_is_refused(tmp_path):
    path = tmp_path / "mask.png"
    Image.new("L", (16, 12)).save(path)
    with pytest.raises(PictureError, match="mask .*mask.png' is all black"):
        load_mask(path, (12, 16), "photo")
    with pytest.raises(PictureError, match="no file .*none.png'; check the path"):
        load_mask(tmp_path / "none.png", (12, 16), "photo")
