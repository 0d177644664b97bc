"""Detection of cuts between the shots of a film.

A frame that optical flow can match to the previous one belongs to the same shot, however fast the motion: a
cut is a large difference after warping, relative to those of neighbouring frames.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.engine.schedule import fit_long
from impasto.video.flow import SMALLEST, estimator
from impasto.video.frame import Frame, Grey, grey, pixels, size_of
from impasto.video.warp import warp

LONGEST = 192
"""Long side in pixels at which frames are compared: enough to distinguish shots, at 50 ms per pair."""

LEAST = 0.42
"""Minimum difference of a cut.

In 500 frames of films, and in pans, flashes and cuts made from photos, it was at most 0.21 within a shot,
0.35 where the camera moves by 200 of 480 px per frame, and at least 0.52 across a cut.
"""

RATIO = 2.0
"""Minimum ratio of a cut's difference to those before and after it; in very fast pans all are large."""

NEIGHBOURS = 3
"""Number of differences on each side for the median, which ignores a second cut nearby."""

FLASH = 5
"""Maximum length of a flash in frames."""

_WINDOW = 15
"""Side in pixels of the window in which structure is compared."""

_NOISE = 4.0
"""Noise variance in squared levels; makes two black frames equal."""


class Small(NamedTuple):
    """A downscaled frame: its luma, and the same with normalised contrast for optical flow."""

    luma: Tensor
    normalised: Grey


class Differences:
    """Differences of consecutive frames, computed incrementally; only a few small frames are stored.

    A difference is 1 − ρ, from 0 if the second frame is the first one moved to 1 if they are unrelated. ρ is
    the local correlation of luma after warping, which is invariant to brightness and contrast: Σ cov(a, ωb) /
    √(Σ var(a) · Σ var(ωb)) over the pixels whose flow stays inside the picture.

    Flashes are bridged: if a frame after one matches a frame before it, the differences between are reduced.
    """

    def __init__(self) -> None:
        self.values: list[float] = []
        self._recent: deque[Small] = deque(maxlen=FLASH + 2)
        self._estimate = estimator("dis")

    def add(self, frame: Frame) -> None:
        """Add the next frame; `values[k]` is the difference of frames k and k + 1."""
        self._recent.append(_reduced(frame))
        if len(self._recent) > 1:
            self.values.append(self._between(self._recent[-2], self._recent[-1]))
            self._bridge()

    def _bridge(self) -> None:
        """Remove a flash: if the last and a recent difference are large, compare the frames around both."""
        if self.values[-1] < LEAST:
            return
        for length in range(2, len(self._recent)):
            if self.values[-length] >= LEAST:
                across = self._between(self._recent[-1 - length], self._recent[-1])
                if across < LEAST:
                    self.values[-length:] = [min(value, across) for value in self.values[-length:]]
                    return

    def _between(self, first: Small, second: Small) -> float:
        # In both directions, since flow from a black frame matches black areas of any picture.
        return max(
            _difference(a.luma, *warp(b.luma, self._estimate(a.normalised, b.normalised)))
            for a, b in ((first, second), (second, first))
        )


def cuts(differences: Sequence[float]) -> list[int]:
    """Return the first frame of each shot, beginning with 0, from the differences of frames k and k + 1.

    A cut has a difference of at least LEAST, and of at least RATIO times the median of NEIGHBOURS before and
    after it, as in the adaptive detector of PySceneDetect, which uses the mean. Fades and dissolves are not
    cuts.
    """
    found = [0]
    for k, value in enumerate(differences):
        before, after = differences[max(0, k - NEIGHBOURS) : k], differences[k + 1 : k + 1 + NEIGHBOURS]
        usual = max(median_low(before) if before else 0.0, median_low(after) if after else 0.0)
        if value >= max(LEAST, RATIO * usual):
            found.append(k + 1)
    return found


def _reduced(frame: Frame) -> Small:
    size = size_of(frame)
    # Narrow frames are kept larger, since optical flow needs SMALLEST pixels per side.
    longest = max(LONGEST, -(-SMALLEST * max(size) // min(size)))
    luma = torch.from_numpy(grey(pixels(frame, fit_long(size, min(longest, max(size)))))).float()
    normalised = (luma - luma.mean()) * (50 / (luma.std() + 8)) + 128
    return Small(luma[None, None], normalised.round().clamp(0, 255).to(torch.uint8).numpy())


def _difference(one: Tensor, other: Tensor, inside: Tensor) -> float:
    """Return 1 − ρ of two pictures `(1, 1, H, W)` where `inside` is 1."""

    def local_mean(values: Tensor) -> Tensor:
        side = min(_WINDOW, *((length - 1) // 2 * 2 + 1 for length in values.shape[2:]))
        return F.avg_pool2d(values, side, 1, side // 2, count_include_pad=False)

    def covariance(a: Tensor, b: Tensor) -> Tensor:
        local = (local_mean(a * b) - local_mean(a) * local_mean(b)) * inside
        return local.sum() / inside.sum().clamp_min(1) + _NOISE * (inside.sum() > 0)

    scale = (covariance(one, one) * covariance(other, other)).sqrt().clamp_min(1e-6)
    return 1 - float(covariance(one, other) / scale)
