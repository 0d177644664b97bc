"""The temporal loss, against NumPy."""

import numpy as np
import pytest
import torch

from conftest import tiny_weights
from impasto.encoder.vgg19 import VGG19
from impasto.losses import PIXELS
from impasto.losses.content import Content
from impasto.losses.temporal import Temporal
from impasto.objective.whole import Whole

FORMS = {"relative": 255.0**2, "mean": 1.0, "gatys": 1.0}


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def value(loss, picture, weights=None):
    return loss.compare(loss.statistic(picture, weights), picture.shape[2] * picture.shape[3])


@pytest.mark.parametrize("form", FORMS)
def test_it_is_that_of_numpy(form):
    picture, target, c = (
        random(1, 3, 4, 5) * 255,
        random(1, 3, 4, 5, seed=1) * 255,
        random(1, 1, 4, 5, seed=2),
    )
    expected = np.mean(c.numpy() * (picture - target).numpy() ** 2) / FORMS[form]
    assert float(value(Temporal(2.0, target, c, form), picture)) == pytest.approx(expected)
    assert float(value(Temporal(2.0, target, None, form), picture, c)) == pytest.approx(expected)
    assert float(value(Temporal(2.0, target, c.sqrt(), form), picture, c.sqrt())) == pytest.approx(expected)
    assert float(value(Temporal(2.0, target, torch.zeros_like(c), form), picture)) == 0


@pytest.mark.parametrize("form", FORMS)
def test_its_gradient(form):
    loss = Temporal(1.0, random(1, 3, 4, 5, seed=1), random(1, 1, 4, 5, seed=2), form)
    assert torch.autograd.gradcheck(lambda x: value(loss, x), random(1, 3, 4, 5).requires_grad_())


def test_several_earlier_frames_add_up_under_one_name_in_the_objective():
    encoder = VGG19(tiny_weights(), "average", dtype=torch.float64)
    picture, targets = random(1, 3, 8, 10) * 255, [random(1, 3, 8, 10, seed=seed) * 255 for seed in (1, 2)]
    content = Content.of(encoder(targets[0], ["conv2_1"])["conv2_1"], "conv2_1", 1.0)
    losses = [
        Temporal(weight, target, random(1, 1, 8, 10, seed=5))
        for weight, target in zip((2.0, 3.0), targets, strict=True)
    ]
    evaluation = Whole(encoder, [content, *losses])(picture)
    assert losses[0].layer == PIXELS and losses[0].part(slice(0, 1), slice(0, 1)) is losses[0]
    assert evaluation.losses["temporal"] == pytest.approx(
        sum(loss.weight * float(value(loss, picture)) for loss in losses)
    )
    assert evaluation.loss == pytest.approx(sum(evaluation.losses.values()))
    alone = Whole(encoder, [content])(picture)
    by_hand = sum(
        2 * loss.weight * loss.weights * (picture - loss.target) / 255**2 / picture.numel() for loss in losses
    )
    assert torch.allclose(evaluation.gradient - alone.gradient, by_hand)
