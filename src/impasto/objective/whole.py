"""The objective in one pass over the whole picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.losses import PIXELS, Loss


@dataclass(frozen=True)
class Evaluation:
    """The objective at one picture: the total, each weighted loss by `name layer`, and the gradient `(1, 3, H, W)`."""

    loss: float
    losses: dict[str, float]
    gradient: Tensor


@dataclass(frozen=True)
class Whole:
    """The weighted sum of losses over an encoder's feature maps."""

    encoder: VGG19
    losses: Sequence[Loss]

    def __call__(self, picture: Tensor) -> Evaluation:
        """Evaluate a picture `(1, 3, H, W)`, RGB in 0 to 255, and its gradient: one step."""
        picture = picture.detach().requires_grad_()
        total, losses = self._sum(picture)
        (gradient,) = torch.autograd.grad(total, picture)
        return Evaluation(sum(losses[key] for key, counted in self._counted().items() if counted), losses, gradient)

    def report(self, picture: Tensor) -> dict[str, float]:
        """Return each weighted loss of a picture, without a gradient."""
        with torch.no_grad():
            return self._sum(picture)[1]

    def _sum(self, picture: Tensor) -> tuple[Tensor, dict[str, float]]:
        maps = self.encoder(picture, [loss.layer for loss in self.losses if loss.layer != PIXELS])
        maps[PIXELS] = picture
        terms: defaultdict[str, Tensor] = defaultdict(lambda: picture.new_zeros(()))
        for loss in self.losses:
            feature_map = maps[loss.layer]
            positions = feature_map.shape[2] * feature_map.shape[3]
            terms[_key(loss)] = terms[_key(loss)] + loss.weight * loss.compare(loss.statistic(feature_map), positions)
        values = torch.stack(list(terms.values()))
        return values.sum(), dict(zip(terms, values.detach().tolist(), strict=True))

    def _counted(self) -> dict[str, bool]:
        return {_key(loss): loss.counted for loss in self.losses}


def _key(loss: Loss) -> str:
    return loss.name if loss.layer == PIXELS else f"{loss.name} {loss.layer}"
