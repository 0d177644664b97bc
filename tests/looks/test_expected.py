"""The mean Gram matrix over crops: exact for one, a moving average for many, with the crop's own gradient."""

import pytest
import torch

from impasto.looks.expected import AREA, Expected, Mean
from impasto.losses.gram import Gram

TARGET = torch.tensor([[2.0, 0.5], [0.5, 1.0]])


def maps(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(1, 2, 3, 4, generator=generator) for _ in range(count)]


def error(loss, feature_map):
    return loss.compare(loss.statistic(feature_map), 12)


def expected(mean, crop=AREA // 4):
    return Expected(Gram("conv1_1", 1.0, TARGET), mean, crop)


def test_the_first_crop_and_one_as_large_as_a_picture_count_alone():
    (one,) = maps(1)
    alone = error(Gram("conv1_1", 1.0, TARGET), one)
    torch.testing.assert_close(error(expected(Mean()), one), alone)
    torch.testing.assert_close(error(expected(Mean(torch.ones(2, 2), 9), AREA), one), alone)


def test_the_mean_of_many_crops_is_compared():
    mean, seen = Mean(), maps(3)
    for one in seen:
        last = error(expected(mean), one)
    grams = torch.stack([one[0].flatten(1) @ one[0].flatten(1).T / 12 for one in seen]).mean(0)
    torch.testing.assert_close(mean.value, grams)
    torch.testing.assert_close(last, (grams - TARGET).square().sum() / TARGET.square().sum())
    for one in maps(40, seed=1):
        error(expected(mean), one)
    before = mean.value
    (one,) = maps(1, seed=2)
    error(expected(mean), one)
    gram = one[0].flatten(1) @ one[0].flatten(1).T / 12
    torch.testing.assert_close(mean.value, 0.75 * before + 0.25 * gram)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_its_gradient_is_that_of_the_error_divided_by_the_share_of_the_crop(count):
    before = Mean(torch.eye(2, dtype=torch.float64), count) if count else Mean()
    share = max(0.25, 1 / (count + 1))
    (one,) = maps(1)
    one = one.double().requires_grad_()
    loss = Expected(Gram("conv1_1", 1.0, TARGET.double()), before, AREA // 4)
    (found,) = torch.autograd.grad(error(loss, one), one)
    gram = one[0].flatten(1) @ one[0].flatten(1).T / 12
    start = torch.eye(2, dtype=torch.float64) if count else gram.detach()
    mixed = (1 - share) * start + share * gram
    reference = (mixed - TARGET.double()).square().sum() / TARGET.double().square().sum() / share
    (wanted,) = torch.autograd.grad(reference, one)
    torch.testing.assert_close(found, wanted)
