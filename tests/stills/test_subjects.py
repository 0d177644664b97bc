import numpy as np
import pytest
from PIL import Image

from conftest import EXAMPLES, blobs
from impasto.media.image import load
from impasto.stills.subjects import subject_mask


def mask_of(picture):
    mask = subject_mask(Image.fromarray(picture))
    return None if mask is None else np.asarray(mask, float) / 255


def sky(height=192, width=256):
    """A smooth sky above noisy ground."""
    picture = np.full((height, width, 3), 180, np.uint8)
    ground = np.random.default_rng(0).integers(0, 256, (height // 3, width, 3), dtype=np.uint8)
    picture[-len(ground) :] = ground
    return picture


def test_a_post_in_the_sky_is_found_and_neither_the_sky_nor_the_ground():
    picture = sky()
    picture[60:100, 100:106] = 20
    mask = mask_of(picture)
    assert mask[62:98, 98:108].mean() > 0.4 and mask[62:98, 98:108].max() == 1
    mask[50:110, 88:118] = 0
    assert mask[:110].max() == 0 and mask[-40:].max() == 0


@pytest.mark.parametrize("picture", [np.full((64, 80, 3), 90, np.uint8), blobs(96, 128)])
def test_nothing_stands_out_of_a_flat_or_a_soft_picture(picture):
    mask = mask_of(picture)
    assert mask is None or mask.mean() < 0.02


def test_what_covers_the_picture_is_no_small_subject():
    noise = np.random.default_rng(1).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    assert mask_of(noise) is None


@pytest.mark.parametrize("size", [(700, 500), (90, 60), (300, 20)])
def test_the_mask_has_the_aspect_at_every_size(size):
    picture = Image.fromarray(sky()).resize(size)
    picture.paste((20, 20, 20), (size[0] // 3, size[1] // 4, size[0] // 3 + size[0] // 40, size[1] // 2))
    mask = subject_mask(picture)
    assert mask is not None and max(mask.size) == min(256, max(size))
    assert mask.width / mask.height == pytest.approx(size[0] / size[1], rel=0.05)


def test_the_bundled_rocket_is_found_and_most_of_each_photo_is_not():
    rocket = np.asarray(subject_mask(load(EXAMPLES / "photos/rocket.jpg").image), float) / 255
    height, width = rocket.shape
    middle = rocket[:, round(0.45 * width) : round(0.55 * width)].max(1)
    assert middle[round(0.35 * height) : round(0.7 * height)].mean() > 0.8
    for photo in ("rocket.jpg", "astronaut.png", "chelsea.png", "coffee.png", "eilean_donan.webp"):
        mask = subject_mask(load(EXAMPLES / "photos" / photo).image)
        assert np.asarray(mask).mean() < 0.1 * 255
