"""Colour statistics, colour transfer and colour spaces."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROWS = 256
"""Rows of a large picture processed at a time, to limit memory."""


class Palette(NamedTuple):
    """The mean `(3,)` and covariance `(3, 3)` of a picture's colours."""

    mean: Tensor
    covariance: Tensor


def palette(picture: Tensor, weights: Tensor | None = None) -> Palette:
    """Return the palette of a picture `(1, 3, H, W)`, weighted by `weights` `(1, 1, H, W)` if given."""
    colours = picture.flatten(2)[0]
    if weights is None:
        return Palette(colours.mean(1), torch.cov(colours))
    counts = weights.flatten()
    mean = (colours * counts).sum(1) / counts.sum()
    centred = colours - mean[:, None]
    # Degrees of freedom as in torch.cov; a single pixel has none, and its covariance is 0.
    freedom = counts.sum() - counts.square().sum() / counts.sum()
    return Palette(mean, (centred * counts) @ centred.T / freedom.clamp_min(1e-3))


def mix(palettes: list[Palette], weights: list[float]) -> Palette:
    """Return the weighted average of palettes; the weights sum to 1."""
    mean = sum(w * p.mean for p, w in zip(palettes, weights, strict=True))
    covariance = sum(w * p.covariance for p, w in zip(palettes, weights, strict=True))
    return Palette(torch.as_tensor(mean), torch.as_tensor(covariance))


def recolour(picture: Tensor, target: Palette, source: Palette | None = None) -> Tensor:
    """Give a picture `(1, 3, H, W)` the mean and covariance of a palette; values may leave 0 to 255.

    With `source`, such as the palette of a region or of a whole film, the map is the one from that palette to
    the target.

    Optimal transport between the two Gaussians: the symmetric map `T = R⁻¹ (R S R)^½ R⁻¹` with `R` the square
    root of the picture's covariance and `S` the target's (Pitié and Kokaram: The linear Monge-Kantorovitch
    linear colour mapping, 2007).
    """
    colours = picture.flatten(2)[0]
    mean, covariance = palette(picture) if source is None else source
    root = _root(covariance)
    inverse = torch.linalg.inv(root)
    transport = inverse @ _root(root @ target.covariance @ root) @ inverse
    centred = colours - mean[:, None]
    moved: Tensor = _bounded(transport, covariance, centred) @ centred + target.mean[:, None]
    return moved.reshape(picture.shape)


MOST_GAIN = 9.0
"""Maximum gain along a colour direction; the bundled photos need at most 8 for any painting.

A wall, or a sky of few levels, would otherwise be stretched to the painting's whole range, and show banding.
"""

NOISE = 2.25
"""Standard deviation in levels below which a colour direction is mostly sensor or JPEG noise.

The gain is then reduced by the square of the ratio.
"""

PLAIN = 12.0
"""Standard deviation in levels below which a picture is plain, such as a wall, fog or a faint gradient.

The gain is then reduced in proportion.
"""

NOTHING = 1e-3
"""Tolerance in levels for colours that lie in a plane, such as grey ones, up to rounding."""


def _allowed(deviations: Tensor, most: Tensor) -> Tensor:
    """Return the maximum gains of colour directions from their deviations and the largest one, `most`."""
    return MOST_GAIN * torch.minimum((deviations / NOISE).square(), most / PLAIN).clamp_max(1)


def _bounded(transport: Tensor, covariance: Tensor, centred: Tensor) -> Tensor:
    """Limit the gain of a transport along weak directions of the centred colours `(3, N)`.

    Unchanged if no gain exceeds its limit, and along directions with no variation, such as in a grey photo.
    """
    values, vectors = torch.linalg.eigh(covariance)
    deviations = values.clamp_min(0).sqrt()
    allowed = _allowed(deviations, deviations[-1])
    varies = (vectors.T @ centred).abs().amax(1) > NOTHING
    gains = (transport @ vectors).norm(dim=0).clamp_min(1e-9)
    kept = torch.where(varies, allowed / gains, 1.0).clamp_max(1)
    return transport if bool((kept == 1).all()) else transport @ vectors @ torch.diag(kept) @ vectors.T


LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the luma Y of YIQ (Rec. 601), in which Gatys et al. preserve colours."""


def luma(picture: Tensor) -> Tensor:
    """Return the luma Y `(1, 1, H, W)` of a picture `(1, 3, H, W)`."""
    return (picture * picture.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def grey(picture: Tensor) -> Tensor:
    """Return a picture `(1, 3, H, W)` with its chroma removed."""
    return luma(picture).expand_as(picture)


def chroma(picture: Tensor) -> Tensor:
    """Return a picture `(1, 3, H, W)` minus its luma; it has zero luma, and is zero for a grey picture."""
    return picture - luma(picture)


def with_chroma(light: Tensor, colour: Tensor) -> Tensor:
    """Combine luma `(1, 1, H, W)` and chroma `(1, 3, H, W)` into a picture `(1, 3, H, W)` in 0 to 255.

    Out of range, the chroma is scaled down in all channels alike, which preserves luma and hue; clipping each
    channel would change both (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016, section
    3, swaps luma without a rule for the range).
    """
    room = torch.where(colour > 0, 255 - light, light) / colour.abs().clamp_min(1e-9)
    return light + colour * room.amin(1, keepdim=True).clamp_max(1)


def match_luma(
    picture: Tensor, target: Tensor, weights: Tensor | None = None, target_weights: Tensor | None = None
) -> Tensor:
    """Return a picture `(1, 3, H, W)` in grey with the mean and deviation of the target's luma, unclipped.

    `L' = σ_T/σ_P (L − μ_P) + μ_T` (Gatys et al.: Preserving Color in Neural Artistic Style Transfer, 2016,
    section 3).
    """
    light = luma(picture)
    mean, deviation = _moments(light, weights)
    target_mean, target_deviation = _moments(luma(target), target_weights)
    allowed = _allowed(deviation, deviation)
    gain = torch.minimum(target_deviation / deviation.clamp_min(1e-3), allowed)
    return ((light - mean) * gain + target_mean).expand_as(picture)


def match_histogram(
    picture: Tensor, target: Tensor, weights: Tensor | None = None, target_weights: Tensor | None = None
) -> Tensor:
    """Match each channel of a picture `(1, 3, H, W)` to the target's distribution: x ↦ F_T⁻¹(F_P(x)).

    Pixels of either are weighted by weights `(1, 1, H, W)` if given. Equal values stay equal.
    """
    channels, others = [], target.flatten(2)[0]
    if target_weights is not None:
        # A value of zero weight would have a rank, but is not part of the target.
        counted = target_weights.flatten() > 0
        others, target_weights = others[:, counted], target_weights.flatten()[counted]
    for channel, other in zip(picture.flatten(2)[0], others, strict=True):
        _, place, ranks = _ranks(channel, weights)
        wanted, _, wanted_ranks = _ranks(other, target_weights)
        channels.append(_interpolate(ranks, wanted_ranks, wanted)[place])
    return torch.stack(channels).view_as(picture)


def _moments(light: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    counts = torch.ones_like(light) if weights is None else weights
    mean = (light * counts).sum() / counts.sum()
    return mean, (((light - mean).square() * counts).sum() / counts.sum()).sqrt()


def _ranks(channel: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return a channel's sorted values, each pixel's index among them, and their mid-rank quantiles."""
    values, place = torch.unique(channel, return_inverse=True)
    counts = torch.ones_like(channel) if weights is None else weights.flatten().to(channel.dtype)
    held = torch.zeros_like(values).index_add(0, place, counts)
    return values, place, (held.cumsum(0) - held / 2) / held.sum()


def _interpolate(at: Tensor, points: Tensor, values: Tensor) -> Tensor:
    """Interpolate linearly through points in ascending order, constant beyond them."""
    right = torch.searchsorted(points, at).clamp(1, max(len(points) - 1, 1)).clamp_max(len(points) - 1)
    left = (right - 1).clamp_min(0)
    fraction = ((at - points[left]) / (points[right] - points[left]).clamp_min(1e-12)).clamp(0, 1)
    return torch.lerp(values[left], values[right], fraction)


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    # Eigenvalues are zero if colours span fewer than three dimensions; the floor keeps the inverse finite.
    root: Tensor = vectors @ torch.diag(values.clamp_min(1e-3).sqrt()) @ vectors.T
    return root


WHITE = (0.95047, 1.0, 1.08883)
"""D65, the white point of sRGB, in XYZ."""

_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


def lab(picture: Tensor) -> Tensor:
    """Convert a picture `(1, 3, H, W)`, sRGB in 0 to 255, to CIELAB with L* in 0 to 100 and white point D65.

    CIE 15; IEC 61966-2-1.
    """
    values = picture.flatten(2)[0] / 255
    linear = torch.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055).clamp_min(0) ** 2.4)
    xyz = values.new_tensor(_TO_XYZ) @ linear / values.new_tensor(WHITE)[:, None]
    root = torch.where(xyz > (6 / 29) ** 3, xyz.clamp_min(1e-9) ** (1 / 3), xyz * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = root
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)]).view_as(picture)


def lab_palette(picture: Tensor, weights: Tensor | None = None) -> Palette:
    """Return the CIELAB palette of an sRGB picture, in strips to limit memory; `weights` as in `palette`."""
    counted, squares, total, products = 0.0, 0.0, torch.zeros(3).double(), torch.zeros(3, 3).double()
    for top in range(0, picture.shape[2], ROWS):
        colours = lab(picture[:, :, top : top + ROWS]).flatten(2)[0].double().cpu()
        counts = torch.ones_like(colours[0])
        if weights is not None:
            counts = weights[:, :, top : top + ROWS].flatten().double().cpu()
        counted, squares = counted + float(counts.sum()), squares + float(counts.square().sum())
        total, products = total + (colours * counts).sum(1), products + (colours * counts) @ colours.T
    mean, freedom = total / counted, max(counted - squares / counted, 1e-3)
    return Palette(mean.float(), ((products - counted * mean[:, None] * mean) / freedom).float())


def distance(one: Palette, other: Palette) -> float:
    """Return the distance of two palettes in their colour units: ΔE for CIELAB, where 2 is just visible.

    The 2-Wasserstein distance of two Gaussians, d² = ‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2(C₁^½ C₂ C₁^½)^½): the RMS
    by which colours must move for one to become the other, as `recolour` moves them (Dowson and Landau: The
    Fréchet distance between multivariate normal distributions, 1982).
    """
    values, vectors = torch.linalg.eigh(one.covariance.double())
    root = vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T
    cross = torch.linalg.eigvalsh(root @ other.covariance.double() @ root).clamp_min(0).sqrt().sum()
    spread = one.covariance.double().trace() + other.covariance.double().trace() - 2 * cross
    return float(((one.mean - other.mean).double().square().sum() + spread.clamp_min(0)).sqrt())
