"""The scene: everything that the losses of one scale are built from."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from torch import Tensor

from impasto.encoder.tiles import Maps, Tiles
from impasto.encoder.vgg19 import VGG19
from impasto.losses.hold import Hold
from impasto.losses.moment import Moment
from impasto.losses.regions import Regions
from impasto.losses.targets import Targets
from impasto.settings import Settings
from impasto.settings.layers import LAYERS


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The pictures, masks and settings of one scale, and the encoder.

    `content` and `styles` are `(1, 3, H, W)` in 0 to 255, either may be missing; the styles' `shares` sum to
    one. `size` is the height and width of the pastiche. `moment` is set for a frame of a film. `carried` is
    the excess of held errors over their limits at the end of the previous scale. With a `tile` size in pixels
    the encoder is evaluated in tiles; `targets` caches style targets.
    """

    encoder: VGG19
    settings: Settings
    content: Tensor | None = None
    styles: Sequence[Tensor] = ()
    shares: Sequence[float] = ()
    regions: Regions | None = None
    size: tuple[int, int] = (0, 0)
    moment: Moment | None = None
    carried: Mapping[Hold, float] = field(default_factory=dict)
    targets: Targets = field(default_factory=Targets)
    tile: int = 0

    @property
    def layers(self) -> list[str]:
        """The layers that its losses read."""
        return layers_read(self.settings, self.content is not None, bool(self.styles))

    @property
    def deepest(self) -> str:
        """The deepest of the layers."""
        return max(self.layers, key=LAYERS.index)

    @cached_property
    def masks(self) -> Regions:
        """The regions; unrestricted if none are given."""
        return self.regions or Regions.everywhere(len(self.styles))

    @cached_property
    def tiles(self) -> Tiles:
        """The tiled encoder for targets, which do not wrap around even if the pastiche does."""
        return Tiles(self.encoder, self.tile or sys.maxsize, self.deepest)

    def maps(self, layers: Sequence[str]) -> Maps:
        """Return feature maps of the content, which must be set."""
        assert self.content is not None
        return self.tiles.whole(self.content, layers)

    def style_moments(self, layers: Sequence[str]) -> list[Maps]:
        """Return the second moments of each style, or of the part of it that counts."""
        parts = zip(self.styles, self.masks.parts, strict=True)
        return [self.targets.moments(self.tiles, style, layers, part) for style, part in parts]


def layers_read(settings: Settings, content: bool, styles: bool) -> list[str]:
    """Return the layers that are read, given whether there are a content and styles."""
    if content and settings.excited:
        return [settings.excited[0].name]
    read = (*(settings.content_layers if content else ()), *(settings.painted_layers if styles else ()))
    return [layer.name for layer in read]
