import pytest
import torch

from impasto.looks import network
from impasto.looks.network import KERNELS, NORMALISED, VALUES, fresh_trunk, fresh_values, paint


def trunk(dtype=torch.float32):
    return {name: kernel.to(dtype) for name, kernel in fresh_trunk(torch.Generator().manual_seed(1)).items()}


def photo(height=40, width=52, dtype=torch.float32):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)).to(dtype) * 255


def some_values(seed=2):
    return fresh_values() + 0.3 * torch.randn(VALUES, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(40, 52), (41, 55), (64, 19)])
def test_a_picture_keeps_its_size(size):
    assert paint(photo(*size), trunk(), some_values()).shape == (1, 3, *size)


def test_a_look_has_a_gain_and_a_bias_for_every_normalised_filter():
    assert VALUES == 2 * sum(NORMALISED.values()) == 1600
    assert set(KERNELS) - set(NORMALISED) == {"expand3"}


def test_a_plain_picture_stays_plain_without_rim_or_checkerboard(monkeypatch):
    monkeypatch.setattr(network, "grain", lambda size, at: torch.zeros(1, 1, *size))
    painted = paint(torch.full((1, 3, 48, 64), 90.0), trunk(), some_values())
    torch.testing.assert_close(painted, painted[:, :, :1, :1].expand_as(painted), rtol=0, atol=1e-3)


def test_a_plain_picture_gets_strokes_from_the_grain():
    painted = paint(torch.full((1, 3, 48, 64), 90.0), trunk(), some_values())
    assert painted.std((2, 3)).min() > 1


def test_its_gradients_are_right_in_values_and_kernels():
    kernels, values = trunk(torch.float64), some_values().double()

    def painted(part, first):
        return paint(
            photo(12, 12, torch.float64), kernels | {"contract1": first}, torch.cat([part, values[8:]])
        )

    ends = values[:8].clone().requires_grad_(), kernels["contract1"][:, :, :9, :9].clone().requires_grad_()
    assert torch.autograd.gradcheck(painted, ends, fast_mode=True, atol=1e-3)


def test_a_part_with_the_moments_of_the_whole_is_painted_as_it_is_there():
    picture, found = photo(96, 240), {}
    whole = paint(picture, trunk(), some_values(), found=found)
    part = paint(picture[:, :, :, 40:200], trunk(), some_values(), moments=found, at=(0, 40))
    # 64 px from a cut nothing beyond it is seen.
    torch.testing.assert_close(part[:, :, :, 64:96], whole[:, :, :, 104:136], rtol=0, atol=1e-2)


def test_in_bfloat16_a_picture_is_the_same_but_for_rounding():
    kernels = {name: kernel.bfloat16() for name, kernel in trunk().items()}
    exact, rounded = (paint(photo(), one, some_values()) for one in (trunk(), kernels))
    assert rounded.dtype == torch.float32
    assert (rounded - exact).abs().mean() < 0.02 * exact.std()
