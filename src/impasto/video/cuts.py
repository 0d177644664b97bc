"""Cuts: where one shot of a film ends and the next begins, as far as painting is concerned.

A frame that the flow can follow from the one before belongs to its shot, however fast it moves: what counts is the
difference that remains after warping, beside those of the frames around.
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
"""Long side in pixels at which frames are compared: enough to tell two shots, and 50 ms a pair."""

LEAST = 0.42
"""The difference of a cut, at least.

In 500 frames of films, and in pans, flashes and cuts made of photos, it was 0.21 at most within a shot, 0.35 where the
camera swings by 200 of 480 px a frame, and 0.52 at least across a cut.
"""

RATIO = 2.0
"""How much larger a cut's difference is than those before and after: in a pan too fast to follow all are large."""

NEIGHBOURS = 3
"""Differences on each side of which the median is taken, so that a second cut close by does not hide the first."""

FLASH = 5
"""Frames that a flash lasts at most: after them the shot goes on where it was."""

_AROUND = 15
"""Pixels a side of the place within which structure is compared."""

_NOISE = 4.0
"""Variance in squared levels that is nothing but noise: two black frames are alike."""


class Small(NamedTuple):
    """What is kept of a frame: its light at LONGEST, and the same with its contrast made even."""

    light: Tensor
    even: Grey


class Differences:
    """The differences of consecutive frames, as the frames come; of their pixels a few small ones are kept.

    A difference is 0 where the second frame is the first, moved, and 1 where it has nothing of it: 1 − ρ for the correlation ρ
    of their light in small places, after warping, so that neither its level nor contrast counts: Σ cov(a, ωb) /
    √(Σ var(a) · Σ var(ωb)), over the places that the flow leads to inside the picture.

    A flash makes no difference: where a frame after it follows from one before, what lies between is put right.
    """

    def __init__(self) -> None:
        self.values: list[float] = []
        self._recent: deque[Small] = deque(maxlen=FLASH + 2)
        self._estimate = estimator("dis")

    def add(self, frame: Frame) -> None:
        """Take the next frame; `values[k]` is then the difference of frames k and k + 1."""
        self._recent.append(_reduced(frame))
        if len(self._recent) > 1:
            self.values.append(self._between(self._recent[-2], self._recent[-1]))
            self._bridge()

    def _bridge(self) -> None:
        """Where the last frame differs much from its neighbour, and so did one a little earlier, compare it with the frame before that one."""
        if self.values[-1] < LEAST:
            return
        for length in range(2, len(self._recent)):
            if self.values[-length] >= LEAST:
                across = self._between(self._recent[-1 - length], self._recent[-1])
                if across < LEAST:
                    self.values[-length:] = [min(value, across) for value in self.values[-length:]]
                    return

    def _between(self, first: Small, second: Small) -> float:
        # Both ways, since flow from a black frame finds black places in any picture.
        return max(
            _unlike(a.light, *warp(b.light, self._estimate(a.even, b.even)))
            for a, b in ((first, second), (second, first))
        )


def cuts(differences: Sequence[float]) -> list[int]:
    """Return the first frame of each shot, 0 to begin with, from the differences of frames k and k + 1.

    A cut is where the difference is LEAST or more, and RATIO times that before and after, each the median of NEIGHBOURS:
    as in the adaptive detector of PySceneDetect, which compares with the mean. A fade or a dissolve has no cut.
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
    longest = max(
        LONGEST, -(-SMALLEST * max(size) // min(size))
    )  # of a ribbon more, or flow could not be found in it
    light = torch.from_numpy(grey(pixels(frame, fit_long(size, min(longest, max(size)))))).float()
    even = (light - light.mean()) * (50 / (light.std() + 8)) + 128
    return Small(light[None, None], even.round().clamp(0, 255).to(torch.uint8).numpy())


def _unlike(one: Tensor, other: Tensor, inside: Tensor) -> float:
    """Return 1 − ρ of two pictures `(1, 1, H, W)` where `inside` is 1."""

    def local(values: Tensor) -> Tensor:
        side = min(_AROUND, *((length - 1) // 2 * 2 + 1 for length in values.shape[2:]))
        return F.avg_pool2d(values, side, 1, side // 2, count_include_pad=False)

    def covariance(a: Tensor, b: Tensor) -> Tensor:
        return ((local(a * b) - local(a) * local(b)) * inside).sum() / inside.sum().clamp_min(1) + _NOISE * (
            inside.sum() > 0
        )

    alike = covariance(one, other) / (covariance(one, one) * covariance(other, other)).sqrt().clamp_min(1e-6)
    return 1 - float(alike)
