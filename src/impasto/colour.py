"""Linear algebra on colours."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Palette(NamedTuple):
    """The mean `(3,)` and covariance `(3, 3)` of a picture's colours."""

    mean: Tensor
    covariance: Tensor


def palette(picture: Tensor) -> Palette:
    """Return the palette of a picture `(1, 3, H, W)`."""
    colours = picture.flatten(2)[0]
    return Palette(colours.mean(1), torch.cov(colours))


def mix(palettes: list[Palette], weights: list[float]) -> Palette:
    """Return the weighted average of palettes; the weights sum to 1."""
    mean = sum(w * p.mean for p, w in zip(palettes, weights, strict=True))
    covariance = sum(w * p.covariance for p, w in zip(palettes, weights, strict=True))
    return Palette(torch.as_tensor(mean), torch.as_tensor(covariance))


def recolour(picture: Tensor, target: Palette) -> Tensor:
    """Give a picture `(1, 3, H, W)` the mean and covariance of a palette; values may leave the picture's range.

    The colours move by the optimal transport between the two Gaussians, the symmetric map
    `T = R⁻¹ (R S R)^½ R⁻¹` with `R` the root of the picture's covariance and `S` the target's
    (Pitié and Kokaram: The linear Monge-Kantorovitch linear colour mapping, 2007).
    """
    colours = picture.flatten(2)[0]
    mean, covariance = palette(picture)
    root = _root(covariance)
    inverse = torch.linalg.inv(root)
    transport = inverse @ _root(root @ target.covariance @ root) @ inverse
    moved: Tensor = transport @ (colours - mean[:, None]) + target.mean[:, None]
    return moved.reshape(picture.shape)


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    # A picture of fewer than three colour directions (grey, say) has zeros here; the floor keeps the inverse finite.
    root: Tensor = vectors @ torch.diag(values.clamp_min(1e-3).sqrt()) @ vectors.T
    return root
