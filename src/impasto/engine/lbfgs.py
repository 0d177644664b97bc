"""L-BFGS with a fixed step size (Liu and Nocedal 1989; Nocedal and Wright, algorithm 7.4), and Adam."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from impasto.losses import wide

FIRST_STEP = 1.0
"""Levels (0 to 255) by which the first step of a run moves the pixel with the largest gradient."""

NEXT_STEP = 50.0
"""The same at strength 100 for the first step of each next scale, in proportion to the strength.

Such a scale starts blurred and otherwise near its solution: with FIRST_STEP two more steps were lost.
"""


LONGEST = 20.0
"""Root mean square in levels of the longest step of a careful optimiser; most good ones are under 7."""

RISE = 2.0
"""Factor by which a loss must rise for a careful optimiser to take a step back; smaller rises often pass."""

SHORTER = 0.25
"""Factor of a step that was taken back."""


@dataclass
class LBFGS:
    """The optimiser and its state: up to `history` pairs of steps s and gradient differences y.

    The pairs are rows of `steps` and `differences` `(history, 3·H·W)`, a ring buffer; `learnt` is the number
    of pairs ever written, and those before `forgotten` are ignored. With `half` they are stored in bfloat16,
    which halves the memory. Unlike in torch.optim.LBFGS, the first step has a fixed
    length, `first` in levels, since 1/‖g‖₁ is below the precision of float32.

    A `careful` one bounds its steps by LONGEST, and after a RISE of the loss tries a SHORTER step from the
    picture before. It is needed where an objective is almost flat and then steep, as at a low strength.
    """

    history: int
    rate: float = 1.0
    half: bool = False
    first: float = FIRST_STEP
    careful: bool = False
    shortened: bool = False
    learnt: int = 0
    forgotten: int = 0
    steps: Tensor | None = None
    differences: Tensor | None = None
    curvatures: list[float] = field(default_factory=list)
    last_step: Tensor | None = None
    last_gradient: Tensor | None = None

    @property
    def held(self) -> range:
        """Numbers of the valid pairs, counted from the first ever written; stored in row number % history."""
        return range(max(self.forgotten, self.learnt - self.history), self.learnt)

    def forget(self) -> None:
        """Discard all pairs, because the objective has changed; the memory and the numbering are kept."""
        self.forgotten, self.curvatures, self.last_step, self.last_gradient = self.learnt, [], None, None
        self.shortened = False

    def reserve(self, picture: Tensor) -> None:
        """Allocate the memory of all pairs for a picture `(1, 3, H, W)`; `advance` does so if needed.

        Call it before the first step: if allocated one by one, between the feature maps of a step, the pairs
        fragment the memory, and the process grows by a third.
        """
        shape = (self.history, picture.numel())
        self.steps, self.differences = (
            picture.new_empty(shape, dtype=torch.bfloat16 if self.half else picture.dtype) for _ in range(2)
        )

    def advance(self, picture: Tensor, gradient: Tensor) -> Tensor:
        """Return the next picture from one and its gradient, both `(1, 3, H, W)`; stores the last pair."""
        flat = gradient.flatten()
        if self.shortened and self.last_step is not None:
            self.shortened = False
            return self.last_step.view_as(picture) + picture
        if self.steps is None:
            self.reserve(picture)
        if self.last_step is None or self.last_gradient is None:
            self.last_step, self.last_gradient = torch.empty_like(flat), torch.empty_like(flat)
        else:
            self._remember(self.last_step, flat - self.last_gradient)
        if self.held:
            step = self._direction(flat).mul_(-self.rate)
        else:
            step = flat * (-self.first / float(flat.abs().max().clamp_min(1e-30)))
        if self.careful:
            step.mul_(min(1.0, LONGEST / max(math.sqrt(_dot(step, step) / step.numel()), 1e-30)))
        self.last_step.copy_(step)
        self.last_gradient.copy_(flat)
        return step.view_as(picture).add_(picture)

    def accepts(self, before: float, after: float) -> bool:
        """Tell whether to go on from the picture of the last step, given the losses before and after it.

        If not, the next picture is to be asked for with the picture and the gradient before it.
        """
        if not self.careful or self.last_step is None or after <= RISE * before:
            return True
        self.last_step.mul_(SHORTER)
        self.shortened = True
        return False

    def _remember(self, step: Tensor, difference: Tensor) -> None:
        assert self.steps is not None and self.differences is not None
        step, difference = step.to(self.steps.dtype), difference.to(self.steps.dtype)
        curvature = _dot(step, difference)
        # A pair without clearly positive curvature could make the next direction an ascent direction.
        if curvature <= 1e-8 * math.sqrt(_dot(step, step) * _dot(difference, difference)):
            return
        row = self.learnt % self.history
        self.steps[row], self.differences[row] = step, difference
        self.curvatures = [*self.curvatures, curvature][-self.history :]
        self.learnt += 1

    def _direction(self, gradient: Tensor) -> Tensor:
        """Return the product of the inverse Hessian estimate and the gradient, by the two-loop recursion."""
        assert self.steps is not None and self.differences is not None
        rows = [number % self.history for number in self.held]
        pairs = [
            (self.steps[row], self.differences[row], curvature)
            for row, curvature in zip(rows, self.curvatures, strict=True)
        ]
        direction, alphas = gradient.clone(), []
        for s, y, sy in reversed(pairs):
            alphas.append(_dot(s, direction) / sy)
            direction.add_(y, alpha=-alphas[-1])
        _, last, curvature = pairs[-1]
        direction.mul_(curvature / _dot(last, last))
        for (s, y, sy), alpha in zip(pairs, reversed(alphas), strict=True):
            direction.add_(s, alpha=alpha - _dot(y, direction) / sy)
        return direction


def _dot(one: Tensor, other: Tensor) -> float:
    return float(wide(one) @ wide(other))


@dataclass
class Adam:
    """Adam (Kingma and Ba 2015) with β₁ = 0.9 and β₂ = `decay`, and its state."""

    rate: float
    count: int = 0
    decay: float = 0.999
    mean: Tensor | None = None
    square: Tensor | None = None

    def forget(self) -> None:
        """Reset the moments, because the objective has changed."""
        self.count, self.mean, self.square = 0, None, None

    def accepts(self, before: float, after: float) -> bool:
        """Tell whether to go on from the picture of the last step: always."""
        return True

    def advance(self, picture: Tensor, gradient: Tensor) -> Tensor:
        """Return the next picture from one and its gradient, both `(1, 3, H, W)`."""
        self.count += 1
        self.mean = torch.zeros_like(gradient) if self.mean is None else self.mean
        self.square = torch.zeros_like(gradient) if self.square is None else self.square
        self.mean.lerp_(gradient, 0.1)
        self.square.lerp_(gradient.square(), 1 - self.decay)
        mean, square = self.mean / (1 - 0.9**self.count), self.square / (1 - self.decay**self.count)
        return picture - self.rate * mean / (square.sqrt() + 1e-8)
