"""Flicker: nothing for a still clip, little where pixels move with their source, much for noise."""

import numpy as np
import pytest

from clips import pan
from impasto.errors import PictureError
from impasto.video.flicker import Flicker, draw, warping_errors
from impasto.video.flow import METHODS

FILM = pan("coffee.png", 5, 2.0)


def noise(frames, strength, seed=0):
    generator = np.random.default_rng(seed)
    return [
        np.clip(frame + generator.normal(0, strength, frame.shape), 0, 255).astype(np.uint8)
        for frame in frames
    ]


@pytest.mark.parametrize("method", METHODS)
def test_a_still_clip_does_not_flicker(method):
    still = [FILM[0]] * 3
    assert warping_errors(still, still, method) == Flicker((0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize("method", METHODS)
def test_what_moves_with_its_source_flickers_little_and_noise_much(method):
    inverted = warping_errors(FILM, [255 - frame for frame in FILM], method)
    assert inverted.mean == pytest.approx(inverted.source_mean, rel=1e-3) and 0 < inverted.mean < 3e-4
    grainy = warping_errors(FILM, noise(FILM, 30), method)
    # Two frames, each with noise of 30 levels; the warped one is smoothed a little.
    assert 0.5 * 2 * (30 / 255) ** 2 < grainy.mean < 1.1 * 2 * (30 / 255) ** 2
    assert grainy.source_mean == inverted.source_mean and grainy.source == inverted.source


def test_pairs_across_cuts_are_left_out():
    film = [*FILM[:3], *pan("eilean_donan.webp", 3, 1.0)]
    measured = warping_errors(iter(film), iter(film))
    assert measured.shots == (0, 3) and measured.result[2] is None and measured.source[2] is None
    known = [error for error in measured.result if error is not None]
    assert len(measured.result) == 5 and len(known) == 4 and measured.mean == pytest.approx(sum(known) / 4)


def test_the_source_is_brought_to_the_films_size():
    small = [frame[::2, ::2] for frame in FILM]
    assert warping_errors(FILM, small, "dis").mean < 2e-3
    with pytest.raises(
        PictureError, match="the film at 100x120 px and the source at 200x120 px have different aspects"
    ):
        warping_errors(FILM, [frame[:, :100] for frame in FILM])


def test_a_source_may_go_on_and_may_not_end_before_its_film():
    assert warping_errors(FILM, FILM[:2]) == warping_errors(FILM[:2], FILM[:2])
    with pytest.raises(PictureError, match="the source ends at frame 1"):
        warping_errors(FILM[:1], FILM[:3])


def test_an_empty_film_has_nothing_to_measure():
    assert warping_errors([], []) == Flicker((), (), ())
    assert warping_errors(FILM[:1], FILM[:1]) == Flicker((), ())
    assert warping_errors([], []).mean == 0


def test_it_can_be_drawn():
    for measured in (
        Flicker((1e-3, None, 2e-3), (2e-4, None, 1e-4), (0, 2)),
        Flicker((), (), ()),
        Flicker((0.0,), (0.0,)),
    ):
        assert draw(measured).size == (960, 420)
