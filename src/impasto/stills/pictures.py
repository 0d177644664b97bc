"""The input pictures of a run at any scale: a photo, styles with their masks, or only one of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import match_histogram
from impasto.engine.schedule import Scale, Size, fit_long
from impasto.errors import SettingsError
from impasto.losses.moment import Moment
from impasto.losses.regions import Regions, territory
from impasto.losses.scene import layers_read
from impasto.losses.spectrum import random_phase_noise, spectrum_of
from impasto.media.border import without_frame
from impasto.media.image import Picture, Source, load
from impasto.recipe.change import Now
from impasto.settings import Settings
from impasto.settings.kinds import PHOTO
from impasto.stills.colours import coloured, finished, judged
from impasto.stills.enlarge import enlarged, followed
from impasto.stills.flat import check_flat
from impasto.stills.masks import Masks
from impasto.stills.sizes import Fit, style_size
from impasto.stills.stock import Stock


class Pictures:
    """The pictures of a run and its scales; pixels are on the CPU, `(1, 3, H, W)` in 0 to 255.

    `framed` are the original styles, `styles` are those with plain borders cropped. The photo may be a
    `moment` of a film. Raises PictureError and SettingsError.
    """

    def __init__(
        self,
        command: str,
        content: Source | None,
        styles: Sequence[Source],
        settings: Settings,
        stock: Stock,
        moment: Moment | None = None,
    ) -> None:
        settings.check_shape(command)
        self.settings, self.moment = settings, moment
        self.content = None if content is None else stock.picture(content)
        self.framed = [stock.picture(source) for source in styles]
        _check_start(command, self.content, len(styles), settings)
        self.styles = [self._unframed(index, style) for index, style in enumerate(self.framed)]
        size = self.content.size if self.content else settings.sides or self.styles[0].size
        self.masks = Masks.load(settings, self.content, size, self.styles)
        result_size, masked = fit_long(size, settings.size), any(self.masks.styles)
        check_flat(command, self.content, result_size, self.styles, self.masks.parts, masked)
        self.init = load(settings.init) if settings.init not in ("content", "noise", "style") else None
        self.layers = layers_read(settings, self.content is not None, bool(styles))
        fit = Fit(command, self.content, self.styles, self.masks, self.layers, size, settings)
        fit.check()
        self.scales = fit.scales

    @property
    def notes(self) -> list[str]:
        """Notes for the user from loading the pictures, without duplicates."""
        loaded = [picture for picture in (self.content, *self.framed, self.init) if picture]
        return list(dict.fromkeys(picture.note for picture in loaded if picture.note))

    def targets(self, scale: Scale, now: Now) -> tuple[Tensor | None, list[Tensor]]:
        """Return the content target and the styles, with colours transferred as the settings say."""
        content = self.content.pixels(scale.size) if self.content else None
        sizes = self._style_sizes(scale)
        styles = [style.pixels(size) for style, size in zip(self.styles, sizes, strict=True)]
        if content is None or not styles:
            return content, styles
        shot = self.moment.shot if self.moment else None
        return coloured(content, styles, now.shares, self.regions(scale), now.settings, shot)

    def regions(self, scale: Scale) -> Regions:
        """Return the pixel weights."""
        return self.masks.at(scale.size, self._style_sizes(scale))

    def largest(self) -> int:
        """Return the number of pixels of the largest picture that the encoder processes."""
        last = self.scales[-1]
        return max(height * width for height, width in (last.size, *self._style_sizes(last)))

    def start(self, scale: Scale, now: Now, mean: Tensor) -> Tensor:
        """Return the initial picture of the first scale; noise is around the encoder's `mean` colour."""
        follows = self.moment is not None and self.moment.start is not None
        if follows or self.settings.init == "content":
            content = self.targets(scale, now)[0]
            if content is not None:
                return self._in_range(self.moment.started(content) if self.moment else content)
        start = judged(self._other_start(scale, mean), self.settings)
        if self.content is not None:
            return start
        return self._in_sample_colours(start, self.targets(scale, now)[1], scale, now)

    def next_start(self, picture: Tensor, last: Scale, scale: Scale, now: Now) -> Tensor:
        """Return the initial picture of the next scale: the upsampled one plus fine detail of the photo.

        Without it, every edge starts out blurred, and many steps are spent on sharpening it. The
        detail is weighted by how far the picture follows the photo: elsewhere it would show through strokes.
        """
        larger = enlarged(picture, scale.size, self.settings.tileable)
        if self.content is None:
            samples = self.targets(scale, now)[1]
            grained = self._with_grain(larger, samples, last, scale, now)
            return self._in_sample_colours(grained, samples, scale, now)
        if now.settings.strength is None:
            return larger
        before, content = (self.targets(one, now)[0].to(picture.device) for one in (last, scale))  # type: ignore[union-attr]
        weights = F.interpolate(followed(picture, before), scale.size, mode="bilinear", align_corners=False)
        return self._in_range(larger.add_((content - enlarged(before, scale.size)).mul_(weights)))

    def _in_range(self, picture: Tensor) -> Tensor:
        """Clip a start to 0 to 255 if the range is penalised; otherwise the first steps are spent on that."""
        return picture.clamp(0, 255) if self.settings.range_weight else picture

    def finished(self, picture: Tensor, scale: Scale) -> Tensor:
        """Return the optimised picture with its final colours."""
        if self.content is None:
            return picture
        return finished(picture, self.content.pixels(scale.size).to(picture.device), self.settings)

    def _style_sizes(self, scale: Scale) -> list[Size]:
        return [style_size(style, scale, self.scales[-1], self.settings) for style in self.styles]

    def _other_start(self, scale: Scale, mean: Tensor) -> Tensor:
        if self.init is not None:
            return self.init.pixels(scale.size)
        if self.settings.init == "style":
            return self.styles[0].pixels(scale.size)
        generator = torch.Generator().manual_seed(self.settings.seed)
        return torch.randn(1, 3, *scale.size, generator=generator) * self.settings.noise + mean.cpu()

    def _with_grain(
        self, picture: Tensor, samples: Sequence[Tensor], last: Scale, scale: Scale, now: Now
    ) -> Tensor:
        """Return an upsampled texture with noise added in the frequencies above those of the last scale.

        The noise has the spectrum of the samples. Without it, the start is blurred, and the few steps at full
        size recover only a fifth of the grain.
        """
        if not self.settings.spectrum_weight:
            return picture
        regions, generator = self.regions(scale), torch.Generator().manual_seed(self.settings.seed)
        # Power spectra, like second moments, are averaged by the shares, hence amplitudes by their square
        # roots.
        amplitudes: Iterable[Tensor | float] = [share**0.5 for share in now.shares]
        if regions.masked:
            amplitudes = territory(regions.styles, now.shares).sqrt()
        for amplitude, sample, part in zip(amplitudes, samples, regions.parts, strict=True):
            phases = torch.randn(1, 1, *scale.size, generator=generator)
            noise = random_phase_noise(spectrum_of(sample, scale.size, part), phases)
            coarse = F.interpolate(noise, last.size, mode="bicubic", antialias=True)
            grain = amplitude * (noise - enlarged(coarse, scale.size, self.settings.tileable))
            picture = picture + grain.to(picture.device)
        return picture

    def _in_sample_colours(
        self, picture: Tensor, samples: Sequence[Tensor], scale: Scale, now: Now
    ) -> Tensor:
        """Return a texture matched to its samples' histogram, which noise lacks and upsampling narrows."""
        if not self.settings.recolour or any(mask is not None for mask in self.masks.styles):
            return picture
        flat, parts = [sample.flatten(2) for sample in samples], self.regions(scale).parts
        weights = [
            _counts(sample, share, part) for sample, share, part in zip(flat, now.shares, parts, strict=True)
        ]
        target, counts = (torch.cat(parts, 2)[:, :, None].to(picture.device) for parts in (flat, weights))
        return match_histogram(picture, target, target_weights=counts)

    def _unframed(self, index: int, style: Picture) -> Picture:
        """Return a style with plain borders cropped, unless it has a mask, which covers the whole picture."""
        has_mask = any(self.settings.style_part[index : index + 1])
        return without_frame(style) if self.settings.trim and not has_mask else style


def _counts(sample: Tensor, share: float, part: Tensor | None) -> Tensor:
    """Return pixel weights `(1, 1, N)` of a flattened sample `(1, 3, N)`, which sum to its share."""
    if part is None:
        return torch.full_like(sample[:, :1], share / sample.shape[2])
    return part.flatten(2) * (share / part.sum())


def _check_start(command: str, content: Picture | None, styles: int, settings: Settings) -> None:
    """Raise SettingsError if a style picture or the picture to start from is missing."""
    if not styles and (content is None or command in PHOTO):
        raise SettingsError("at least one style picture is needed, got none")
    if (content is None and settings.init == "content") or (not styles and settings.init == "style"):
        kind = settings.init
        raise SettingsError(f"init must be noise or a picture file, got '{kind}' without a {kind} picture")
