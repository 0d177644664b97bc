"""What a run is painted from, at any scale: a photo, styles with their masks, or one of the two alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import match_histogram
from impasto.engine.schedule import Scale, fit_long
from impasto.errors import SettingsError
from impasto.losses.moment import Moment
from impasto.losses.regions import Regions, territory
from impasto.losses.scene import layers_read
from impasto.losses.spectrum import random_phase_noise, spectrum_of
from impasto.media.frame import without_frame
from impasto.media.image import Picture, Source, load
from impasto.recipe.change import Now
from impasto.settings import Settings
from impasto.settings.kinds import PHOTO
from impasto.stills.colours import coloured, finished, judged
from impasto.stills.enlarge import enlarged
from impasto.stills.flat import check_flat
from impasto.stills.masks import Masks
from impasto.stills.sizes import Fit, style_size
from impasto.stills.stock import Stock


class Pictures:
    """The pictures of a run and its scales; what it gives of them is on the processor, `(1, 3, H, W)` in 0 to 255.

    `framed` are the styles as they came, `styles` without their frames. The photo may be one `moment` of a film. Raises PictureError and SettingsError.
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
        check_flat(
            command,
            self.content,
            fit_long(size, settings.size),
            self.styles,
            self.masks.parts,
            any(self.masks.styles),
        )
        self.init = load(settings.init) if settings.init not in ("content", "noise", "style") else None
        self.layers = layers_read(settings, self.content is not None, bool(styles))
        fit = Fit(command, self.content, self.styles, self.masks, self.layers, size, settings)
        fit.check()
        self.scales = fit.scales

    @property
    def notes(self) -> list[str]:
        """What a user should know of how the pictures were opened, once for each."""
        opened = [
            *([self.content] if self.content else []),
            *self.framed,
            *([self.init] if self.init else []),
        ]
        return list(dict.fromkeys(picture.note for picture in opened if picture.note))

    def targets(self, scale: Scale, now: Now) -> tuple[Tensor | None, list[Tensor]]:
        """Return the content target and the styles, in the colours that the settings say."""
        content = self.content.pixels(scale.size) if self.content else None
        styles = [
            style.pixels(style_size(style, scale, self.scales[-1], self.settings)) for style in self.styles
        ]
        if content is None or not styles:
            return content, styles
        return coloured(
            content,
            styles,
            now.shares,
            self.regions(scale),
            now.settings,
            self.moment.shot if self.moment else None,
        )

    def regions(self, scale: Scale) -> Regions:
        """Return the weights of pixels."""
        return self.masks.at(
            scale.size, [style_size(style, scale, self.scales[-1], self.settings) for style in self.styles]
        )

    def largest(self) -> int:
        """Return the pixels of the largest picture that the encoder sees."""
        last = self.scales[-1]
        return max(
            height * width
            for height, width in (
                last.size,
                *(style_size(style, last, last, self.settings) for style in self.styles),
            )
        )

    def start(self, scale: Scale, now: Now, mean: Tensor) -> Tensor:
        """Return what the first scale starts from; noise is around the encoder's `mean` colour."""
        follows = self.moment is not None and self.moment.start is not None
        if (follows or self.settings.init == "content") and (
            content := self.targets(scale, now)[0]
        ) is not None:
            return self.moment.started(content) if self.moment else content
        start = judged(self._other_start(scale, mean), self.settings)
        return (
            self._in_sample_colours(start, self.targets(scale, now)[1], scale, now)
            if self.content is None
            else start
        )

    def next_start(self, picture: Tensor, last: Scale, scale: Scale, now: Now) -> Tensor:
        """Return the picture so far at the next scale, with the photo's finer detail by as much as the strength leaves of it.

        Without that every edge starts out blurred: the same errors are reached, but softer to look at.
        """
        larger = enlarged(picture, scale.size, self.settings.tileable)
        if self.content is None:
            samples = self.targets(scale, now)[1]
            return self._in_sample_colours(
                self._with_grain(larger, samples, last, scale, now), samples, scale, now
            )
        if now.settings.strength is None or now.settings.strength == 100:
            return larger
        before, content = (self.targets(one, now)[0].to(picture.device) for one in (last, scale))  # type: ignore[union-attr]
        return larger.add_(content - enlarged(before, scale.size), alpha=1 - now.settings.strength / 100)

    def finished(self, picture: Tensor, scale: Scale) -> Tensor:
        """Return the painted picture as it is to be seen."""
        return (
            picture
            if self.content is None
            else finished(picture, self.content.pixels(scale.size).to(picture.device), self.settings)
        )

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
        """Return an enlarged texture with noise of its samples' spectrum in the frequencies that the last scale could not hold.

        Steps at full size are few, and would first have to make what a blurred start lacks: they left a fifth of the grain.
        """
        if not self.settings.spectrum_weight:
            return picture
        regions, generator = self.regions(scale), torch.Generator().manual_seed(self.settings.seed)
        # Powers add up by the shares, as second moments do.
        owned = (
            territory(regions.styles, now.shares).sqrt()
            if regions.masked
            else [share**0.5 for share in now.shares]
        )
        for part, sample, counted in zip(owned, samples, regions.parts, strict=True):
            noise = random_phase_noise(
                spectrum_of(sample, scale.size, counted), torch.randn(1, 1, *scale.size, generator=generator)
            )
            known = F.interpolate(noise, last.size, mode="bicubic", antialias=True)
            picture = picture + (part * (noise - enlarged(known, scale.size, self.settings.tileable))).to(
                picture.device
            )
        return picture

    def _in_sample_colours(
        self, picture: Tensor, samples: Sequence[Tensor], scale: Scale, now: Now
    ) -> Tensor:
        """Return a texture with the histogram of its samples: noise has none, and enlarging takes the extremes away."""
        if not self.settings.recolour or any(mask is not None for mask in self.masks.styles):
            return picture
        flat, parts = [sample.flatten(2) for sample in samples], self.regions(scale).parts
        weights = [
            _counts(sample, share, part) for sample, share, part in zip(flat, now.shares, parts, strict=True)
        ]
        target, counts = (torch.cat(parts, 2)[:, :, None].to(picture.device) for parts in (flat, weights))
        return match_histogram(picture, target, target_weights=counts)

    def _unframed(self, index: int, style: Picture) -> Picture:
        """Return a style without its frame; as it is where a mask, drawn over the whole of it, says what counts."""
        parted = "".join(self.settings.style_part[index : index + 1])
        return without_frame(style) if self.settings.trim and not parted else style


def _counts(sample: Tensor, share: float, part: Tensor | None) -> Tensor:
    """Return how much each pixel of a flat sample `(1, 3, N)` counts, `(1, 1, N)`, so that all add up to its share."""
    if part is None:
        return torch.full_like(sample[:, :1], share / sample.shape[2])
    return part.flatten(2) * (share / part.sum())


def _check_start(command: str, content: Picture | None, styles: int, settings: Settings) -> None:
    """Raise SettingsError where a run has nothing to be painted from, or to start from."""
    if not styles and (content is None or command in PHOTO):
        raise SettingsError("at least one style picture is needed, got none")
    if (content is None and settings.init == "content") or (not styles and settings.init == "style"):
        raise SettingsError(
            f"init must be noise or a picture file, got '{settings.init}': there is no such picture here"
        )
