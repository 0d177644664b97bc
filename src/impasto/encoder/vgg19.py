"""VGG-19 as a function from pictures to feature maps.

Simonyan and Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, 2015.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.convolution.layer import convolve, convolve_and_pool
from impasto.convolution.tune import Tuner
from impasto.convolution.ways import Kernel, Way
from impasto.encoder.weights import Weights
from impasto.errors import SettingsError
from impasto.settings.layers import LAYERS

REPLICATED_BLOCKS = 1
"""Number of blocks with replicate padding, if the padding is `replicate`.

To shallow layers zero padding looks like an edge, which they paint as a rim of a pixel or two. Deeper layers
keep the zeros that the network was trained with: their statistics include the border, as the style's do.
"""

PADDED_BLOCKS = {"zeros": 0, "replicate": REPLICATED_BLOCKS, "circular": 5}
"""Number of blocks in which a padding replaces zeros; `circular` wraps around, for pictures that repeat."""


class VGG19:
    """The frozen encoder on one device, with average or max pooling, and zero, replicate or circular padding.

    The tuner selects how each convolution is computed, by default the reference; feature maps have the dtype
    of that implementation.
    """

    def __init__(
        self,
        weights: Weights,
        pooling: str = "average",
        padding: str = "zeros",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        tuner: Tuner | None = None,
    ) -> None:
        self.pooling = pooling
        self.padding = padding
        self.sha256 = weights.sha256
        self.mean = weights.mean.to(device, dtype).view(1, 3, 1, 1)
        self.layers = {
            name: (kernel.to(device, dtype), bias.to(device, dtype))
            for name, (kernel, bias) in weights.layers.items()
        }
        self.tuner = tuner or Tuner(torch.device(device), "reference")
        self._prepared: dict[tuple[str, str], Kernel] = {}

    def __call__(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return feature maps `(1, C, H, W)` of a picture `(1, 3, H, W)`, RGB in 0 to 255.

        Stops at the deepest layer; a `conv` is read after its ReLU. Raises SettingsError if a side is
        too short for the deepest layer.
        """
        return dict(self.walk(picture - self.mean, layers))

    def walk(
        self, feature_map: Tensor, layers: Iterable[str], after: str = ""
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the requested maps in order, from the map of layer `after` or a mean-subtracted picture.

        If each loss reads its map as it is yielded, the backward pass creates gradients as late as possible,
        not all at once, which takes a third of the memory. Raises as a call does.
        """
        wanted = set(layers)
        if not after:
            _check_size(feature_map, wanted)
        first, last = (LAYERS.index(after) + 1 if after else 0), max(map(LAYERS.index, wanted), default=-1)
        names, pooled = LAYERS[first : last + 1], None
        for name, following in zip_longest(names, names[1:], fillvalue=""):
            if name.startswith("pool"):
                feature_map = self._pooled(feature_map) if pooled is None else pooled
            elif following.startswith("pool") and self.pooling == "average":
                feature_map, pooled = convolve_and_pool(feature_map, *self._layer(name, feature_map))
            else:
                feature_map = convolve(feature_map, *self._layer(name, feature_map))
            if name in wanted:
                yield name, feature_map

    def decide(self, pixels: int) -> None:
        """Let the tuner decide now for all pictures of up to `pixels` pixels."""
        for name, (kernel, _) in self.layers.items():
            self.tuner.decide(kernel, pixels // stride(name) ** 2)

    def padded(self, padding: str) -> VGG19:
        """Return the same encoder with another padding; both share prepared kernels."""
        other = copy.copy(self)
        other.padding = padding
        return other

    def exact(self) -> VGG19:
        """Return the same encoder with the float32 reference convolution, for comparable losses.

        Frees this encoder's prepared kernels, up to 400 MB; they are prepared again on its next call.
        """
        self._prepared.clear()
        other = self.tuned(Tuner(self.mean.device, "reference"))
        other._prepared = {}
        return other

    def tuned(self, tuner: Tuner) -> VGG19:
        """Return the same encoder with another tuner, sharing the weights in memory."""
        other = copy.copy(self)
        other.tuner = tuner
        return other

    def _pooled(self, feature_map: Tensor) -> Tensor:
        return F.avg_pool2d(feature_map, 2) if self.pooling == "average" else F.max_pool2d(feature_map, 2)

    def _layer(self, name: str, feature_map: Tensor) -> tuple[Kernel, Way, str]:
        """Return how a layer is computed: its kernel, implementation and padding."""
        way = self.tuner.way(self.layers[name][0], feature_map.shape[2] * feature_map.shape[3])
        replaced = int(name[4]) <= PADDED_BLOCKS[self.padding]
        return self._kernel(name, way), way, self.padding if replaced else "zeros"

    def _kernel(self, name: str, way: Way) -> Kernel:
        if (name, way.name) not in self._prepared:
            self._prepared[name, way.name] = way.prepare(*self.layers[name])
        return self._prepared[name, way.name]


def stride(layer: str) -> int:
    """Return a layer's stride in pixels, which is also the minimum side of a picture."""
    return int(2 ** sum(name.startswith("pool") for name in LAYERS[: LAYERS.index(layer) + 1]))


def positions(picture: Tensor, layer: str) -> int:
    """Return the number of positions of a layer over a picture `(1, 3, H, W)`."""
    return int(picture.shape[2] // stride(layer) * (picture.shape[3] // stride(layer)))


def _check_size(picture: Tensor, layers: set[str]) -> None:
    height, width = picture.shape[2:]
    for layer in sorted(layers, key=LAYERS.index):
        if min(height, width) < stride(layer):
            raise SettingsError(
                f"a picture of {width}x{height} px is too small for {layer}, "
                f"which needs {stride(layer)} px a side"
            )
