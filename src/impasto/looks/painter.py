"""Looks mixed, or each in its region, and what they make of a picture at its working size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.colour import Palette, mix, palette, recolour
from impasto.convolution.tune import tuner
from impasto.looks.apply import applied
from impasto.looks.look import Look
from impasto.looks.network import Moments, Trunk
from impasto.looks.shelf import trunk_of
from impasto.losses.regions import Regions, territory
from impasto.recipe.change import Now
from impasto.settings import Settings


class Blend(NamedTuple):
    """Looks of one trunk, mixed: its kernels, the values, the palette, and the share of the photo to keep."""

    trunk: Trunk
    values: Tensor
    palette: Palette
    kept: float

    @classmethod
    def of(cls, looks: Sequence[Look], shares: Sequence[float], settings: Settings) -> Blend:
        """Return the looks mixed by their shares, at the strength of the settings."""
        strength = 100.0 if settings.strength is None else settings.strength
        found = [look.at(strength) for look in looks]
        values = torch.stack([share * one for share, (one, _) in zip(shares, found, strict=True)]).sum(0)
        kept = sum(share * part for share, (_, part) in zip(shares, found, strict=True))
        colours = mix([look.palette for look in looks], list(shares))
        return cls(trunk_of(looks[0]), values, colours, kept)

    def on(self, device: torch.device, dtype: torch.dtype) -> Blend:
        """Return the blend on a device, its kernels in a dtype."""
        trunk = {name: kernel.to(device, dtype) for name, kernel in self.trunk.items()}
        return self._replace(trunk=trunk, values=self.values.to(device))


class Pass(NamedTuple):
    """One pass of the network: a blend, its share of each pixel, and the area whose colours it changes.

    The share is `(1, 1, H, W)` or one number; the area is `(1, 1, H, W)`, None for everywhere.
    """

    blend: Blend
    part: Tensor
    area: Tensor | None


class Fixed(NamedTuple):
    """What a pass takes from the shot of a film instead of the frame itself, so that all frames are alike."""

    colours: Palette
    moments: Mapping[str, Moments]


class Painter:
    """Paints pictures of one size with looks, by the settings and weights of `now`, in `regions`.

    Looks of one trunk that are painted everywhere are mixed by their values, others as pictures.
    """

    def __init__(self, looks: Sequence[Look], now: Now, regions: Regions, device: torch.device) -> None:
        self.device, dtype = device, dtype_for(now.settings, device)
        shares, visible = now.shares, regions.visible
        if not regions.masked and len({look.trunk_sha256 for look in looks}) == 1:
            blend = Blend.of(looks, shares, now.settings).on(device, dtype)
            self.passes = [Pass(blend, torch.ones(1, 1, 1, 1), visible)]
            return
        blends = [Blend.of([look], [1.0], now.settings).on(device, dtype) for look in looks]
        parts = torch.tensor(shares).view(-1, 1, 1, 1)
        if regions.masked:
            parts = territory(regions.styles, shares)
        triples = zip(blends, parts[:, None], regions.areas, strict=True)
        self.passes = [Pass(*one) for one in triples]

    @torch.inference_mode()
    def paint(self, photo: Tensor, fixed: Sequence[Fixed] | None = None) -> Tensor:
        """Return a picture `(1, 3, H, W)`, 0 to 255, as painted; where no look is, it stays as it is."""
        result = photo * (1 - torch.cat([one.part for one in self.passes]).sum(0))
        for i, one in enumerate(self.passes):
            result += one.part * self._painted(photo, one, fixed[i] if fixed else None)
        return result

    @torch.inference_mode()
    def fixed(self, frame: Tensor, shot: Tensor) -> list[Fixed]:
        """Return what is the same for all frames of a shot: its colours, and moments as in one `frame`.

        `shot` `(1, 3, N * H', W')` has frames of it one below the other. Masks count for the frame alone.
        """
        found = []
        for one in self.passes:
            colours, moments = palette(shot), dict[str, Moments]()
            self._network(recolour(frame, one.blend.palette, colours), one.blend, found=moments)
            found.append(Fixed(colours, moments))
        return found

    def _painted(self, photo: Tensor, one: Pass, fixed: Fixed | None) -> Tensor:
        colours = fixed.colours if fixed else palette(photo, one.area)
        start = recolour(photo, one.blend.palette, colours)
        painted = self._network(start, one.blend, moments=fixed.moments if fixed else None)
        return torch.lerp(painted, photo, one.blend.kept).clamp(0, 255)

    def _network(
        self,
        picture: Tensor,
        blend: Blend,
        moments: Mapping[str, Moments] | None = None,
        found: dict[str, Moments] | None = None,
    ) -> Tensor:
        start = picture.to(self.device)
        return applied(start, blend.trunk, blend.values, moments=moments, found=found).float().cpu()


def dtype_for(settings: Settings, device: torch.device) -> torch.dtype:
    """Return the dtype of the convolutions: bfloat16 where that is fast, unless float32 is asked for."""
    return torch.bfloat16 if tuner(device, settings.precision).value_bytes == 2 else torch.float32
