"""Temporal constraints of frames, in one or several passes over a film.

Ruder, Dosovitskiy, Brox: Artistic style transfer for videos, GCPR 2016, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.losses.moment import Moment
from impasto.video.consistency import long_term
from impasto.video.shots import Shot, shots_of
from impasto.video.warp import warp

BLEND = 0.5
"""The paper's δ: share of the warped neighbour in the start of a frame in later passes (section 4.4)."""

SEAM = 24
"""Maximum number of frames over which the end of a loop is blended into its start."""

Trusted = tuple[Tensor, Tensor]
"""A picture `(1, 3, H, W)` and weights of its pixels `(1, 1, H, W)`."""


class Neighbour(NamedTuple):
    """A previous frame warped to the current one, `(1, 3, H, W)`, and weights `(1, 1, H, W)` in 0 to 1.

    The temporal loss is weighted by `trust` and `firm`, where `firm` is lower where warping loses detail. The
    start of a frame is weighted by `alike`, which unlike `trust` includes pixels of unreliable flow, such as
    motion boundaries and noise in a sky: starting from the photo there in every frame, they would never be
    stylised.
    """

    picture: Tensor
    trust: Tensor
    alike: Tensor
    firm: Tensor


def seam_of(firsts: Sequence[int], count: int) -> int:
    """Return the number of frames painted again in a loop of `count` frames, all in the first shot."""
    return min(SEAM, count // 2, *firsts[1:2])


class Turn(NamedTuple):
    """A pass, counted from 1: odd ones forwards, even ones backwards."""

    number: int
    of: int

    @property
    def step(self) -> int:
        """1 forwards, -1 backwards."""
        return 1 if self.number % 2 else -1

    @property
    def holds(self) -> bool:
        """Whether the pass has a temporal loss: the second half have, as in the paper's code (8 of 15)."""
        return self.number > self.of // 2

    def order(self, shot: Shot) -> range:
        """Return the frames of a shot in the order of this pass."""
        return range(shot.first, shot.end) if self.step > 0 else range(shot.end - 1, shot.first - 1, -1)

    def neighbours(self, i: int, shot: Shot, offsets: Sequence[int]) -> list[int]:
        """Return the frames of the shot at `offsets` before frame i in this pass, nearest first."""
        return [j for offset in offsets if shot.first <= (j := i - self.step * offset) < shot.end]


class Place(NamedTuple):
    """Position of a frame in the order of painting: pass, counted from 1, index in the pass, frame and shot.

    The frames that join the end of a loop to its start form an additional pass after the last one.
    """

    turn: int
    position: int
    frame: int
    shot: Shot


def places(firsts: Sequence[int], count: int, passes: int, *, loop: bool) -> list[Place]:
    """Return the places of `count` frames in the order of painting; `firsts` are the starts of shots."""
    shots, turns = shots_of(firsts, count), [Turn(number, passes) for number in range(1, passes + 1)]
    order = {turn.number: [(i, shot) for shot in shots for i in turn.order(shot)] for turn in turns}
    if loop:
        order[passes + 1] = [(i, shots[0]) for i in range(seam_of(firsts, count))]
    return [Place(turn, k, i, shot) for turn, frames in order.items() for k, (i, shot) in enumerate(frames)]


def warped(
    picture: Tensor, flow: Tensor, reliability: Tensor, visibility: Tensor, firmness: Tensor
) -> Neighbour:
    """Return a picture warped by a flow; reliability, visibility and firmness are `(1, 1, H, W)`."""
    moved, inside = warp(picture, flow)
    return Neighbour(moved, inside * reliability * visibility, inside * visibility, firmness)


def followed(neighbours: Sequence[Trusted]) -> tuple[Trusted, ...]:
    """Return neighbours, nearest first, with the long-term weights c_long (section 4.3)."""
    weights = long_term([weight for _, weight in neighbours])
    return tuple((picture, weight) for (picture, _), weight in zip(neighbours, weights, strict=True))


def merged(neighbours: Sequence[Trusted]) -> Trusted:
    """Return the weighted mean of pictures whose weights sum to at most 1, and the sum of weights."""
    total = torch.stack([weight for _, weight in neighbours]).sum(0)
    picture = torch.stack([picture * weight for picture, weight in neighbours]).sum(0)
    return picture / total.clamp_min(1e-6), total


def blended(own: Tensor, neighbour: Neighbour) -> Tensor:
    """Return the start of a frame in later passes: δc·ω(x') + (1 − δc)·x for its picture x (section 4.4)."""
    return torch.lerp(own, neighbour.picture, BLEND * neighbour.trust)


def moment_of(shot: Moment, turn: Turn, neighbours: Sequence[Neighbour], own: Tensor | None) -> Moment:
    """Return the context of a frame, given that of its `shot`.

    `neighbours` are warped, nearest first; `own` is the picture of the frame from the previous pass. In the
    first pass, the frame starts from its neighbours where the clip matches, and from the photo elsewhere.
    """
    if not neighbours:
        return Moment(
            shot.shot, shot.slopes, start=None if own is None else (own, torch.ones_like(own[:, :1]))
        )
    trusted = followed([(one.picture, one.trust) for one in neighbours])
    before = tuple(
        (picture, weight * one.firm) for (picture, weight), one in zip(trusted, neighbours, strict=True)
    )
    if own is None:
        start = merged(followed([(one.picture, one.alike) for one in neighbours]))
    else:
        start = blended(own, neighbours[0]), torch.ones_like(own[:, :1])
    return Moment(shot.shot, shot.slopes, before if turn.holds else (), start)


def joined(shot: Moment, neighbour: Neighbour, own: Tensor, part: float) -> Moment:
    """Return the context of a frame that is painted again to join the end of a loop to its start.

    The loss has weight 1 − a for its neighbour and a for its own picture, where a = `part` rises to 1, so
    that the difference between end and start is spread over several frames.
    """
    picture, weight, firm = neighbour.picture, neighbour.trust * (1 - part), neighbour.firm
    before = ((picture, weight * firm), (own, (1 - weight) * firm))
    return Moment(shot.shot, shot.slopes, before, (torch.lerp(own, picture, weight), torch.ones_like(weight)))
