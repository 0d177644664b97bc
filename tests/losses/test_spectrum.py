"""The spectrum of a sample, and the filter that a picture excites."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.losses.activation import Activation
from impasto.losses.spectrum import SOFT, Spectrum, coefficients, random_phase_noise, spectrum_of


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 255


def test_against_numpy():
    sample, picture = random(1, 3, 9, 12), random(1, 3, 9, 12, seed=1)
    loss = Spectrum(2.0, coefficients(sample))
    s, x = (np.fft.fft2(p[0].numpy() - p[0].numpy().mean((1, 2), keepdims=True)) for p in (sample, picture))
    cross = (x * s.conj()).sum(0)
    phase = np.exp(1j * np.angle(cross))
    expected = (abs(x - phase * s) ** 2).sum() / (abs(s) ** 2).sum()
    assert float(loss.compare(loss.statistic(picture), 108)) == pytest.approx(expected, rel=1e-4)


def test_gradient():
    sample = random(1, 3, 10, 8)
    loss = Spectrum.of(sample, (6, 7), 1.0)
    assert torch.autograd.gradcheck(
        lambda x: loss.compare(loss.statistic(x), 42), random(1, 3, 6, 7, seed=2).requires_grad_()
    )


@given(down=st.integers(0, 30), right=st.integers(0, 30))
def test_a_moved_sample_has_its_spectrum(down, right):
    """A circular shift preserves the power of each frequency and the relative phases of the colours."""
    sample = random(1, 3, 16, 20)
    loss = Spectrum(1.0, coefficients(sample))
    moved = sample.roll((down, right), (2, 3))
    assert float(loss.compare(loss.statistic(moved), 320)) < 3 * SOFT**0.5
    assert float(loss.compare(loss.statistic(random(1, 3, 16, 20, seed=3)), 320)) > 0.3


@pytest.mark.parametrize("size", [(20, 30), (64, 64), (31, 90)])
def test_a_sample_of_another_size_gives_its_variance(size):
    sample = random(1, 3, 40, 50)
    energy = coefficients(random(1, 3, *size, seed=4)).abs().square().sum()
    found = spectrum_of(sample, size)
    assert found.shape == (1, 3, *size)
    assert float(found.abs().square().sum() / energy) == pytest.approx(1, rel=0.2)


def test_stripes_stand_at_their_frequency_in_any_size():
    sample = (torch.arange(64, dtype=torch.float64) % 8 < 4).float().expand(1, 3, 64, 64) * 255.0
    power = spectrum_of(sample, (96, 128)).abs().square().sum((0, 1))
    assert divmod(int(power.argmax()), 128) in [(0, 16), (0, 112)]


def test_random_phase_noise_is_another_picture_of_the_same_spectrum():
    spectrum, noise = spectrum_of(random(1, 3, 40, 50), (31, 44)), random(1, 1, 31, 44, seed=5) - 127
    one, other = (random_phase_noise(spectrum, sign) for sign in (noise, noise.flip(2)))
    loss = Spectrum(1.0, spectrum)
    for picture in (one, other):
        assert torch.allclose(
            coefficients(picture).abs(), spectrum.abs(), atol=1e-6 * float(spectrum.abs().max())
        )
        assert float(loss.compare(loss.statistic(picture), 31 * 44)) < 3 * SOFT**0.5
    assert float((one - other).square().mean() / one.square().mean()) > 1


def test_the_part_that_is_left_falls_as_the_filter_is_excited():
    loss = Activation("conv1_1", 1.0, 2, reference=3.0)
    maps = random(1, 4, 5, 6)
    values = [float(loss.compare(loss.statistic(maps * factor), 30)) for factor in (0, 1, 2)]
    mean = float(maps[:, 2].mean())
    assert values == pytest.approx([1, 3 / (3 + mean), 3 / (3 + 2 * mean)])
    halves = loss.statistic(maps[..., :2]) + loss.statistic(maps[..., 2:])
    assert float(halves) == pytest.approx(float(loss.statistic(maps)))
    assert torch.autograd.gradcheck(lambda x: loss.compare(loss.statistic(x), 30), maps.requires_grad_())
