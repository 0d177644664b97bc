import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import EXAMPLES, blobs
from impasto.colour import (
    Palette,
    _root,
    chroma,
    distance,
    lab,
    luma,
    match_histogram,
    match_luma,
    mix,
    palette,
    recolour,
    with_chroma,
)
from impasto.media.image import load


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_recoloured_pictures_have_the_target_palette(first, second):
    picture = (
        torch.rand(1, 3, 9, 11, generator=torch.Generator().manual_seed(first), dtype=torch.float64) * 255
    )
    other = (
        torch.rand(1, 3, 8, 7, generator=torch.Generator().manual_seed(second), dtype=torch.float64) * 90 + 40
    )
    found, wanted = palette(recolour(picture, palette(other))), palette(other)
    assert torch.allclose(found.mean, wanted.mean)
    assert torch.allclose(found.covariance, wanted.covariance, rtol=1e-6, atol=1e-6)


def test_a_picture_keeps_its_own_colours():
    picture = torch.rand(1, 3, 9, 11, dtype=torch.float64) * 255
    assert torch.allclose(recolour(picture, palette(picture)), picture)


def test_grey_pictures_stay_finite():
    grey = torch.rand(1, 1, 9, 9).expand(1, 3, 9, 9) * 255
    assert torch.isfinite(recolour(grey, palette(torch.rand(1, 3, 9, 9) * 255))).all()
    assert torch.isfinite(recolour(torch.full((1, 3, 9, 9), 7.0), palette(grey))).all()


def test_palettes_mix_by_weight():
    first, second = palette(torch.rand(1, 3, 5, 5)), palette(torch.rand(1, 3, 5, 5))
    mixed = mix([first, second], [0.25, 0.75])
    assert torch.allclose(mixed.mean, first.mean / 4 + second.mean * 3 / 4)
    assert torch.allclose(mixed.covariance, first.covariance / 4 + second.covariance * 3 / 4)


def random(height, width, seed, scale=255.0, shift=0.0):
    return (
        torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        * scale
        + shift
    )


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_luma_stays_under_another_chroma(first, second):
    """Exactly before rounding, and within half a level after it, whatever colours meet."""
    painted, photo = random(9, 11, first), random(8, 7, second).repeat(1, 1, 2, 2)[..., :9, :11]
    result = with_chroma(luma(painted), chroma(photo) * 1.5)
    assert (
        torch.allclose(luma(result), luma(painted)) and result.min() >= -1e-9 and result.max() <= 255 + 1e-9
    )
    assert (luma(result.round()) - luma(painted)).abs().max() <= 0.5 + 1e-9
    # The hue stays too: chroma is shortened, never bent.
    kept, wanted = chroma(result).flatten(2)[0], chroma(photo).flatten(2)[0]
    assert torch.allclose(
        torch.linalg.cross(kept, wanted, dim=0), torch.zeros(3, 99, dtype=torch.float64), atol=1e-6
    )
    assert ((kept * wanted).sum(0) >= -1e-9).all()


def test_a_picture_is_its_luma_and_its_chroma():
    picture = random(9, 11, 1)
    assert torch.allclose(with_chroma(luma(picture), chroma(picture)), picture)
    assert torch.allclose(luma(chroma(picture)), torch.zeros(1, 1, 9, 11, dtype=torch.float64), atol=1e-9)
    white = torch.full((1, 3, 2, 2), 255.0)
    assert torch.equal(
        with_chroma(luma(white).clamp(0, 255), chroma(torch.rand(1, 3, 2, 2))),
        luma(white).clamp(0, 255).expand(1, 3, 2, 2),
    )


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_matched_luma_has_the_targets_moments_and_no_chroma(first, second):
    found = match_luma(random(9, 11, first), random(8, 7, second, 90, 40))
    wanted = luma(random(8, 7, second, 90, 40))
    assert not chroma(found).abs().max() > 1e-9
    assert torch.allclose(luma(found).mean(), wanted.mean()) and torch.allclose(
        luma(found).std(correction=0), wanted.std(correction=0)
    )


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_a_matched_histogram_is_the_targets(first, second):
    found = match_histogram(random(9, 8, first), random(8, 9, second, 90, 40))
    for own, wanted in zip(found.flatten(2)[0], random(8, 9, second, 90, 40).flatten(2)[0], strict=True):
        assert torch.allclose(own.sort().values, wanted.sort().values)
    assert torch.equal(found.flatten(2)[0].argsort(1), random(9, 8, first).flatten(2)[0].argsort(1))


def test_equal_values_stay_equal_and_a_picture_its_own():
    steps = (random(9, 8, 1) / 64).round() * 64
    found = match_histogram(steps, random(9, 8, 2))
    for value in steps[0, 0].unique():
        assert found[0, 0][steps[0, 0] == value].unique().numel() == 1
    assert torch.allclose(match_histogram(steps, steps), steps)
    flat = torch.full((1, 3, 4, 4), 7.0)
    assert (
        torch.isfinite(match_histogram(steps.float(), flat)).all()
        and torch.isfinite(match_histogram(flat, steps.float())).all()
    )


