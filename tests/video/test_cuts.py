"""Cuts: found between shots, and not where the camera moves, light flashes or noise is."""

import numpy as np
import pytest

from clips import pan
from impasto.video.cuts import FLASH, LEAST, Differences, cuts
from impasto.video.flow import SMALLEST


def measured(frames):
    """The differences of consecutive frames."""
    differences = Differences()
    for frame in frames:
        differences.add(frame)
    return differences.values


def shots(frames):
    return cuts(measured(frames))


def difference(first, second):
    (found,) = measured([first, second])
    return found


def noisy(frames, seed=0):
    generator = np.random.default_rng(seed)
    return [np.clip(frame + generator.normal(0, 3, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def test_cuts_between_photos_are_found():
    film = noisy(
        [
            *pan("coffee.png", 5, 2),
            *pan("eilean_donan.webp", 4, 3),
            *pan("cafe_terrace_at_night.webp", 4, -1, 40),
        ]
    )
    assert shots(film) == [0, 5, 9]


def test_a_cut_between_two_views_of_one_scene_is_found():
    view = pan("eilean_donan.webp", 8, 1)
    closer = [np.repeat(np.repeat(frame[20:80, 60:160], 2, 0), 2, 1) for frame in view[4:]]
    assert shots(noisy([*view[:4], *closer])) == [0, 4]
    assert shots(noisy([*view[:4], *(frame[:, ::-1] for frame in view[4:])])) == [0, 4]


@pytest.mark.parametrize("speed", [0, 4, 14])
def test_a_pan_is_one_shot_however_fast(speed):
    film = noisy(pan("coffee.png", 7, speed))
    assert shots(film) == [0]
    assert difference(film[0], film[1]) < 0.15 < LEAST


@pytest.mark.parametrize("length", [1, 3, FLASH])
@pytest.mark.parametrize(
    "flash",
    [
        lambda frame: np.clip(frame * 1.8 + 40.0, 0, 255).astype(np.uint8),
        lambda frame: np.full_like(frame, 252),
    ],
)
def test_a_flash_is_no_cut(flash, length):
    film = pan("coffee.png", 12, 2)
    film[3 : 3 + length] = [flash(frame) for frame in film[3 : 3 + length]]
    assert shots(film) == [0]


def test_black_between_two_shots_is_a_shot():
    film = noisy(
        [*pan("coffee.png", 4, 2), *[np.zeros((120, 200, 3), np.uint8)] * 4, *pan("eilean_donan.webp", 4, 2)]
    )
    assert shots(film) == [0, 4, 8]


def test_a_cut_is_found_in_a_ribbon_as_narrow_as_flow_allows():
    film = [
        frame[50 : 50 + SMALLEST]
        for frame in noisy([*pan("coffee.png", 4, 2), *pan("eilean_donan.webp", 4, 2)])
    ]
    assert shots(film) == [0, 4]


def test_the_rule_on_numbers():
    assert cuts([]) == [0]
    assert cuts([0.01, 0.02, 0.7, 0.02]) == [0, 3]
    assert cuts([0.7, 0.01, 0.01]) == [0, 1] and cuts([0.01, 0.01, 0.7]) == [0, 3]
    assert cuts([0.02, LEAST - 0.01, 0.02]) == [0]
    # Too fast to follow for a while; a cut that stands out of much motion; two cuts close by.
    assert cuts([0.02, 0.02, 0.6, 0.7, 0.6, 0.65, 0.02, 0.02]) == [0]
    assert cuts([0.3, 0.35, 0.3, 0.8, 0.3, 0.36, 0.3]) == [0, 4]
    assert cuts([0.02, 0.02, 0.7, 0.02, 0.7, 0.02, 0.02]) == [0, 3, 5]


def test_of_the_frames_a_few_small_ones_are_kept():
    differences = Differences()
    for frame in pan("coffee.png", 12, 1):
        differences.add(np.repeat(np.repeat(frame, 3, 0), 3, 1))
    assert len(differences.values) == 11
    assert (
        len(differences._recent) == FLASH + 2
        and max(max(small.normalised.shape) for small in differences._recent) == 192
    )


def test_one_frame_or_none_is_no_difficulty():
    assert shots([]) == [0]
    assert shots(pan("coffee.png", 1, 0)) == [0]
    flat = np.full((40, 60, 3), 90, np.uint8)
    assert difference(flat, flat) == pytest.approx(0, abs=1e-6)
