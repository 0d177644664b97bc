"""Sizes of the pictures at each scale, and checks that they are large enough for the layers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from impasto.encoder.vgg19 import stride
from impasto.engine.schedule import Scale, Size, fit_long, schedule
from impasto.errors import PictureError, option
from impasto.media.image import Picture
from impasto.settings import Settings
from impasto.stills.masks import Masks

MOST, MOST_MASKED = 65535, 4096
"""Long sides up to which to search for a sufficient size; lower with masks, which are resized to each."""

LAYER_OPTIONS = {
    "stylize": ("content_layers", "style_layers"),
    "video": ("content_layers", "style_layers"),
    "texture": ("layers", "layers"),
    "reconstruct": ("layer", "layers"),
    "features": ("layer", "layer"),
}
"""The options for content and style layers of each command."""


def style_size(style: Picture, scale: Scale, last: Scale, settings: Settings) -> Size:
    """Return the height and width of a style picture at a scale; for fit `pixel` relative to the last."""
    brush, (height, width) = settings.brush, scale.size
    if settings.style_fit == "pixel":
        return fit_long(style.size, max(style.size) * brush * max(height, width) / max(last.size))
    if settings.style_fit == "both":
        return max(1, round(height * brush)), max(1, round(width * brush))
    if settings.style_fit == "width":
        return max(1, round(style.size[0] * width * brush / style.size[1])), max(1, round(width * brush))
    return fit_long(style.size, max(height, width) * brush)


def first_side(styles: Sequence[Picture], shortest: int, settings: Settings) -> float:
    """Return the long side of the first scale: that of the settings, of the styles with style fit `pixel`.

    It is larger for narrow styles, so that their short side has at least `shortest` pixels.
    """
    start = float(settings.start_size)
    if settings.style_fit != "pixel" or not styles or not start:
        return start
    factor = max(max(start / max(style.size), shortest / min(style.size)) for style in styles)
    return settings.size / settings.brush * factor


@dataclass(frozen=True)
class Fit:
    """Checks that all pictures are large enough for the layers, and suggestions if not.

    `shape` is a height and width with the aspect of the result.
    """

    command: str
    content: Picture | None
    styles: Sequence[Picture]
    masks: Masks
    layers: Sequence[str]
    shape: Size
    settings: Settings

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales at which all pictures are large enough, and always the last one."""
        shortest = max(map(stride, self.layers))
        start = first_side(self.styles, shortest, self.settings)
        return schedule(self.shape, self.settings, shortest, start, lambda *sizes: not self.amiss(*sizes))

    def check(self) -> None:
        """Raise PictureError if a picture is too small at the last scale, suggesting sufficient options."""
        last = self.scales[-1].size
        if why := self.amiss(last, last):
            raise PictureError(why, self._way_out(last))

    def amiss(self, size: Size, last: Size) -> str:
        """Describe what is too small at a scale; empty if all pictures are large enough."""
        deepest = max(self.layers, key=stride)
        sizes = [style_size(style, Scale(size, 0), Scale(last, 0), self.settings) for style in self.styles]
        names = [
            f"'{(self.content or self.styles[0]).name}'",
            *(f"style '{style.name}'" for style in self.styles),
        ]
        for name, (height, width) in zip(names, (size, *sizes), strict=True):
            if min(height, width) < stride(deepest):
                needed = f"{deepest}, which needs {stride(deepest)} px a side"
                return f"{name} at {width}x{height} px is too small for {needed}"
        if not self.masks.reach(size, deepest):
            at = f"{size[1]}x{size[0]} px, where a position of {deepest} covers {stride(deepest)} px"
            return f"too little of {names[0]} is visible at {at}"
        if not self.settings.style_weight or not self.styles:
            return ""
        deepest_style = max((layer.name for layer in self.settings.painted_layers), key=stride)
        return self.masks.vanished(size, sizes, deepest_style)

    def _way_out(self, last: Size) -> str:
        """Return a suggestion: the smallest sufficient size and brush, or shallower layers."""
        masked = any((*self.masks.styles, *self.masks.parts, *self.masks.opacities, self.masks.visible))
        most = MOST_MASKED if masked else MOST
        ways = []
        if size := smallest(lambda size: self._suffices(size=size), self.settings.size, most):
            ways.append(f"a larger {option('size')}: {self._size_option(size)} or more")
        if self.styles:
            percent = math.ceil(self.settings.brush * 100)
            if brush := smallest(lambda brush: self._suffices(brush=brush / 100), percent, 400):
                ways.append(f"a larger {option('brush')}: {brush / 100:g} or more")
        ways.append(f"shallower {' and '.join(map(option, self._layer_options(min(last))))}")
        more = "enlarge its white area, or " if self.amiss(last, last).startswith("mask") else ""
        return f"{more}give {', or '.join(ways)}"

    def _suffices(self, **changes: float) -> bool:
        fit = dataclasses.replace(self, settings=self.settings.with_changes(**changes))
        last = schedule(self.shape, fit.settings)[-1].size
        return not fit.amiss(last, last)

    def _size_option(self, size: int) -> str:
        """Format a long side as the size option: even for films, both sides for a texture with an aspect."""
        settings = self.settings.with_changes(size=size + size % 2 if self.command == "video" else size)
        return f"{settings.sides[1]}x{settings.sides[0]}" if settings.sides else f"{settings.size}"

    def _layer_options(self, side: int) -> list[str]:
        """Return the options with layers too deep for a side, else those with the deepest layers."""
        content, style = LAYER_OPTIONS[self.command]
        options = [(content, self.settings.content_layers)] if self.content else []
        options += [(style, self.settings.painted_layers)] if self.styles else []
        strides = [(name, max(stride(layer.name) for layer in layers)) for name, layers in options]
        deepest = max(map(stride, self.layers))
        too_deep = [name for name, most in strides if most > side]
        return too_deep or [name for name, most in strides if most == deepest] or [content]


def smallest(helps: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the smallest number from `low` to `high` for which `helps` is true, None if there is none."""
    found = low
    while not helps(found):
        if found >= high:
            return None
        low, found = found, min(high, max(found + 1, found * 5 // 4))
    while found - low > 1:
        middle = (low + found) // 2
        low, found = (low, middle) if helps(middle) else (middle, found)
    return found
