"""A scene: all that the losses of one scale are built from."""

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
    """The pictures, masks and settings of one scale, and the encoder that describes them.

    `content` and `styles` are `(1, 3, H, W)` in 0 to 255, and there may be none of either; the styles' `shares` sum to 1.
    `size` is the height and width of what is painted. Of a film it is one `moment`. `carried` is by how much held errors
    exceeded their limits at the end of the previous scale. With a `tile` in pixels the encoder is computed in tiles, and
    style targets are taken from `targets` if they are there.
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
        """The regions, everywhere if none are given."""
        return self.regions or Regions.everywhere(len(self.styles))

    @cached_property
    def tiles(self) -> Tiles:
        """The encoder over the tiles of a target; what is compared with a repeating picture does not repeat itself."""
        return Tiles(self.encoder, self.tile or sys.maxsize, self.deepest)

    def maps(self, layers: Sequence[str]) -> Maps:
        """Return feature maps of the content; there must be one."""
        assert self.content is not None
        return self.tiles.whole(self.content, layers)

    def style_moments(self, layers: Sequence[str]) -> list[Maps]:
        """Return the second moments of each style, of the part of it that counts."""
        parts = zip(self.styles, self.masks.parts, strict=True)
        return [self.targets.moments(self.tiles, style, layers, part) for style, part in parts]


def layers_read(settings: Settings, content: bool, styles: bool) -> list[str]:
    """Return the layers that are read if there is a content picture, and if there are styles."""
    if content and settings.excited:
        return [settings.excited[0].name]
    return [
        layer.name
        for layer in (
            *(settings.content_layers if content else ()),
            *(settings.style_layers if styles else ()),
        )
    ]
