"""Spectrum: the power of each frequency, for what repeats over longer ways than the encoder sees (Liu, Gousseau, Xia 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.losses import PIXELS, Loss
from impasto.losses.scene import Scene

SOFT = 1e-6
"""Part of the mean cross-spectrum below which a frequency has no phase to speak of; the root's slope stays bounded there."""


TINY = 1e-12
"""The least that is added to a power, in levels of 0 to 255 to the fourth."""

UNSEEN = 1 / 12
"""Variance of rounding to whole levels: a sample with less energy a pixel has no pattern that a loss could be relative to."""

FAINT = 0.1
"""How much the edge of a part of the sample counts at least: a part that is all edge still has its spectrum."""


@dataclass(frozen=True)
class Spectrum(Loss):
    """The squared distance of a picture to the nearest one with the sample's spectrum, relative to its energy.

    Σ|X − (C/|C|)·S|² / Σ|S|² for the Fourier coefficients X of the picture and S of the sample, three colours each, and
    C = Σ X·S* over the colours: each frequency is given the phase that fits best, the same for all colours, so that
    the colours keep theirs to one another (Liu, Gousseau, Xia: Texture Synthesis Through Convolutional Neural Networks
    and Spectrum Constraints, 2016, equation 7, after Tartavel, Gousseau, Peyré 2014). Means are left out.

    Differs from the paper: it is relative, and the sample may be of another size than the picture (see `spectrum_of`).
    """

    weight: float
    target: Tensor
    name: str = "spectrum"
    layer: str = PIXELS

    @classmethod
    def of(cls, sample: Tensor, size: tuple[int, int], weight: float, part: Tensor | None = None) -> Spectrum:
        """Return the loss of pictures of a height and width against a sample `(1, 3, H, W)`, of which `part` counts where given."""
        return cls(weight, spectrum_of(sample, size, part))

    def statistic(self, feature_map: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return Σ|X − (C/|C|)·S|² over the picture `(1, 3, H, W)`, a scalar; weights of positions have no meaning here."""
        found = coefficients(feature_map)
        cross = (found * self.target.conj()).sum(1)
        power = cross.real.square() + cross.imag.square()
        # Of a flat sample, or for a flat picture, every power is 0, where a root has no slope.
        fitting = (power + (SOFT * power.detach().mean()).clamp_min(TINY)).sqrt().sum()
        distance: Tensor = _energy(found) + _energy(self.target) - 2 * fitting
        return distance

    def compare(self, statistic: Tensor, positions: float) -> Tensor:
        """Return the relative error."""
        relative: Tensor = statistic / _energy(self.target).clamp_min(UNSEEN * self.target.numel())
        return relative


def spectrum(scene: Scene) -> Iterator[Spectrum]:
    """Yield the spectrum losses of the styles; regions of a picture have none."""
    weight = scene.settings.spectrum_weight
    if weight and not scene.masks.masked:
        for sample, share, part in zip(scene.styles, scene.shares, scene.masks.parts, strict=True):
            yield Spectrum.of(sample, scene.size, weight * share, part)


def coefficients(picture: Tensor) -> Tensor:
    """Return the Fourier coefficients `(1, 3, H, W)` of a picture without its means, scaled so that energies are those of the pixels."""
    found: Tensor = torch.fft.fft2(picture - picture.mean((2, 3), keepdim=True), norm="ortho")
    return found


def spectrum_of(sample: Tensor, size: tuple[int, int], part: Tensor | None = None) -> Tensor:
    """Return the Fourier coefficients `(1, 3, *size)` that a sample `(1, 3, H, W)` gives a picture of that height and width.

    Its middle, faded out towards its border, on an even ground, with the energy that the larger ground would have (the
    texton of Galerne, Gousseau, Morel: Random Phase Textures, 2011, section 4): a border that does not fit its opposite would
    stand in the spectrum as a cross. Where only a `part` `(1, 1, H, W)` in 0 to 1 of the sample counts, it is the place
    with most of that, and the window is the part's as well.
    """
    height, width = (min(own, wanted) for own, wanted in zip(sample.shape[2:], size, strict=True))
    top, left = (sample.shape[2] - height) // 2, (sample.shape[3] - width) // 2
    window = _fading(height, sample)[:, None] * _fading(width, sample)
    if part is not None:
        top, left = _fullest(part, height, width)
        window = window * _faded(part[0, 0, top : top + height, left : left + width])
    middle = sample[:, :, top : top + height, left : left + width]
    # The mean under the window, so that nothing is left of the ground.
    mean = (middle * window).sum((2, 3), keepdim=True) / window.sum()
    ground = sample.new_zeros(1, sample.shape[1], *size)
    ground[:, :, :height, :width] = (middle - mean) * window
    energy = size[0] * size[1] / window.square().sum()
    return coefficients(ground) * energy.sqrt()


def random_phase_noise(spectrum: Tensor, noise: Tensor) -> Tensor:
    """Return a picture `(1, 3, H, W)` of mean 0 that has a spectrum `(1, 3, H, W)`, with the phases of white noise `(1, 1, H, W)`.

    All three colours are turned alike, so that they keep their phases to one another (Galerne, Gousseau, Morel: Random Phase
    Textures, 2011, section 3).
    """
    turned = torch.fft.fft2(noise)
    picture: Tensor = torch.fft.ifft2(spectrum * (turned / turned.abs().clamp_min(1e-12)), norm="ortho").real
    return picture


def _fading(side: int, like: Tensor) -> Tensor:
    """Return a window `(side,)` of ones that falls to 0 over the outer eighth at each end."""
    edge = max(1, side // 8)
    ramp = torch.sin(
        (torch.arange(edge, device=like.device, dtype=like.dtype) + 0.5) * (torch.pi / (2 * edge))
    ).square()
    window = like.new_ones(side)
    window[:edge] = ramp
    window[side - edge :] = ramp.flip(0)
    return window


def _fullest(part: Tensor, height: int, width: int) -> tuple[int, int]:
    """Return top and left of the place of a height and width that holds most of a part `(1, 1, H, W)`."""
    sums = F.pad(part[0, 0].double(), (1, 0, 1, 0)).cumsum(0).cumsum(1)
    held = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    top, left = divmod(int(held.argmax()), held.shape[1])
    return top, left


def _faded(part: Tensor) -> Tensor:
    """Return a part `(H, W)` that falls towards 0 inside its edge; where all of it is edge it stays in view."""
    reach = max(1, min(part.shape) // 16)
    around = F.avg_pool2d(F.pad(part[None, None], (reach,) * 4, mode="replicate"), 2 * reach + 1, 1)[0, 0]
    return part * (2 * around - 1).clamp_min(FAINT)


def _energy(found: Tensor) -> Tensor:
    energy: Tensor = found.real.square().sum() + found.imag.square().sum()
    return energy
