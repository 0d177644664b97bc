"""Properties of every loss: gradients, additivity over tiles, and agreement with three lines of NumPy."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import moments_of, tiny_weights
from impasto.encoder.vgg19 import VGG19
from impasto.losses import PIXELS, Loss
from impasto.losses.activation import Activation
from impasto.losses.content import Content, evenly
from impasto.losses.gram import Gram
from impasto.losses.moments import gram
from impasto.losses.spectrum import Spectrum
from impasto.losses.strength import PUSH, SLACK, STIFFNESS, Held, excess, weight_of
from impasto.losses.temporal import Temporal
from impasto.losses.variation import Range, Variation
from impasto.objective.whole import Whole

FORMS = ("relative", "gatys", "mean")


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def losses_on(shape, form):
    picture = random(1, *shape, seed=1) * 300 - 20
    return [
        (Content.of(random(1, *shape), "conv1_1", 0.3, form), picture),
        (
            Content.of(
                random(1, *shape),
                "conv1_1",
                0.3,
                form,
                random(1, 1, *shape[1:], seed=8),
                1 + random(1, 1, *shape[1:], seed=9),
            ),
            picture,
        ),
        (Held(Content.of(random(1, *shape), "conv1_1", 0.3), 0.5), picture),
        (Gram("conv1_1", 0.7, moments_of(random(1, *shape)), form), picture / 50),
        (
            Gram.guided(
                "conv1_1", 0.7, moments_of(random(1, *shape)), form, random(1, 1, *shape[1:], seed=8)
            ),
            picture / 50,
        ),
        (Variation(1.0, "mean" if form != "gatys" else "gradient"), picture),
        (Variation(1.0, "mean" if form != "gatys" else "gradient", repeats=True), picture),
        (Range(1.0), picture),
        (Activation.of("conv1_1", 0.5, 1, 2.0), picture.abs()),
        (Activation.of("conv1_1", 0.5, 2, 2.0, random(1, 1, *shape[1:], seed=8)), picture.abs()),
        (Spectrum.of(random(1, *shape, seed=4) * 255, shape[1:], 0.5), picture),
        (Temporal(0.4, random(1, *shape) * 255, random(1, 1, *shape[1:], seed=8), form), picture),
        (Temporal(0.4, random(1, *shape) * 255, None, form), picture),
    ]


WHOLE = (Spectrum,)
"""Losses of the picture as a whole, of whose statistic the weights of positions have no part."""


def test_every_loss_is_among_those_whose_properties_are_proved():
    assert {type(loss) for loss, _ in losses_on((3, 4, 5), "relative")} == set(Loss.__subclasses__())


@pytest.mark.parametrize("form", FORMS)
def test_gradients(form):
    mask = random(1, 1, 4, 5, seed=3)
    for loss, picture in losses_on((3, 4, 5), form):
        for weights in (None,) if isinstance(loss, WHOLE) else (None, mask):
            total = float(mask.sum()) if weights is not None else 20
            assert torch.autograd.gradcheck(
                lambda x, loss=loss, w=weights, m=total: loss.compare(loss.statistic(x, w), m),
                picture.clone().requires_grad_(),
            )


@pytest.mark.parametrize("pooling", ["average", "max"])
@pytest.mark.parametrize("form", FORMS)
def test_the_whole_objective_has_the_gradient_of_its_value(form, pooling):
    encoder = VGG19(tiny_weights(), pooling, dtype=torch.float64)
    photo, style = random(1, 3, 8, 10, seed=4) * 8, random(1, 3, 9, 9, seed=5) * 8
    losses = [
        Content.of(encoder(photo, ["conv2_2"])["conv2_2"], "conv2_2", 0.5, form),
        *(
            Gram(name, 1.0, moments_of(encoder(style, [name])[name]), form)
            for name in ("conv1_1", "pool1", "conv3_1")
        ),
        Variation(0.1),
    ]
    objective = Whole(encoder, losses)
    picture = random(1, 3, 8, 10, seed=6) * 8
    gradient, numeric = objective(picture).gradient, torch.zeros_like(picture)
    for i in range(0, picture.numel(), 7):
        nudge = torch.zeros(picture.numel(), dtype=torch.float64)
        nudge[i] = 1e-5
        up, down = (objective(picture + sign * nudge.view_as(picture)).loss for sign in (1, -1))
        numeric.view(-1)[i] = (up - down) / 2e-5
    checked = numeric != 0
    assert torch.allclose(
        gradient[checked], numeric[checked], rtol=1e-3, atol=1e-6 * float(gradient.abs().max())
    )


def test_a_gram_matrix_is_that_of_numpy():
    feature_map = random(1, 6, 5, 7)
    flat = feature_map.numpy().reshape(6, 35)
    assert np.allclose(gram(feature_map), flat @ flat.T)
    assert np.allclose(moments_of(feature_map), flat @ flat.T / 35)


@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 8), st.sampled_from(FORMS))
def test_statistics_add_up_over_tiles(height, width, cut, form):
    cut = min(cut, width - 1)
    picture = random(1, 3, height, width, seed=2) * 300 - 20
    whole, weights = Gram("conv1_1", 1, torch.eye(3, dtype=torch.float64), form), random(1, 1, height, width)
    left, right = (
        whole.statistic(picture[..., :cut], weights[..., :cut]),
        whole.statistic(picture[..., cut:], weights[..., cut:]),
    )
    assert torch.allclose(left + right, whole.statistic(picture, weights))
    target = random(1, 3, height, width, seed=7)
    parts = [
        Content.of(t, "conv1_1", 1, form).statistic(p)
        for t, p in ((target[..., :cut], picture[..., :cut]), (target[..., cut:], picture[..., cut:]))
    ]
    assert torch.allclose(sum(parts), Content.of(target, "conv1_1", 1, form).statistic(picture))
    assert torch.allclose(
        Range(1).statistic(picture[..., :cut]) + Range(1).statistic(picture[..., cut:]),
        Range(1).statistic(picture),
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_parts_of_a_loss_add_up_to_it(form):
    """What the tiled objective relies on: over columns 0 to 2 and 2 to 5 of the layer's map."""
    for loss, picture in losses_on((3, 6, 5), form):
        if loss.layer == PIXELS:
            continue  # given whole, always
        halves = [(slice(None), slice(0, 2)), (slice(None), slice(2, None))]
        parts = [loss.part(*half).statistic(picture[:, :, half[0], half[1]]) for half in halves]
        assert torch.allclose(parts[0] + parts[1], loss.statistic(picture))


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_one_change_nothing_and_equal_pictures_cost_nothing(form):
    for loss, picture in losses_on((3, 6, 5), form):
        ones = None if isinstance(loss, WHOLE) else torch.ones(1, 1, 6, 5, dtype=torch.float64)
        assert torch.allclose(loss.statistic(picture, ones), loss.statistic(picture))
    same = random(1, 3, 6, 5)
    assert Gram("conv1_1", 1, moments_of(same), form).compare(gram(same), 30) == pytest.approx(0, abs=1e-20)
    assert Content.of(same, "conv1_1", 1, form).statistic(same) == 0


