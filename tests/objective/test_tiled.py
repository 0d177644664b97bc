"""The tiled objective is the whole one: loss, each term and gradient, whatever the size, tile and layers."""

from itertools import pairwise

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conftest import moments_of, tiny_weights
from impasto.encoder.tiles import Tiles, halo, spans
from impasto.encoder.vgg19 import VGG19, stride
from impasto.encoder.weights import load_weights
from impasto.losses.content import Content
from impasto.losses.gram import Gram
from impasto.losses.regions import at_layer
from impasto.losses.variation import Range, Variation
from impasto.objective.tiled import Tiled
from impasto.objective.whole import Whole
from impasto.settings.layers import LAYERS

TINY = LAYERS[: LAYERS.index("conv3_1") + 1]


def picture(height, width, seed, dtype=torch.float64):
    return (
        torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=dtype) * 300 - 20
    )


def soft(height, width, seed, dtype=torch.float64):
    """A mask with blacks, whites and greys between, and something in every 16 px."""
    return (picture(height, width, seed, dtype)[:, :1] / 260).clamp(0, 1)


def losses_of(encoder, layers, content, style, form="relative", masks=()):
    mine, theirs = encoder(content, layers), encoder(style, layers)
    losses = [Gram(name, 1.0 + i, moments_of(theirs[name]), form) for i, name in enumerate(layers)]
    losses += [Content.of(mine[name], name, 0.5, form) for name in layers[-2:]]
    for mask in masks:
        losses += [
            Gram.guided(name, 0.7, moments_of(theirs[name]), form, at_layer(mask, name)) for name in layers
        ]
        losses += [
            Content.of(mine[name], name, 0.2, form, at_layer(mask, name), at_layer(1 + mask, name))
            for name in layers[-2:]
        ]
    return [*losses, Variation(0.1), Range(3.0)]


def agree(whole, tiled, x, tolerance):
    one, other = whole(x), tiled(x)
    assert other.loss == pytest.approx(one.loss, rel=tolerance)
    assert other.losses == pytest.approx(one.losses, rel=tolerance, abs=1e-12)
    assert (other.gradient - one.gradient).norm() <= tolerance * one.gradient.norm()
    assert tiled.report(x) == pytest.approx(whole.report(x), rel=tolerance, abs=1e-12)


@settings(max_examples=60)
@given(
    height=st.integers(4, 60),
    width=st.integers(4, 60),
    tile=st.integers(1, 64),
    until=st.sampled_from(TINY),
    layers=st.sets(st.sampled_from(TINY), min_size=1, max_size=4),
    pooling=st.sampled_from(["average", "max"]),
    padding=st.sampled_from(["zeros", "replicate"]),
    masks=st.integers(0, 2),
    form=st.sampled_from(["relative", "gatys", "mean"]),
)
def test_tiled_is_whole_in_float64(height, width, tile, until, layers, pooling, padding, masks, form):
    encoder = VGG19(tiny_weights(), pooling, padding, dtype=torch.float64)
    guides = [soft(height, width, 4 + i) for i in range(masks)]
    losses = losses_of(
        encoder, sorted(layers, key=TINY.index), picture(height, width, 1), picture(40, 30, 2), form, guides
    )
    agree(Whole(encoder, losses), Tiled(Tiles(encoder, tile, until), losses), picture(height, width, 3), 1e-9)


@pytest.fixture(scope="module")
def exact():
    """The encoder in float64: in float32 a filter near zero is on in one objective and off in the other."""
    return VGG19(load_weights(), dtype=torch.float64)


@settings(max_examples=4)
@example(height=136, width=189, tile=64, until="pool2")
@given(
    height=st.integers(33, 200),
    width=st.integers(33, 200),
    tile=st.integers(16, 128),
    until=st.sampled_from(["pool1", "pool2", "conv4_2", "conv5_1"]),
)
def test_tiled_is_whole_with_the_encoder(exact, height, width, tile, until):
    layers = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1"]
    guides = [soft(height, width, 4)]
    losses = losses_of(exact, layers, *(picture(height, width, seed) for seed in (1, 2)), masks=guides)
    agree(Whole(exact, losses), Tiled(Tiles(exact, tile, until), losses), picture(height, width, 3), 1e-9)


@settings(max_examples=40)
@given(
    height=st.integers(1, 12).map(lambda n: 4 * n),
    width=st.integers(1, 12).map(lambda n: 4 * n),
    tile=st.integers(1, 64),
    until=st.sampled_from(TINY),
    layers=st.sets(st.sampled_from(TINY), min_size=1, max_size=4),
    down=st.integers(0, 12).map(lambda n: 4 * n),
    right=st.integers(0, 12).map(lambda n: 4 * n),
)
def test_what_repeats_has_no_ends(height, width, tile, until, layers, down, right):
    """Tiled equals whole; a circular shift by whole positions keeps the losses and shifts the gradient."""
    encoder = VGG19(tiny_weights(), padding="circular", dtype=torch.float64)
    losses = [
        Gram(name, 1.0, moments_of(encoder(picture(40, 28, 2), [name])[name]))
        for name in sorted(layers, key=TINY.index)
    ]
    losses.append(Variation(0.1, repeats=True))
    whole, x = Whole(encoder, losses), picture(height, width, 3)
    agree(whole, Tiled(Tiles(encoder, tile, until), losses), x, 1e-9)
    one, other = whole(x), whole(x.roll((down, right), (2, 3)))
    assert other.loss == pytest.approx(one.loss, rel=1e-9)
    assert torch.allclose(other.gradient, one.gradient.roll((down, right), (2, 3)), rtol=1e-9, atol=1e-12)


def test_a_tile_sees_as_far_as_its_layers():
    assert [halo(name) for name in ("conv1_1", "pool1", "pool2", "conv4_2", "conv5_1")] == [1, 2, 8, 40, 80]
    assert [stride(name) for name in ("conv1_2", "pool1", "conv2_1", "conv5_1")] == [1, 2, 2, 16]


@given(side=st.integers(1, 500), tile=st.integers(1, 300), until=st.sampled_from(LAYERS))
def test_tiles_meet_and_none_is_empty(side, tile, until):
    found, at = spans(side, tile, until), stride(until)
    assert found[0].start == 0 and found[-1].stop == side
    assert all(a.stop == b.start and b.start % at == 0 for a, b in pairwise(found))
    assert len(found) == 1 or all(span.stop - span.start >= at for span in found)
    assert all(span.stop - span.start < tile + 2 * at for span in found)


def test_no_seam_in_the_gradient(encoder):
    """Across the borders of tiles the gradient changes as it does anywhere else."""
    losses = losses_of(
        encoder,
        ["conv1_1", "conv3_1", "conv4_2"],
        *(picture(128, 128, seed, torch.float32) for seed in (1, 2)),
    )
    gradient = Tiled(Tiles(encoder, 32, "conv4_2"), losses)(picture(128, 128, 3, torch.float32)).gradient
    jumps = (gradient[..., 1:] - gradient[..., :-1]).square().mean((0, 1, 2))
    borders = jumps[31::32]
    assert borders.mean() == pytest.approx(float(jumps.mean()), rel=0.3)
