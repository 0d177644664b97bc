"""Linear algebra on colours."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROWS = 256
"""Rows of a large picture that are worked on at a time."""


class Palette(NamedTuple):
    """The mean `(3,)` and covariance `(3, 3)` of a picture's colours."""

    mean: Tensor
    covariance: Tensor


def palette(picture: Tensor, weights: Tensor | None = None) -> Palette:
    """Return the palette of a picture `(1, 3, H, W)`, each pixel counted by `weights` `(1, 1, H, W)` where given."""
    colours = picture.flatten(2)[0]
    if weights is None:
        return Palette(colours.mean(1), torch.cov(colours))
    counts = weights.flatten()
    mean = (colours * counts).sum(1) / counts.sum()
    centred = colours - mean[:, None]
    # As many degrees of freedom as torch.cov counts; of one pixel alone there are none, and its covariance is 0.
    freedom = counts.sum() - counts.square().sum() / counts.sum()
    return Palette(mean, (centred * counts) @ centred.T / freedom.clamp_min(1e-3))


def mix(palettes: list[Palette], weights: list[float]) -> Palette:
    """Return the weighted average of palettes; the weights sum to 1."""
    mean = sum(w * p.mean for p, w in zip(palettes, weights, strict=True))
    covariance = sum(w * p.covariance for p, w in zip(palettes, weights, strict=True))
    return Palette(torch.as_tensor(mean), torch.as_tensor(covariance))


def recolour(picture: Tensor, target: Palette, own: Palette | None = None) -> Tensor:
    """Give a picture `(1, 3, H, W)` the mean and covariance of a palette; values may leave the picture's range.

    Where its `own` palette is given, such as that of a part of it or of a whole film, colours of that palette come to have
    the target's, and the picture's move alike.

    The colours move by the optimal transport between the two Gaussians, the symmetric map
    `T = R⁻¹ (R S R)^½ R⁻¹` with `R` the root of the picture's covariance and `S` the target's
    (Pitié and Kokaram: The linear Monge-Kantorovitch linear colour mapping, 2007).
    """
    colours = picture.flatten(2)[0]
    mean, covariance = palette(picture) if own is None else own
    root = _root(covariance)
    inverse = torch.linalg.inv(root)
    transport = inverse @ _root(root @ target.covariance @ root) @ inverse
    centred = colours - mean[:, None]
    moved: Tensor = _bounded(transport, covariance, centred) @ centred + target.mean[:, None]
    return moved.reshape(picture.shape)


MOST_GAIN = 9.0
"""How many times at most a colour direction is stretched: of the bundled photos none asks for more than 8 of any painting.

A wall, or a sky of few levels, would be stretched to the painting's whole range, and its rounding to stripes.
"""

NOISE = 2.25
"""Deviation, in levels, below which a direction of colour is mostly noise, that of a sensor or of JPEG: it is stretched less, by its square."""

PLAIN = 12.0
"""Deviation, in levels, of all its colours below which a picture is plain: a wall, fog, a faint gradient. The less there is the less it is stretched."""

NOTHING = 1e-3
"""Levels within which colours do not leave a plane, such as that of grey, but by rounding."""


def _allowed(deviations: Tensor, most: Tensor) -> Tensor:
    """Return how many times directions of colour may be stretched, by their deviations and the largest one of the picture."""
    return MOST_GAIN * torch.minimum((deviations / NOISE).square(), most / PLAIN).clamp_max(1)


def _bounded(transport: Tensor, covariance: Tensor, centred: Tensor) -> Tensor:
    """Return the transport of colours `(3, N)` about their mean with directions that are hardly there stretched by no more than is sound.

    It is the same one where all of them are; so it is where the colours do not go in such a direction at all, as of a grey photo.
    """
    values, vectors = torch.linalg.eigh(covariance)
    deviations = values.clamp_min(0).sqrt()
    allowed = _allowed(deviations, deviations[-1])
    there = (vectors.T @ centred).abs().amax(1) > NOTHING
    kept = torch.where(there, allowed / (transport @ vectors).norm(dim=0).clamp_min(1e-9), 1.0).clamp_max(1)
    return transport if bool((kept == 1).all()) else transport @ vectors @ torch.diag(kept) @ vectors.T


LUMA = (0.299, 0.587, 0.114)
"""The part of red, green and blue in the luma Y of YIQ (Rec. 601), the space in which Gatys et al. keep colours."""