def test_an_error_is_held_at_its_limit():
    content = Content.of(random(1, 3, 6, 5), "conv1_1", 1.0)
    for limit in (0.2, 0.5):
        held = Held(content, limit)
        assert held.compare(0.999 * limit * content.energy * torch.ones(()), 30) == 0
        energy = (1.1 * limit * torch.tensor(content.energy, dtype=torch.float64)).requires_grad_()
        penalty = held.compare(energy, 30)
        assert penalty.item() == pytest.approx(STIFFNESS / 2 * 0.1**2, rel=1e-6)
        assert held.error(energy, 30).item() == pytest.approx(1.1 * limit)
        # Its slope is the content weight that it stands for.
        (slope,) = torch.autograd.grad(penalty, energy)
        assert slope.item() * content.energy == pytest.approx(
            weight_of(excess(1.1 * limit, limit), limit), rel=1e-6
        )
        assert excess(0.9 * limit, limit) == 0
        # Carried on to the next scale, the same slope is reached at the limit itself.
        next_one, energy = (
            Held(content, limit, carried=excess(1.1 * limit, limit)),
            (limit * torch.tensor(content.energy, dtype=torch.float64)).requires_grad_(),
        )
        (same,) = torch.autograd.grad(next_one.compare(energy, 30), energy)
        assert same.item() == pytest.approx(slope.item(), rel=1e-6)
        assert excess(limit, limit, next_one.carried) == pytest.approx(0.1)


