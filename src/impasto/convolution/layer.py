"""A layer of the encoder: 3x3 convolution and ReLU, on request with average pooling, as one function."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.convolution.ways import Kernel, Way

POOL = 2
"""Side in positions of what is pooled, and its stride."""


def convolve(feature_map: Tensor, kernel: Kernel, way: Way, padding: str = "zeros") -> Tensor:
    """Return `ReLU(conv(F) + b)` `(1, O, H, W)`, differentiable in the feature map only.

    The padding is `zeros`, `replicate` or `circular`.
    """
    return _Layer.apply(feature_map, kernel, way, padding, False)  # type: ignore[no-any-return, no-untyped-call]


def convolve_and_pool(
    feature_map: Tensor, kernel: Kernel, way: Way, padding: str = "zeros"
) -> tuple[Tensor, Tensor]:
    """Return what `convolve` does, and its average over POOL x POOL positions `(1, O, H // 2, W // 2)`."""
    return _Layer.apply(feature_map, kernel, way, padding, True)  # type: ignore[no-any-return, no-untyped-call]


class _Layer(torch.autograd.Function):
    """Saves only the output, which is both the next layer's input and the ReLU's mask.

    Padding and pooling are part of it because the gradient of each would be another map of the largest
    size, filled with zeros, written and read again.
    """

    @staticmethod
    def forward(context, feature_map, kernel, way, padding, pools):  # type: ignore[no-untyped-def]
        bare = padding == "zeros"  # zeros are added by the convolution itself
        padded = feature_map if bare else F.pad(feature_map, (1, 1, 1, 1), mode=padding)
        output = way.correlate(way.enter(padded), kernel.forward, kernel.bias, int(bare)).relu_()
        context.save_for_backward(output)
        context.set_materialize_grads(False)
        context.kernel, context.way, context.padding, context.dtype = kernel, way, padding, feature_map.dtype
        return (output, F.avg_pool2d(output, POOL)) if pools else output

    @staticmethod
    def backward(context, gradient, pooled=None):  # type: ignore[no-untyped-def]
        if gradient is None and pooled is None:
            return (None,) * 5
        (output,) = context.saved_tensors
        kernel, way, bare = context.kernel, context.way, context.padding == "zeros"
        masked = way.enter(_masked(output, gradient, pooled))
        change = way.correlate(masked, kernel.backward, kernel.zeros, 1 if bare else 2)
        change = change if bare else _folded(change, context.padding)
        return change.to(context.dtype), None, None, None, None


def _masked(output: Tensor, gradient: Tensor | None, pooled: Tensor | None) -> Tensor:
    """Return the gradient before the ReLU, from that of its output and that of the output as pooled."""
    if pooled is None:
        masked: Tensor = torch.ops.aten.threshold_backward(gradient, output, 0)
        return masked
    height, width = (POOL * side for side in pooled.shape[2:])
    spread = (pooled / POOL**2)[:, :, :, None, :, None]
    if gradient is None and output.shape[2:] == (height, width):
        blocks = torch.ops.aten.threshold_backward(spread.expand_as(_blocks(output)), _blocks(output), 0)
        return blocks.flatten(4, 5).flatten(2, 3)  # type: ignore[no-any-return]
    # Rows and columns that do not fill a block are not pooled, and get no gradient from it.
    whole = torch.zeros_like(output) if gradient is None else gradient.clone()
    _blocks(whole[:, :, :height, :width]).add_(spread)
    return _masked(output, whole, None)


def _blocks(feature_map: Tensor) -> Tensor:
    """Return a map `(1, C, 2H, 2W)` as a view `(1, C, H, 2, W, 2)`."""
    height, width = feature_map.shape[2:]
    blocks: Tensor = feature_map.unflatten(3, (width // POOL, POOL))  # type: ignore[no-untyped-call]
    return blocks.unflatten(2, (height // POOL, POOL))  # type: ignore[no-any-return, no-untyped-call]


def _folded(change: Tensor, padding: str) -> Tensor:
    """Return the gradient of a map from that of the padded one: that of a border pixel goes to its source."""
    for dim in (2, 3):
        side = change.shape[dim] - 2
        first, last = (1, side) if padding == "replicate" else (side, 1)
        change.select(dim, first).add_(change.select(dim, 0))
        change.select(dim, last).add_(change.select(dim, side + 1))
    return change[:, :, 1:-1, 1:-1]
