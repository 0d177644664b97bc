"""Spectrum: the Fourier spectrum, for repetition beyond the receptive field (Liu, Gousseau, Xia 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.losses import PIXELS, Loss, local_mean
from impasto.losses.scene import Scene

SOFT = 1e-6
"""Fraction of the mean cross-spectrum below which a phase is undefined; it bounds the slope of the root."""


TINY = 1e-12
"""Minimum added to a power, in levels to the fourth."""

UNSEEN = 1 / 12
"""Variance of rounding to whole levels: a sample with less energy per pixel has no pattern."""

FAINT = 0.1
"""Minimum weight of a part's edge, so that a part that is all edge still has a spectrum."""


@dataclass(frozen=True)
class Spectrum(Loss):
    """The relative squared distance of a picture to the nearest one with the sample's spectrum.

    Σ|X − (C/|C|)·S|² / Σ|S|² for the Fourier coefficients X of the picture and S of the sample, three colours
    each, and C = Σ X·S* over colours: each frequency gets the best-fitting phase, common to all colours,
    which preserves their relative phases (Liu, Gousseau, Xia: Texture Synthesis Through Convolutional Neural
    Networks and Spectrum Constraints, 2016, equation 7, after Tartavel, Gousseau, Peyré 2014). Means are
    excluded.

    Differs from the paper: it is relative, and the sample may differ in size from the picture (see
    `spectrum_of`).

    >>> import torch
    >>> loss = Spectrum.of(torch.arange(48.0).view(1, 3, 4, 4), size=(4, 4), weight=1.0)
    >>> loss.compare(loss.statistic(torch.zeros(1, 3, 4, 4)), positions=16)
    tensor(1.0000)
    """

    weight: float
    target: Tensor
    name: str = "spectrum"
    layer: str = PIXELS

    @classmethod
    def of(cls, sample: Tensor, size: tuple[int, int], weight: float, part: Tensor | None = None) -> Spectrum:
        """Return the loss at a picture size against a sample `(1, 3, H, W)`, of which `part` counts."""
        return cls(weight, spectrum_of(sample, size, part))

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ|X − (C/|C|)·S|² over the picture `(1, 3, H, W)`, a scalar; `weights` are ignored."""
        found = coefficients(feature_map)
        cross = (found * self.target.conj()).sum(1)
        power = cross.real.square() + cross.imag.square()
        # For a flat sample or picture every power is 0, where a root has no slope.
        fitting = (power + (SOFT * power.detach().mean()).clamp_min(TINY)).sqrt().sum()
        distance: Tensor = _energy(found) + _energy(self.target) - 2 * fitting
        return distance

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error."""
        relative: Tensor = statistic / _energy(self.target).clamp_min(UNSEEN * self.target.numel())
        return relative


def spectrum(scene: Scene) -> Iterator[Spectrum]:
    """Yield the spectrum losses of the styles; regions have none."""
    weight = scene.settings.spectrum_weight
    if weight and not scene.masks.masked:
        for sample, share, part in zip(scene.styles, scene.shares, scene.masks.parts, strict=True):
            yield Spectrum.of(sample, scene.size, weight * share, part)


def coefficients(picture: Tensor) -> Tensor:
    """Return the orthonormal Fourier coefficients `(1, 3, H, W)` of a picture minus its channel means."""
    found: Tensor = torch.fft.fft2(picture - picture.mean((2, 3), keepdim=True), norm="ortho")
    return found


def spectrum_of(sample: Tensor, size: tuple[int, int], part: Tensor | None = None) -> Tensor:
    """Return the Fourier coefficients `(1, 3, *size)` of a sample `(1, 3, H, W)` extended to a picture size.

    The sample's centre, faded out towards its border, on a constant background, with the energy scaled up to
    the larger area (the texton of Galerne, Gousseau, Morel: Random Phase Textures, 2011, section 4): a
    discontinuity at the border would appear as a cross in the spectrum. With a `part` `(1, 1, H, W)` in 0 to
    1, the window is placed where it contains most of the part, and multiplied by it.
    """
    height, width = (min(side, wanted) for side, wanted in zip(sample.shape[2:], size, strict=True))
    top, left = (sample.shape[2] - height) // 2, (sample.shape[3] - width) // 2
    window = _fading(height, sample)[:, None] * _fading(width, sample)
    if part is not None:
        top, left = _fullest(part, height, width)
        window = window * _faded(part[0, 0, top : top + height, left : left + width])
    middle = sample[:, :, top : top + height, left : left + width]
    # The mean under the window, so that the background has zero energy.
    mean = (middle * window).sum((2, 3), keepdim=True) / window.sum()
    ground = sample.new_zeros(1, sample.shape[1], *size)
    ground[:, :, :height, :width] = (middle - mean) * window
    energy = size[0] * size[1] / window.square().sum()
    return coefficients(ground) * energy.sqrt()


def random_phase_noise(spectrum: Tensor, noise: Tensor) -> Tensor:
    """Return a zero-mean picture `(1, 3, H, W)` with a spectrum `(1, 3, H, W)` and the phases of noise.

    `noise` is white, `(1, 1, H, W)`.

    The same phase shift is applied to all colours, which preserves their relative phases (Galerne, Gousseau,
    Morel: Random Phase Textures, 2011, section 3).
    """
    phases = torch.fft.fft2(noise)
    picture: Tensor = torch.fft.ifft2(spectrum * (phases / phases.abs().clamp_min(1e-12)), norm="ortho").real
    return picture


def _fading(side: int, like: Tensor) -> Tensor:
    """Return a window `(side,)` of ones that fades to 0 over the outer eighth at each end."""
    edge = max(1, side // 8)
    steps = torch.arange(edge, device=like.device, dtype=like.dtype)
    ramp = torch.sin((steps + 0.5) * (torch.pi / (2 * edge))).square()
    window = like.new_ones(side)
    window[:edge] = ramp
    window[side - edge :] = ramp.flip(0)
    return window


def _fullest(part: Tensor, height: int, width: int) -> tuple[int, int]:
    """Return top and left of the window that contains most of a part `(1, 1, H, W)`."""
    sums = F.pad(part[0, 0].double(), (1, 0, 1, 0)).cumsum(0).cumsum(1)
    held = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = divmod(int(held.argmax()), held.shape[1])
    return top, left


def _faded(part: Tensor) -> Tensor:
    """Return a part `(H, W)` faded towards 0 inside its edge; if it is all edge, FAINT of it remains."""
    reach = max(1, min(part.shape) // 16)
    around = local_mean(part[None, None], 2 * reach + 1)[0, 0]
    return part * (2 * around - 1).clamp_min(FAINT)


def _energy(found: Tensor) -> Tensor:
    energy: Tensor = found.real.square().sum() + found.imag.square().sum()
    return energy
