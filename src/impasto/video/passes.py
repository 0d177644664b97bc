"""Which frames a frame follows from, in one pass over a film or in several (Ruder, Dosovitskiy and Brox 2016, section 4)."""

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
"""The paper's δ: how much of the neighbour a frame begins a later pass with, where it shows the same (section 4.4)."""

SEAM = 24
"""Frames at most over which the join of a film that repeats is spread: one second."""

Trusted = tuple[Tensor, Tensor]
"""A picture `(1, 3, H, W)` and the weights `(1, 1, H, W)` with which it is trusted."""


class Neighbour(NamedTuple):
    """A frame before, brought to where a frame has its pixels: `(1, 3, H, W)`, and three weights of each pixel, `(1, 1, H, W)` in 0 to 1.

    By its `trust` a frame is held to it, as firmly as it came there `firm`; by how far it is `alike` a frame starts from it, which
    asks for less: were a boundary of motion, or noise of the flow in a sky, to start from the photo each time, it would stay a photo.
    """

    picture: Tensor
    trust: Tensor
    alike: Tensor
    firm: Tensor


def seam_of(firsts: Sequence[int], count: int) -> int:
    """Return how many frames are painted once more where a film of so many repeats, by the first frame of each shot: none beyond the first shot."""
    return min(SEAM, count // 2, *firsts[1:2])


class Turn(NamedTuple):
    """One pass of several, counted from 1: forwards and backwards by turns."""

    number: int
    of: int

    @property
    def step(self) -> int:
        """1 forwards, -1 backwards."""
        return 1 if self.number % 2 else -1

    @property
    def holds(self) -> bool:
        """Whether frames are held to those before by the loss: in the second half of the passes, as in the paper's program (8 of 15)."""
        return self.number > self.of // 2

    def order(self, shot: Shot) -> range:
        """Return a shot's frames in the order of this pass."""
        return range(shot.first, shot.end) if self.step > 0 else range(shot.end - 1, shot.first - 1, -1)

    def neighbours(self, i: int, shot: Shot, offsets: Sequence[int]) -> list[int]:
        """Return those frames of the shot that this pass has painted before frame i, by their distance, nearest first."""
        return [j for offset in offsets if shot.first <= (j := i - self.step * offset) < shot.end]


class Place(NamedTuple):
    """Where a frame is painted: the pass, counted from 1, the frames of it before, and the frame with its shot.

    The frames that join the end of a film to its start have a pass of their own after the last one.
    """

    turn: int
    position: int
    frame: int
    shot: Shot


def places(firsts: Sequence[int], count: int, passes: int, *, loop: bool) -> list[Place]:
    """Return the places of a film of `count` frames in the order of painting, by the first frame of each shot."""
    shots, turns = shots_of(firsts, count), [Turn(number, passes) for number in range(1, passes + 1)]
    order = {turn.number: [(i, shot) for shot in shots for i in turn.order(shot)] for turn in turns}
    if loop:
        order[passes + 1] = [(i, shots[0]) for i in range(seam_of(firsts, count))]
    return [Place(turn, k, i, shot) for turn, frames in order.items() for k, (i, shot) in enumerate(frames)]


def warped(
    picture: Tensor, flow: Tensor, reliability: Tensor, visibility: Tensor, firmness: Tensor
) -> Neighbour:
    """Return a neighbour moved along a flow; trusted where the flow is, and alike where the clip itself is, moved so."""
    moved, inside = warp(picture, flow)
    return Neighbour(moved, inside * reliability * visibility, inside * visibility, firmness)


def followed(neighbours: Sequence[Trusted]) -> tuple[Trusted, ...]:
    """Return neighbours, nearest first, each with what is left to it by the nearer ones: c_long (the paper's section 4.3)."""
    weights = long_term([weight for _, weight in neighbours])
    return tuple((picture, weight) for (picture, _), weight in zip(neighbours, weights, strict=True))


def merged(neighbours: Sequence[Trusted]) -> Trusted:
    """Return one picture of several with weights that sum to 1 at most, and that sum."""
    total = torch.stack([weight for _, weight in neighbours]).sum(0)
    picture = torch.stack([picture * weight for picture, weight in neighbours]).sum(0)
    return picture / total.clamp_min(1e-6), total


def blended(own: Tensor, neighbour: Neighbour) -> Tensor:
    """Return what a frame begins a later pass with: δc·ω(x') + (1 − δc)·x for its own picture x (section 4.4)."""
    return torch.lerp(own, neighbour.picture, BLEND * neighbour.trust)


def moment_of(shot: Moment, turn: Turn, neighbours: Sequence[Neighbour], own: Tensor | None) -> Moment:
    """Return what a film asks of a frame: of a `shot`, with its neighbours warped, nearest first, and its `own` picture of the pass before.

    In the first pass it begins with the neighbours, where the clip itself is alike there, and with the photo elsewhere.
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
    """Return what is asked of a frame near the start of a film that repeats, painted once more after the last one.

    It is held to its neighbour by the part 1 − a, and by a to its own picture, which further frames follow from: so the
    difference between end and start is shared out over as many frames as `part`, the a, takes to grow to 1.
    """
    picture, weight, firm = neighbour.picture, neighbour.trust * (1 - part), neighbour.firm
    before = ((picture, weight * firm), (own, (1 - weight) * firm))
    return Moment(shot.shot, shot.slopes, before, (torch.lerp(own, picture, weight), torch.ones_like(weight)))
