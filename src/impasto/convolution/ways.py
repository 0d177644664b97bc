"""Implementations of 3x3 convolution: the reference, NNPACK, Winograd's minimal filtering, and bfloat16."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.convolution import winograd

PIXEL_CHANNELS = 3
"""Number of channels of a picture."""


@dataclass(frozen=True)
class Kernel:
    """A layer's kernel `(O, I, 3, 3)` and bias `(O,)` as prepared by an implementation, forward and backward.

    The input gradient is a convolution with the kernel flipped in space and its channels swapped.
    """

    forward: Tensor
    bias: Tensor
    backward: Tensor
    zeros: Tensor


class Way(Protocol):
    """An implementation of convolution."""

    name: str

    def available(self, device: torch.device) -> bool:
        """Tell whether it is available on this machine."""

    def prepare(self, kernel: Tensor, bias: Tensor) -> Kernel:
        """Return the kernel and bias in this implementation's form."""

    def enter(self, feature_map: Tensor) -> Tensor:
        """Convert a feature map `(1, C, H, W)` to this implementation's dtype and layout."""

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Return the convolution `(1, O, H + 2p − 2, W + 2p − 2)`."""


class Reference:
    """PyTorch's own choice, in the feature map's dtype; always available, and the reference for tests."""

    name = "reference"

    def available(self, device: torch.device) -> bool:
        """Available everywhere."""
        return True

    def prepare(self, kernel: Tensor, bias: Tensor) -> Kernel:
        """Keep them as they are."""
        backward = kernel.transpose(0, 1).flip(2, 3).contiguous()
        return Kernel(kernel.contiguous(), bias, backward, bias.new_zeros(kernel.shape[1]))

    def enter(self, feature_map: Tensor) -> Tensor:
        """Convert bfloat16 to float32, else keep the map."""
        return feature_map.float().contiguous() if feature_map.dtype == torch.bfloat16 else feature_map

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve with torch.nn.functional."""
        return F.conv2d(feature_map, kernel, bias, padding=padding)


class Nnpack(Reference):
    """NNPACK's Winograd F(6x6, 3x3) in float32, for AVX2 and NEON; relative error about 1e-5."""

    name = "nnpack"

    def available(self, device: torch.device) -> bool:
        """Available on processors that NNPACK supports; the query also initialises it."""
        return device.type == "cpu" and bool(torch._nnpack_available())

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve with NNPACK; padding above 1 is not supported and is added beforehand."""
        if padding > 1:
            feature_map, padding = F.pad(feature_map, (1, 1, 1, 1)), padding - 1
        return torch._nnpack_spatial_convolution(feature_map.contiguous(), kernel, bias, padding)


class Winograd(Reference):
    """Winograd F(4x4, 3x3) in float32, as matrix products; relative error about 1e-6."""

    name = "winograd"

    def available(self, device: torch.device) -> bool:
        """Available on every CPU."""
        return device.type == "cpu"

    def prepare(self, kernel: Tensor, bias: Tensor) -> Kernel:
        """Transform the kernel, once for all steps."""
        plain = super().prepare(kernel, bias)
        return Kernel(
            winograd.transform(plain.forward, 4),
            plain.bias,
            winograd.transform(plain.backward, 4),
            plain.zeros,
        )

    def enter(self, feature_map: Tensor) -> Tensor:
        """Convert to channels last."""
        return super().enter(feature_map).contiguous(memory_format=torch.channels_last)

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve with Winograd transforms."""
        return winograd.correlate(feature_map, kernel, bias, padding)


class Bfloat16:
    """bfloat16 maps, channels last, with float32 accumulation, for processors and GPUs with native support.

    Pixels (maps of three channels) are split into two bfloat16 parts of 16 bits in total, so that changes of
    less than a level count.
    """

    name = "bf16"

    def available(self, device: torch.device) -> bool:
        """Available on CPUs with AVX-512 BF16 or AMX, NVIDIA GPUs from Ampere, and Apple's from macOS 14."""
        if device.type == "cuda":
            return bool(torch.cuda.is_bf16_supported(including_emulation=False))
        if device.type == "mps":
            return bool(torch.backends.mps.is_macos_or_newer(14, 0))
        return device.type == "cpu" and has_bfloat16()

    def prepare(self, kernel: Tensor, bias: Tensor) -> Kernel:
        """Round to bfloat16; duplicate the kernel for split pixels."""
        plain = Reference().prepare(kernel, bias)
        return Kernel(
            _doubled(plain.forward), plain.bias.bfloat16(), _doubled(plain.backward), plain.zeros.bfloat16()
        )

    def enter(self, feature_map: Tensor) -> Tensor:
        """Round to bfloat16, channels last; split pixels in two parts."""
        if feature_map.shape[1] != PIXEL_CHANNELS:
            return _half(feature_map)
        rounded = feature_map.bfloat16()
        return _half(torch.cat([rounded, feature_map - rounded], 1))

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve with torch.nn.functional."""
        return F.conv2d(feature_map, kernel, bias, padding=padding)


class Bfloat16Winograd(Bfloat16):
    """Winograd in bfloat16, F(2x2, 3x3) forward and F(4x4, 3x3) for the gradient.

    The larger tile needs half the products but has three times the rounding error: harmless in gradients, but
    in feature maps, where errors accumulate over layers, it added 1 to 6% to the loss after 60 steps.
    """

    name = "bf16-winograd"

    def available(self, device: torch.device) -> bool:
        """Available on CPUs with bfloat16."""
        return device.type == "cpu" and super().available(device)

    def prepare(self, kernel: Tensor, bias: Tensor) -> Kernel:
        """Transform the kernel, once for all steps, then round it."""
        plain = Reference().prepare(kernel, bias)
        forward, backward = winograd.transform(plain.forward, 2), winograd.transform(plain.backward, 4)
        return Kernel(forward.bfloat16(), plain.bias.bfloat16(), backward.bfloat16(), plain.zeros.bfloat16())

    def enter(self, feature_map: Tensor) -> Tensor:
        """Round to bfloat16, channels last."""
        return _half(feature_map)

    def correlate(self, feature_map: Tensor, kernel: Tensor, bias: Tensor, padding: int) -> Tensor:
        """Convolve with Winograd transforms."""
        return winograd.correlate(feature_map, kernel, bias, padding)


WAYS: dict[str, Way] = {
    way.name: way for way in (Reference(), Nnpack(), Winograd(), Bfloat16(), Bfloat16Winograd())
}


def _doubled(kernel: Tensor) -> Tensor:
    return _half(torch.cat([kernel, kernel], 1) if kernel.shape[1] == PIXEL_CHANNELS else kernel)


def _half(values: Tensor) -> Tensor:
    return values.to(torch.bfloat16, memory_format=torch.channels_last)


def has_bfloat16() -> bool:
    """Tell whether this processor multiplies bfloat16 in hardware."""
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        return False
