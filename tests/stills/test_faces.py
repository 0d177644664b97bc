import numpy as np
import pytest

from conftest import EXAMPLES
from impasto.errors import SettingsError
from impasto.media.image import load
from impasto.stills.faces import face_mask, find_faces


@pytest.mark.parametrize(
    ("photo", "faces"),
    [
        ("astronaut.png", 1),
        ("coffee.png", 0),
        ("chelsea.png", 0),
        ("gravel.png", 0),
        ("eilean_donan.webp", 0),
    ],
)
def test_the_faces_of_the_bundled_photos_are_counted(photo, faces):
    mask, found = face_mask(load(EXAMPLES / "photos" / photo).image)
    assert found == faces and bool(np.asarray(mask).any()) == bool(faces)


def test_a_face_is_covered_softly_and_nothing_far_from_it():
    image = load(EXAMPLES / "photos/astronaut.png").image
    ((left, top, side),) = find_faces(image)
    mask = np.asarray(face_mask(image)[0])
    assert mask.shape == (512, 512) and 150 < left < 200 and 50 < top < 90 and 80 < side < 110
    assert (mask[top + side // 4 : top + side * 3 // 4, left + side // 4 : left + side * 3 // 4] == 255).all()
    assert not mask[:, left + 2 * side :].any() and not mask[top + 2 * side :].any()
    assert len(np.unique(mask)) > 50  # greys between: the painting takes over without an edge


def test_a_large_photo_is_searched_small_and_its_mask_keeps_the_aspect():
    image = load(EXAMPLES / "photos/astronaut.png").image
    mask, found = face_mask(image.resize((1500, 1500)))
    assert found == 1 and mask.size == (1024, 1024)


def test_without_opencv_one_line_says_what_brings_it(without_opencv):
    with pytest.raises(SettingsError, match=r"install it with pip install 'impasto\[faces\]'"):
        find_faces(load(EXAMPLES / "photos/coffee.png").image)