def luma(picture: Tensor) -> Tensor:
    """Return the luma Y `(1, 1, H, W)` of a picture `(1, 3, H, W)`."""
    return (picture * picture.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def grey(picture: Tensor) -> Tensor:
    """Return a picture `(1, 3, H, W)` without its chroma."""
    return luma(picture).expand_as(picture)


def chroma(picture: Tensor) -> Tensor:
    """Return what is left of a picture `(1, 3, H, W)` without its luma: its own luma is 0, and it vanishes where the picture is grey."""
    return picture - luma(picture)


def with_chroma(light: Tensor, colour: Tensor) -> Tensor:
    """Return the picture `(1, 3, H, W)` in 0 to 255 of a luma `(1, 1, H, W)` in 0 to 255 and a chroma `(1, 3, H, W)`.

    Where the two leave the range the chroma is shortened, all channels alike, so that luma and hue stay: clipping each
    channel would change both (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016, section 3 swaps
    luma and says nothing of the range).
    """
    room = torch.where(colour > 0, 255 - light, light) / colour.abs().clamp_min(1e-9)
    return light + colour * room.amin(1, keepdim=True).clamp_max(1)


def match_luma(
    picture: Tensor, target: Tensor, weights: Tensor | None = None, target_weights: Tensor | None = None
) -> Tensor:
    """Return a picture `(1, 3, H, W)` in grey, whose luma has the mean and deviation of the target's; values may leave the range.

    `L' = σ_T/σ_P (L − μ_P) + μ_T` (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016, section 3).
    """
    light = luma(picture)
    (mean, deviation), (target_mean, target_deviation) = (
        _moments(light, weights),
        _moments(luma(target), target_weights),
    )
    allowed = _allowed(deviation, deviation)
    gain = torch.minimum(target_deviation / deviation.clamp_min(1e-3), allowed)
    return ((light - mean) * gain + target_mean).expand_as(picture)


def match_histogram(
    picture: Tensor, target: Tensor, weights: Tensor | None = None, target_weights: Tensor | None = None
) -> Tensor:
    """Give each channel of a picture `(1, 3, H, W)` the target's distribution of values: x ↦ F_T⁻¹(F_P(x)).

    The pixels of both count by weights `(1, 1, H, W)` where given. Raises nothing; equal values stay equal.
    """
    channels, others = [], target.flatten(2)[0]
    if target_weights is not None:
        # A value of no weight has a rank among the others, but is none of the target's.
        counted = target_weights.flatten() > 0
        others, target_weights = others[:, counted], target_weights.flatten()[counted]
    for own, other in zip(picture.flatten(2)[0], others, strict=True):
        _, place, ranks = _ranks(own, weights)
        wanted, _, wanted_ranks = _ranks(other, target_weights)
        channels.append(_interpolate(ranks, wanted_ranks, wanted)[place])
    return torch.stack(channels).view_as(picture)


def _moments(light: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    counts = torch.ones_like(light) if weights is None else weights
    mean = (light * counts).sum() / counts.sum()
    return mean, (((light - mean).square() * counts).sum() / counts.sum()).sqrt()


def _ranks(channel: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return a channel's values in order, the place of each pixel's among them, and the part of the weight below the middle of each."""
    values, place = torch.unique(channel, return_inverse=True)
    counts = torch.ones_like(channel) if weights is None else weights.flatten().to(channel.dtype)
    held = torch.zeros_like(values).index_add(0, place, counts)
    return values, place, (held.cumsum(0) - held / 2) / held.sum()


def _interpolate(at: Tensor, points: Tensor, values: Tensor) -> Tensor:
    """Return the piecewise linear function through points in ascending order, constant beyond them."""
    right = torch.searchsorted(points, at).clamp(1, max(len(points) - 1, 1)).clamp_max(len(points) - 1)
    left = (right - 1).clamp_min(0)
    way = ((at - points[left]) / (points[right] - points[left]).clamp_min(1e-12)).clamp(0, 1)
    return torch.lerp(values[left], values[right], way)


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    # A picture of fewer than three colour directions (grey, say) has zeros here; the floor keeps the inverse finite.
    root: Tensor = vectors @ torch.diag(values.clamp_min(1e-3).sqrt()) @ vectors.T
    return root


WHITE = (0.95047, 1.0, 1.08883)
"""D65, the white of sRGB, in XYZ."""

_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def lab(picture: Tensor) -> Tensor:
    """Return a picture `(1, 3, H, W)`, sRGB in 0 to 255, in CIELAB: L* in 0 to 100, a* and b* about 0, D65 as white (CIE 15; IEC 61966-2-1)."""
    values = picture.flatten(2)[0] / 255
    linear = torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055).clamp_min(0) ** 2.4)
    xyz = values.new_tensor(_TO_XYZ) @ linear / values.new_tensor(WHITE)[:, None]
    root = torch.where(xyz > (6 / 29) ** 3, xyz.clamp_min(1e-9) ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)]).view_as(picture)


def lab_palette(picture: Tensor, weights: Tensor | None = None) -> Palette:
    """Return the palette in CIELAB of a picture as `lab` takes it, in the memory of some rows of it; `weights` are as in `palette`."""
    counted, squares, total, products = 0.0, 0.0, torch.zeros(3).double(), torch.zeros(3, 3).double()
    for top in range(0, picture.shape[2], ROWS):
        colours = lab(picture[:, :, top : top + ROWS]).flatten(2)[0].double().cpu()
        counts = (
            torch.ones_like(colours[0])
            if weights is None
            else weights[:, :, top : top + ROWS].flatten().double().cpu()
        )
        counted, squares = counted + float(counts.sum()), squares + float(counts.square().sum())
        total, products = total + (colours * counts).sum(1), products + (colours * counts) @ colours.T
    mean, freedom = total / counted, max(counted - squares / counted, 1e-3)
    return Palette(mean.float(), ((products - counted * mean[:, None] * mean) / freedom).float())


def distance(one: Palette, other: Palette) -> float:
    """Return how far two palettes are from each other, in the units of their colours: ΔE for CIELAB, of which about 2 can just be seen.

    The 2-Wasserstein distance of the two Gaussians, d² = ‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2(C₁^½ C₂ C₁^½)^½): how far, in the
    root mean square, colours must move for one to become the other (Dowson and Landau: The Fréchet distance between
    multivariate normal distributions, 1982). It is the way that `recolour` moves them.
    """
    values, vectors = torch.linalg.eigh(one.covariance.double())
    root = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ other.covariance.double() @ root).clamp_min(0).sqrt().sum()
    spread = one.covariance.double().trace() + other.covariance.double().trace() - 2 * cross
    return float(((one.mean - other.mean).double().square().sum() + spread.clamp_min(0)).sqrt())
