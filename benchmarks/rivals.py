"""Alternatives from the literature for this project's engine: style losses and pixel parametrisations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.engine.lbfgs import LBFGS
from impasto.engine.optimise import first_step
from impasto.losses import Loss, wide
from impasto.losses.gram import Gram, style
from impasto.losses.moments import gram
from impasto.losses.scene import Scene
from impasto.objective.build import BUILDERS


@dataclass(frozen=True)
class _Style(Loss):
    layer: str
    weight: float
    name: str = "style"


@dataclass(frozen=True)
class Gaussian(_Style):
    """Relative errors of mean and covariance, or the relative Wasserstein distance of the two Gaussians."""

    mean: Tensor | None = None
    covariance: Tensor | None = None
    root: Tensor | None = None

    @classmethod
    def of(cls, feature_map: Tensor, layer: str, weight: float, wasserstein: bool = False) -> Gaussian:
        mean = wide(feature_map).mean((0, 2, 3))
        covariance = gram(feature_map) / feature_map[0, 0].numel() - torch.outer(mean, mean)
        values, vectors = torch.linalg.eigh(covariance)
        root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T if wasserstein else None
        return cls(layer, weight, mean=mean, covariance=covariance, root=root)

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        return torch.cat([gram(feature_map, weights), wide(feature_map).sum((2, 3)).T], 1)

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        assert self.mean is not None and self.covariance is not None
        mean = statistic[:, -1] / positions
        covariance = statistic[:, :-1] / positions - torch.outer(mean, mean)
        apart = (mean - self.mean).square().sum()
        if self.root is None:
            return (
                covariance - self.covariance
            ).square().sum() / self.covariance.square().sum() + apart / self.mean.square().sum()
        spread = (
            torch.trace(covariance)
            + torch.trace(self.covariance)
            - 2 * _TraceOfRoot.apply(self.root @ covariance @ self.root)
        )
        return (apart + spread) / (self.mean.square().sum() + torch.trace(self.covariance))


class _TraceOfRoot(torch.autograd.Function):
    """tr(M^½) of a positive matrix, whose gradient is ½M^(−½)."""

    @staticmethod
    def forward(context, matrix):
        values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
        values = values.clamp_min(values.max() * 1e-6)
        context.save_for_backward(values, vectors)
        return values.sqrt().sum()

    @staticmethod
    def backward(context, gradient):
        values, vectors = context.saved_tensors
        return gradient / 2 * (vectors / values.sqrt()) @ vectors.T


@dataclass(frozen=True)
class Nearest(_Style):
    """Cosine distance to the nearest style position (Kolkin et al.: Neural Neighbor Style Transfer, 2022)."""

    target: Tensor | None = None
    MOST = 4096

    @classmethod
    def of(cls, feature_map: Tensor, layer: str, weight: float) -> Nearest:
        target = F.normalize(wide(feature_map)[0].flatten(1).T, dim=1)
        chosen = torch.randperm(len(target), generator=torch.Generator().manual_seed(0))[: cls.MOST]
        return cls(layer, weight, target=target[chosen])

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        assert self.target is not None
        found = F.normalize(wide(feature_map)[0].flatten(1).T, dim=1)
        with torch.no_grad():
            nearest = torch.cat([(part @ self.target.T).argmax(1) for part in found.split(2048)])
        return (1 - (found * self.target[nearest]).sum(1)).sum()

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        return statistic / positions


@dataclass(frozen=True)
class Sliced(_Style):
    """The sliced Wasserstein distance, relative (Heitz et al.: A Sliced Wasserstein Loss, 2021)."""

    directions: Tensor | None = None
    target: Tensor | None = None
    DIRECTIONS = 64

    @classmethod
    def of(cls, feature_map: Tensor, layer: str, weight: float) -> Sliced:
        channels = feature_map.shape[1]
        directions = F.normalize(
            torch.randn(cls.DIRECTIONS, channels, generator=torch.Generator().manual_seed(0)), dim=1
        )
        return cls(layer, weight, directions=directions, target=_sorted(feature_map, directions))

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        assert self.directions is not None
        return _sorted(feature_map, self.directions)

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        assert self.target is not None
        wanted = F.interpolate(self.target[None], statistic.shape[1], mode="linear")[0]
        return (statistic - wanted).square().mean() / self.target.square().mean()


def _sorted(feature_map: Tensor, directions: Tensor) -> Tensor:
    return (directions @ wide(feature_map)[0].flatten(1)).sort(1).values


def gaussian(feature_map: Tensor, layer: str, weight: float):
    return Gaussian.of(feature_map, layer, weight)


def wasserstein(feature_map: Tensor, layer: str, weight: float):
    return Gaussian.of(feature_map, layer, weight, wasserstein=True)


def nearest(feature_map: Tensor, layer: str, weight: float):
    """Deep layers only: shallow ones are expensive, and every position there has a near neighbour."""
    return (
        Gram(layer, weight, gram(feature_map) / feature_map[0, 0].numel())
        if layer < "conv3"
        else Nearest.of(feature_map, layer, weight)
    )


def instead(of: Callable[[Tensor, str, float], object]) -> tuple[Callable[..., Iterable[object]], ...]:
    """Return the objective's builders with another style loss, one per layer."""

    def other(scene: Scene) -> Iterator[object]:
        settings = scene.settings
        maps = scene.tiles.whole(scene.styles[0], [layer.name for layer in settings.style_layers])
        for name, weight in settings.style_layers:
            yield of(maps[name], name, settings.style_weight * settings.onset * weight)

    return tuple(other if build is style else build for build in BUILDERS)


class Frequencies(LBFGS):
    """The pixels as frequencies f, weighted by f^(−1/4), so that optimiser steps move low ones further."""

    def advance(self, picture: Tensor, gradient: Tensor) -> Tensor:
        return _weighed(super().advance(_weighed(picture, -1), _weighed(gradient, 1)), 1)


def _weighed(picture: Tensor, power: int) -> Tensor:
    height, width = picture.shape[2:]
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    return torch.fft.irfft2(torch.fft.rfft2(picture) * (frequency + 0.02) ** (-power / 4), s=(height, width))


class Bounded(LBFGS):
    """The pixels as x = 255·σ(z/64), which cannot leave the range of a file."""

    def advance(self, picture: Tensor, gradient: Tensor) -> Tensor:
        inside = (picture / 255).clamp(1e-3, 1 - 1e-3)
        moved = super().advance(64 * torch.logit(inside), gradient * inside * (1 - inside) * 255 / 64)
        return 255 * torch.sigmoid(moved / 64)


def written_as(kind: type[LBFGS]):
    """Return what takes the place of the engine's choice of an optimiser."""

    def fresh(settings, pairs=None, half=False, *, scale=0, picture=None):
        return kind(pairs or settings.history, settings.learning_rate, half, first_step(settings, scale))

    return fresh