def test_the_frames_of_a_shot_have_one_weight_and_are_held_where_they_err_by_more():
    content, limit = Content.of(random(1, 3, 6, 5), "conv1_1", 1.0), 0.5
    held = Held(content, limit, carried=0.3, slope=2.0)
    for part, more in ((0.5, 0), (1 + SLACK, 0), (1.2, STIFFNESS / 2 * (0.2 - SLACK) ** 2)):
        assert held.compare(part * limit * content.energy * torch.ones(()), 30).item() == pytest.approx(
            2 * part * limit + more, rel=1e-5
        )


def test_a_high_target_is_held_from_below_too():
    content, limits = Content.of(random(1, 3, 6, 5), "conv1_1", 1.0), (0.5, 0.6, 0.8, 1.0)
    pushes = [
        float(Held(content, limit, target=True).compare(0.9 * limit * content.energy * torch.ones(()), 30))
        for limit in limits
    ]
    assert pushes[:2] == [0, 0] and 0 < pushes[2] < pushes[3] == pytest.approx(PUSH / 2 * 0.1**2, rel=1e-4)
    assert Held(content, 1.0).compare(0.9 * content.energy * torch.ones(()), 30) == 0
    in_a_film = Held(content, 1.0, target=True, slope=0.0)
    assert in_a_film.compare(0.9 * content.energy * torch.ones(()), 30).item() == pytest.approx(pushes[3])


def test_evenly_counts_a_faint_place_like_a_strong_one():
    """Two halves, one ten times fainter: proportional errors have nearly equal weight only with `evenly`."""
    target = random(1, 3, 40, 40)
    target[..., :20] /= 10
    emphasis = evenly(target)
    left, right = (torch.zeros_like(target) for _ in range(2))
    left[..., :16], right[..., 24:] = target[..., :16], target[..., 24:]
    plain, even = Content.of(target, "conv1_1", 1), Content.of(target, "conv1_1", 1, emphasis=emphasis)
    shares = [float(loss.statistic(target + left) / loss.statistic(target + right)) for loss in (plain, even)]
    assert shares[0] == pytest.approx(0.01, rel=0.2) and shares[1] > 3 * shares[0]
    assert torch.allclose(
        evenly(torch.ones(1, 3, 12, 9, dtype=torch.float64)),
        torch.full((1, 1, 12, 9), 1 / 1.5, dtype=torch.float64),
    )


def test_a_guided_gram_matrix_is_that_of_the_paper():
    feature_map, mask = random(1, 6, 5, 7), random(1, 1, 5, 7, seed=1)
    flat, t = feature_map.numpy().reshape(6, 35), mask.numpy().reshape(35)
    wanted = sum(t[i] * np.outer(flat[:, i], flat[:, i]) for i in range(35)) / t.sum()
    loss = Gram.guided("conv1_1", 1, torch.zeros(6, 6, dtype=torch.float64), "gatys", mask)
    assert float(loss.compare(loss.statistic(feature_map), 35)) == pytest.approx(
        (wanted**2).sum() / (4 * 6**2)
    )


