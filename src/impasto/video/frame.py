"""A frame of a film: its size, pixels and luma."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from impasto.media.image import load

Frame = Tensor | np.ndarray[Any, Any]
"""A frame: pixels `(1, 3, H, W)` in 0 to 255, or an array `(H, W, 3)` of uint8."""

Grey = np.ndarray[Any, Any]
"""The luma of a frame, uint8 `(H, W)`."""


def size_of(frame: Frame) -> tuple[int, int]:
    """Return the height and width of a frame in pixels."""
    height, width = frame.shape[2:] if isinstance(frame, Tensor) else frame.shape[:2]
    return int(height), int(width)


def pixels(frame: Frame, size: tuple[int, int]) -> Tensor:
    """Return the pixels of a frame at a height and width, float32 `(1, 3, H, W)` in 0 to 255."""
    if not isinstance(frame, Tensor):
        return load(frame).pixels(size)
    detached = frame.detach().float()
    return detached if size_of(frame) == size else F.interpolate(detached, size, mode="area")


def grey(frame: Frame) -> Grey:
    """Return the luma of a frame, the input of optical flow."""
    colours: Grey = frame.detach()[0].permute(1, 2, 0).cpu().numpy() if isinstance(frame, Tensor) else frame
    # Not as a matrix product, whose rounding depends on the machine.
    red, green, blue = (colours[..., channel].astype(np.float32) for channel in range(3))
    luma: Grey = np.clip(np.rint(0.299 * red + 0.587 * green + 0.114 * blue), 0, 255).astype(np.uint8)
    return luma
