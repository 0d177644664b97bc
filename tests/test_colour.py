import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.colour import mix, palette, recolour


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_recoloured_pictures_have_the_target_palette(first, second):
    picture = torch.rand(1, 3, 9, 11, generator=torch.Generator().manual_seed(first), dtype=torch.float64) * 255
    other = torch.rand(1, 3, 8, 7, generator=torch.Generator().manual_seed(second), dtype=torch.float64) * 90 + 40
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