@pytest.mark.parametrize("width", [10, 80])
def test_positions_of_no_weight_count_nothing(width):
    feature_map, mask = random(1, 6, 8, width), random(1, 1, 8, width, seed=1)
    mask[..., width // 2 :] = 0
    counted = gram(feature_map[..., : width // 2].contiguous(), mask[..., : width // 2])
    maps = [
        feature_map.clone().requires_grad_(),
        feature_map.bfloat16().to(memory_format=torch.channels_last).requires_grad_(),
    ]
    for one, tolerance in zip(maps, (1e-9, 0.02), strict=True):
        found = gram(one, mask)
        (gradient,) = torch.autograd.grad(found.square().sum(), one)
        assert torch.allclose(found, counted.to(found.dtype), rtol=tolerance)
        assert not gradient[..., width // 2 :].any() and gradient[..., : width // 2].all()
    assert (gram(feature_map, torch.zeros_like(mask)) == 0).all()


@pytest.mark.parametrize("form", FORMS)
def test_masks_of_ones_are_none_and_their_parts_add_up(form):
    target, found, ones, mask = (
        random(1, 3, 6, 8),
        random(1, 3, 6, 8, seed=1),
        torch.ones(1, 1, 6, 8, dtype=torch.float64),
        random(1, 1, 6, 8, seed=2),
    )
    pairs = [
        (
            Content.of(target, "conv1_1", 1, form),
            Content.of(target, "conv1_1", 1, form, ones, ones),
            Content.of(target, "conv1_1", 1, form, mask, 1 + mask),
        ),
        (
            Gram("conv1_1", 1, moments_of(target), form),
            *(Gram.guided("conv1_1", 1, moments_of(target), form, m) for m in (ones, mask)),
        ),
    ]
    for plain, masked, soft in pairs:
        assert torch.allclose(
            masked.compare(masked.statistic(found), 48), plain.compare(plain.statistic(found), 48), rtol=1e-12
        )
        halves = [
            soft.part(slice(None), half).statistic(found[..., half]) for half in (slice(0, 3), slice(3, None))
        ]
        assert torch.allclose(sum(halves), soft.statistic(found))


@pytest.mark.parametrize("form", FORMS)
def test_a_content_mask_takes_away_and_an_emphasis_shifts(form):
    target, found = random(1, 3, 6, 8), random(1, 3, 6, 8, seed=1)
    half = torch.ones(1, 1, 6, 8, dtype=torch.float64)
    half[..., 4:] = 0

    def gradient(loss, picture=found):
        picture = picture.clone().requires_grad_()
        return torch.autograd.grad(loss.compare(loss.statistic(picture), 48), picture)[0]

    plain, masked = (
        gradient(Content.of(target, "conv1_1", 1, form)),
        gradient(Content.of(target, "conv1_1", 1, form, half)),
    )
    assert torch.allclose(masked[..., :4], plain[..., :4]) and not masked[..., 4:].any()
    raised = gradient(Content.of(target, "conv1_1", 1, form, None, 1 + 9 * half))
    ratio = raised / plain
    assert torch.allclose(ratio[..., :4], 10 * ratio[0, 0, 0, 7]) and ratio[0, 0, 0, 7] < 1
    # An error that is as large everywhere as its target comes to the same, wherever the emphasis lies.
    if form == "relative":
        loss = Content.of(target, "conv1_1", 1, form, None, 1 + 9 * half)
        assert float(loss.compare(loss.statistic(1.1 * target), 48)) == pytest.approx(0.01)


def test_relative_losses_do_not_see_the_scale_of_the_network():
    for factor in (1.0, 1000.0):
        target, found = random(1, 4, 5, 5) * factor, random(1, 4, 5, 5, seed=1) * factor
        content = Content.of(target, "conv4_2", 1)
        style = Gram("conv4_2", 1, moments_of(target))
        assert float(content.compare(content.statistic(found), 25)) == pytest.approx(
            float(
                (random(1, 4, 5, 5) - random(1, 4, 5, 5, seed=1)).square().sum()
                / random(1, 4, 5, 5).square().sum()
            )
        )
        assert float(style.compare(style.statistic(found), 25)) == pytest.approx(
            float(
                (moments_of(random(1, 4, 5, 5, seed=1)) - moments_of(random(1, 4, 5, 5))).square().sum()
                / moments_of(random(1, 4, 5, 5)).square().sum()
            )
        )


def test_range_counts_only_what_a_file_would_clip():
    picture = torch.tensor([-51.0, 0.0, 255.0, 306.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    loss = Range(1)
    assert float(loss.compare(loss.statistic(picture), 4)) == pytest.approx(2 * 0.2**2 / 4)