def test_weights_of_ones_count_all_and_of_zeros_nothing():
    picture, other = random(6, 8, 1), random(7, 5, 2, 90, 40)
    ones, half = torch.ones(1, 1, 6, 8, dtype=torch.float64), torch.ones(1, 1, 6, 8, dtype=torch.float64)
    half[..., 4:] = 0
    other_ones = torch.ones(1, 1, 7, 5, dtype=torch.float64)
    for weights, part in ((ones, picture), (half, picture[..., :4])):
        for found, wanted in zip(palette(picture, weights), palette(part), strict=True):
            assert torch.allclose(found, wanted)
        assert torch.allclose(
            palette(
                recolour(picture, palette(other), palette(picture, weights))[..., : part.shape[3]]
            ).covariance,
            palette(other).covariance,
            rtol=1e-6,
        )
        assert torch.allclose(match_luma(other, picture, other_ones, weights), match_luma(other, part))
        assert torch.allclose(
            match_histogram(other, picture, other_ones, weights), match_histogram(other, part)
        )
    one = torch.zeros(1, 1, 6, 8, dtype=torch.float64)
    one[..., 2, 3] = 1
    assert not palette(picture, one).covariance.any() and torch.equal(
        palette(picture, one).mean, picture[0, :, 2, 3]
    )


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((5, 5, 5), (1.37, 0, 0)),
    ],
)
def test_cielab_has_the_published_values(rgb, expected):
    found = lab(torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1)).flatten().tolist()
    assert found == pytest.approx(expected, abs=0.02)


def colours(height, width, seed):
    return torch.tensor(blobs(height, width, seed)).permute(2, 0, 1)[None].double()


def test_the_distance_of_palettes_is_a_metric_and_that_of_their_means_where_they_spread_alike():
    one, other, third = (palette(colours(20, 30, seed)) for seed in (1, 2, 3))
    moved = Palette(one.mean + torch.tensor([3.0, 4.0, 0.0]), one.covariance)
    assert distance(one, moved) == pytest.approx(5) and distance(one, one) < 1e-3
    assert distance(one, other) == pytest.approx(distance(other, one)) and distance(one, third) <= distance(
        one, other
    ) + distance(other, third)


def test_the_distance_is_how_far_recolouring_moves_the_colours():
    picture = colours(40, 60, 1)
    target = palette(colours(40, 60, 2))
    way = (recolour(picture, target) - picture).square().sum(1).mean().sqrt()
    assert distance(palette(picture), target) == pytest.approx(float(way), rel=1e-3)


def test_the_distance_of_variances_in_one_direction_is_that_of_deviations():
    zero = torch.zeros(3)
    wide, narrow = (Palette(zero, torch.diag(torch.tensor([variance, 0.0, 0.0]))) for variance in (25.0, 4.0))
    assert distance(wide, narrow) == pytest.approx(3)


PAINTINGS = sorted((EXAMPLES / "paintings").iterdir())


def recoloured(photo: np.ndarray, painting) -> np.ndarray:
    pixels = torch.from_numpy(photo.astype(np.float32)).permute(2, 0, 1)[None]
    return recolour(pixels, palette(load(painting).pixels((128, 128))))[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("painting", PAINTINGS, ids=lambda path: path.stem)
def test_noise_on_a_wall_stays_noise(painting):
    generator = np.random.default_rng(0)
    wall = 240 + generator.integers(-1, 2, (96, 128, 3))
    assert recoloured(wall, painting).std((0, 1)).max() < 3


@pytest.mark.parametrize("painting", PAINTINGS, ids=lambda path: path.stem)
def test_one_odd_pixel_of_a_flat_picture_stays_small(painting):
    photo = np.full((96, 128, 3), 128)
    photo[40, 50] = (129, 128, 127)
    found = recoloured(photo, painting)
    assert np.isfinite(found).all() and np.ptp(found, axis=(0, 1)).max() < 4


@pytest.mark.parametrize("painting", PAINTINGS, ids=lambda path: path.stem)
def test_a_smooth_gradient_gets_no_stripes(painting):
    ramp = np.repeat(np.round(np.linspace(120, 134, 128))[None, :, None], 96, 0).repeat(3, 2)
    assert np.abs(np.diff(recoloured(ramp, painting), axis=1)).max() < 8


@pytest.mark.parametrize("painting", PAINTINGS, ids=lambda path: path.stem)
def test_chroma_noise_of_a_black_and_white_photo_stays_noise(painting):
    grey = np.asarray(Image.open(EXAMPLES / "photos" / "brick.png").convert("L").resize((128, 128)))
    plain = np.repeat(grey[..., None], 3, 2)
    noisy = np.clip(plain.astype(int) + np.random.default_rng(0).integers(-1, 2, plain.shape), 0, 255)
    difference = recoloured(noisy, painting) - recoloured(plain, painting)
    assert difference.std((0, 1)).max() < 3


@pytest.mark.parametrize("photo", sorted((EXAMPLES / "photos").iterdir()), ids=lambda path: path.stem)
def test_ordinary_photos_get_all_of_a_painting_s_colours(photo):
    """No bundled photo is limited: its transport is exactly the closed form of Monge and Kantorovitch."""
    pixels, target = load(photo).pixels((64, 80)), palette(load(PAINTINGS[0]).pixels((64, 80)))
    mean, covariance = palette(pixels)
    root = _root(covariance)
    inverse = torch.linalg.inv(root)
    plain = (
        inverse @ _root(root @ target.covariance @ root) @ inverse @ (pixels.flatten(2)[0] - mean[:, None])
        + target.mean[:, None]
    )
    assert torch.equal(recolour(pixels, target).flatten(2)[0], plain)
