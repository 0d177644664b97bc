"""Every way against the reference, forward and gradient, and the reference against PyTorch and numbers."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.convolution.layer import convolve, convolve_and_pool
from impasto.convolution.ways import WAYS

CPU = torch.device("cpu")
PADDINGS = ["zeros", "replicate", "circular"]
HERE = [name for name, way in WAYS.items() if way.available(CPU)]
TOLERANCE = {"reference": 1e-6, "nnpack": 1e-4, "winograd": 2e-5, "bf16": 0.02, "bf16-winograd": 0.04}
"""Relative error in norm, also of gradients, where the ReLU may flip if a map is almost zero."""


def example(outputs, inputs, height, width, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    feature_map = torch.rand(1, inputs, height, width, generator=generator, dtype=dtype)
    kernel = torch.randn(outputs, inputs, 3, 3, generator=generator, dtype=dtype) / (9 * inputs) ** 0.5
    return feature_map, kernel, torch.randn(outputs, generator=generator, dtype=dtype)


def run(name, feature_map, kernel, bias, padding="zeros", least=-1):
    way, feature_map = WAYS[name], feature_map.clone().requires_grad_()
    output = convolve(feature_map, way.prepare(kernel, bias), way, padding)
    weights = torch.linspace(least, 2, output.numel(), dtype=output.dtype).view(output.shape)
    (gradient,) = torch.autograd.grad(output, feature_map, weights)
    assert gradient.dtype == feature_map.dtype
    return output.detach().to(feature_map.dtype), gradient


@pytest.mark.parametrize("name", HERE)
@settings(max_examples=30)
@given(
    outputs=st.integers(1, 70),
    inputs=st.integers(1, 140),
    height=st.integers(1, 37),
    width=st.integers(1, 37),
    padding=st.sampled_from(PADDINGS),
    seed=st.integers(0, 99),
)
def test_each_way_is_the_reference(name, outputs, inputs, height, width, padding, seed):
    feature_map, kernel, bias = example(outputs, inputs, height, width, seed)
    bias = bias.abs() + 3  # far from the ReLU's corner, where a rounding may turn a whole channel on or off
    summands = run(
        "reference", feature_map, kernel.abs(), bias, padding, least=1
    )  # what cancels in a sum leaves its roundings behind
    pairs = zip(
        run(name, feature_map, kernel, bias, padding),
        run("reference", feature_map, kernel, bias, padding),
        summands,
        strict=True,
    )
    for found, wanted, size in pairs:
        assert found.shape == wanted.shape
        assert (found - wanted).norm() <= 2 * TOLERANCE[name] * size.norm()


@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("shape", [(512, 512, 9, 7), (3, 64, 40, 33), (64, 3, 1, 1), (128, 128, 2, 50)])
def test_the_encoders_own_shapes_with_relu(name, shape):
    feature_map, kernel, bias = example(*shape)
    for found, wanted in zip(
        run(name, feature_map, kernel, bias), run("reference", feature_map, kernel, bias), strict=True
    ):
        assert (found - wanted).norm() <= 3 * TOLERANCE[name] * wanted.norm()


@pytest.mark.parametrize("name", ["reference", "winograd"])
@pytest.mark.parametrize("padding", PADDINGS)
def test_gradients(name, padding):
    feature_map, kernel, bias = example(2, 3, 5, 6, dtype=torch.float64)
    way = WAYS[name]
    prepared = way.prepare(kernel, bias)
    assert torch.autograd.gradcheck(
        lambda x: convolve(x, prepared, way, padding), feature_map.requires_grad_()
    )


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("size", [(6, 8), (7, 9), (6, 9)])
@pytest.mark.parametrize("parts", [(1, 0), (0, 1), (2, 3)], ids=["whole", "pooled", "both"])
def test_a_layer_with_its_pooling_is_pytorchs(padding, size, parts):
    feature_map, kernel, bias = example(4, 3, *size, dtype=torch.float64)
    way, mode = WAYS["reference"], "constant" if padding == "zeros" else padding
    output = F.conv2d(F.pad(feature_map.requires_grad_(), (1, 1, 1, 1), mode=mode), kernel, bias).relu()
    expected = output, F.avg_pool2d(output, 2)
    found = convolve_and_pool(feature_map, way.prepare(kernel, bias), way, padding)
    used = [i for i, part in enumerate(parts) if part]
    weights = [torch.randn_like(expected[i]) * parts[i] for i in used]
    assert all(map(torch.allclose, found, expected))
    gradients = (
        torch.autograd.grad([maps[i] for i in used], feature_map, weights)[0] for maps in (found, expected)
    )
    assert torch.allclose(*gradients)


def test_the_reference_adds_up_nine_neighbours():
    ones = torch.ones(1, 1, 3, 4)
    output, gradient = run("reference", ones, torch.ones(1, 1, 3, 3), torch.tensor([-5.0]))
    assert output[0, 0].tolist() == [[0, 1, 1, 0], [1, 4, 4, 1], [0, 1, 1, 0]]
    assert gradient.shape == ones.shape


@pytest.mark.skipif("bf16" not in HERE, reason="this processor has no bfloat16")
def test_a_tenth_of_a_level_reaches_the_bfloat16_network():
    _, kernel, bias = example(64, 3, 1, 1)
    way = WAYS["bf16"]
    prepared = way.prepare(kernel, bias + 300)
    dark, light = (
        convolve(torch.full((1, 3, 8, 8), level), prepared, way).double().mean() for level in (120.1, 120.4)
    )
    assert abs(dark - light) > 0
    assert way.enter(torch.full((1, 3, 1, 1), 120.1)).double().view(2, 3).sum(0).tolist() == pytest.approx(
        [120.1] * 3, rel=2e-5
    )


def test_the_bfloat16_ways_ask_the_device(monkeypatch):
    for has in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has)
        monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda major, minor, has=has: has)
        for device in (torch.device("cuda"), torch.device("mps")):
            there = [name for name, way in WAYS.items() if way.available(device)]
            assert there == ["reference", "bf16"][: 1 + has]
