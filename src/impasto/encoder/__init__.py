"""The encoder: a frozen VGG-19 without its classifier, which describes all pictures."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from impasto.convolution.tune import Tuner
from impasto.encoder.normalise import normalised, shipped_means
from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import CONVOLUTIONS, load_weights
from impasto.settings.layers import LAYERS


def load_encoder(
    layers: Iterable[str],
    *,
    weights: str = "",
    network: str = "plain",
    pooling: str = "average",
    padding: str = "zeros",
    device: torch.device | str = "cpu",
    tuner: Tuner | None = None,
) -> VGG19:
    """Load the encoder up to the deepest of `layers`; without a tuner it uses the reference convolution.

    Raises WeightsError.
    """
    depth = max(map(LAYERS.index, layers))
    loaded = load_weights(weights, (name for name in CONVOLUTIONS if LAYERS.index(name) <= depth))
    if network == "normalised":
        loaded = normalised(loaded, shipped_means())
    return VGG19(loaded, pooling, padding, device, tuner=tuner)
