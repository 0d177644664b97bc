"""The normalised network: every filter's mean activation is 1 (Gatys et al., CVPR 2016, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from safetensors.torch import load_file
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import CONVOLUTIONS, MEANS, Weights

FLOOR = 0.05
"""Minimum mean activation as a fraction of its layer's average; nearly silent filters would explode."""


def mean_activations(encoder: VGG19, pictures: Iterable[Tensor]) -> dict[str, Tensor]:
    """Return each filter's mean activation `(C,)` over pictures `(1, 3, H, W)`, weighted equally."""
    sums: dict[str, Tensor] = {}
    count = 0
    for picture in pictures:
        count += 1
        with torch.no_grad():
            for name, feature_map in encoder(picture, encoder.layers).items():
                sums[name] = sums.get(name, torch.zeros(1)) + feature_map.mean((0, 2, 3))
    return {name: total / count for name, total in sums.items()}


def normalised(weights: Weights, means: Mapping[str, Tensor]) -> Weights:
    """Return weights under which each activation is divided by its filter's mean, floored at FLOOR.

    Kernels and biases are scaled by `1/m_out` and kernels by `m_in`, so a ReLU network with average or max
    pooling computes the same function up to these factors.
    Differs from the paper: the means come from a few pictures instead of ImageNet, hence the floor.
    """
    layers = {}
    incoming = torch.ones(3)
    for name in CONVOLUTIONS:
        if name not in weights.layers:
            break
        kernel, bias = weights.layers[name]
        outgoing = floored(means[name])
        layers[name] = (kernel * incoming.view(1, -1, 1, 1) / outgoing.view(-1, 1, 1, 1), bias / outgoing)
        incoming = outgoing
    return Weights(layers, weights.mean, weights.sha256)


def floored(means: Tensor) -> Tensor:
    """Return the factors by which `normalised` divides a layer with these mean activations `(C,)`."""
    return means.clamp_min(FLOOR * float(means.mean()))


def shipped_means() -> dict[str, Tensor]:
    """Return the mean activations over the bundled pictures, computed by scripts/mean_activations.py."""
    return load_file(MEANS)
