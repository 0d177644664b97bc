"""The objective in one pass over the whole picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19, positions
from impasto.losses import PIXELS, Loss


@dataclass(frozen=True)
class Evaluation:
    """The objective at one picture: total, weighted losses by `name layer`, and gradient `(1, 3, H, W)`."""

    loss: float
    losses: dict[str, float]
    gradient: Tensor


@dataclass
class Terms:
    """The weighted losses of one evaluation, summed by name and layer, and their values to report."""

    sums: dict[str, Tensor] = field(default_factory=dict)
    shown: dict[str, Tensor] = field(default_factory=dict)
    uncounted: set[str] = field(default_factory=set)

    def add(self, loss: Loss, statistic: Tensor, positions: float) -> None:
        """Add a loss whose statistic was summed over `positions` positions."""
        key = loss.name if loss.layer == PIXELS else f"{loss.name} {loss.layer}"
        term = loss.weight * loss.compare(statistic, positions)
        shown = loss.shown(term, statistic, positions)
        self.sums[key] = self.sums[key] + term if key in self.sums else term
        self.shown[key] = self.shown[key] + shown if key in self.shown else shown
        if not loss.counted:
            self.uncounted.add(key)

    @property
    def total(self) -> Tensor:
        """The total to differentiate."""
        return torch.stack(list(self.sums.values())).sum()

    @cached_property
    def values(self) -> dict[str, float]:
        """Each weighted loss as a number; for a held error, the error itself."""
        return _numbers(self.shown)

    @cached_property
    def counted(self) -> float:
        """The reported total."""
        return sum(value for key, value in _numbers(self.sums).items() if key not in self.uncounted)


def _numbers(tensors: dict[str, Tensor]) -> dict[str, float]:
    return dict(zip(tensors, torch.stack(list(tensors.values())).detach().tolist(), strict=True))


@dataclass(frozen=True)
class Whole:
    """The weighted sum of losses over an encoder's feature maps."""

    encoder: VGG19
    losses: Sequence[Loss]

    def __call__(self, picture: Tensor) -> Evaluation:
        """Evaluate a picture `(1, 3, H, W)`, RGB in 0 to 255, and its gradient."""
        picture = picture.detach().requires_grad_()
        terms = self._terms(picture)
        (gradient,) = torch.autograd.grad(terms.total, picture)
        return Evaluation(terms.counted, terms.values, gradient)

    def report(self, picture: Tensor) -> dict[str, float]:
        """Return each weighted loss of a picture, without a gradient."""
        with torch.no_grad():
            return self._terms(picture).values

    def _terms(self, picture: Tensor) -> Terms:
        statistics = read(self.losses, self.encoder.walk(picture - self.encoder.mean, layers_of(self.losses)))
        terms = Terms()
        for i, loss in enumerate(self.losses):
            statistic = loss.statistic(picture) if loss.layer == PIXELS else statistics[i]
            terms.add(loss, statistic, counted(picture, loss.layer))
        return terms


def read(losses: Sequence[Loss], maps: Iterable[tuple[str, Tensor]]) -> dict[int, Tensor]:
    """Return the statistic of each loss by its index; each map is read as it is yielded."""
    return {
        i: loss.statistic(feature_map)
        for name, feature_map in maps
        for i, loss in enumerate(losses)
        if loss.layer == name
    }


def layers_of(losses: Iterable[Loss]) -> list[str]:
    """Return the layers of the encoder that losses read."""
    return [loss.layer for loss in losses if loss.layer != PIXELS]


def counted(picture: Tensor, layer: str) -> int:
    """Return the number of positions that a loss sums over: those of its layer, or the pixels."""

    return picture.shape[2] * picture.shape[3] if layer == PIXELS else positions(picture, layer)
