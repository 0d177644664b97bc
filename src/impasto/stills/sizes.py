"""Which size each picture has at a scale, and whether that is enough for the layers that look at it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from impasto.encoder.vgg19 import stride
from impasto.engine.schedule import Scale, Size, fit_long, schedule
from impasto.errors import PictureError
from impasto.media.image import Picture
from impasto.settings import Settings
from impasto.stills.masks import Masks

MOST, MOST_MASKED = 65535, 4096
"""Long sides up to which one is sought that helps; masks would have to be brought to each."""

LAYER_OPTIONS = {
    "stylize": ("--content-layers", "--style-layers"),
    "video": ("--content-layers", "--style-layers"),
    "texture": ("--layers", "--layers"),
    "reconstruct": ("--layer", "--layers"),
    "features": ("--layer", "--layer"),
}
"""What each command calls the layers of content and of style."""


def style_size(style: Picture, scale: Scale, last: Scale, settings: Settings) -> Size:
    """Return the height and width of a style picture at a scale; one that keeps its own pixels has them at the last."""
    brush, (height, width) = settings.brush, scale.size
    if settings.style_fit == "pixel":
        return fit_long(style.size, max(style.size) * brush * max(height, width) / max(last.size))
    if settings.style_fit == "both":
        return max(1, round(height * brush)), max(1, round(width * brush))
    if settings.style_fit == "width":
        return max(1, round(style.size[0] * width * brush / style.size[1])), max(1, round(width * brush))
    return fit_long(style.size, max(height, width) * brush)


def first_side(styles: Sequence[Picture], shortest: int, settings: Settings) -> float:
    """Return the long side of the first scale: as the settings say or, where styles keep their own pixels, that at which they have it.

    That is later where one is narrow, for its short side, too, is to have `shortest` pixels.
    """
    start = float(settings.start_size)
    if settings.style_fit != "pixel" or not styles or not start:
        return start
    return (
        settings.size
        / settings.brush
        * max(max(start / max(style.size), shortest / min(style.size)) for style in styles)
    )


@dataclass(frozen=True)
class Fit:
    """Whether all that is painted from is large enough for the layers that look at it, at any scale, and what would help.

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
        """The scales at which all is large enough, and the last one whether it is or not."""
        shortest = max(map(stride, self.layers))
        return schedule(
            self.shape,
            self.settings,
            shortest,
            first_side(self.styles, shortest, self.settings),
            lambda *sizes: not self.amiss(*sizes),
        )

    def check(self) -> None:
        """Raise PictureError where something is too small at the last scale, with the smallest option that helps."""
        last = self.scales[-1].size
        if why := self.amiss(last, last):
            raise PictureError(f"{why}; {self._way_out(last)}")

    def amiss(self, size: Size, last: Size) -> str:
        """Return what is too small at a scale, in words; empty where all is large enough."""
        deepest = max(self.layers, key=stride)
        sizes = [style_size(style, Scale(size, 0), Scale(last, 0), self.settings) for style in self.styles]
        names = [
            f"'{(self.content or self.styles[0]).name}'",
            *(f"style '{style.name}'" for style in self.styles),
        ]
        for name, (height, width) in zip(names, (size, *sizes), strict=True):
            if min(height, width) < stride(deepest):
                return f"{name} at {width}x{height} px is too small for {deepest}, which needs {stride(deepest)} px a side"
        if not self.masks.reach(size, deepest):
            return f"too little of {names[0]} can be seen at {size[1]}x{size[0]} px, where {deepest} sees {stride(deepest)} px as one"
        if not self.settings.style_weight or not self.styles:
            return ""
        return self.masks.vanished(
            size, sizes, max((layer.name for layer in self.settings.style_layers), key=stride)
        )

    def _way_out(self, last: Size) -> str:
        """Return what helps, in words: the smallest size and brush with which all is large enough, or shallower layers."""
        masked = any((*self.masks.styles, *self.masks.parts, *self.masks.opacities, self.masks.visible))
        size = smallest(
            lambda size: self._helps(size=size), self.settings.size, MOST_MASKED if masked else MOST
        )
        brush = (
            smallest(lambda brush: self._helps(brush=brush / 100), math.ceil(self.settings.brush * 100), 400)
            if self.styles
            else None
        )
        ways = [
            *([f"a larger --size: {self._written(size)} or more"] if size else []),
            *([f"a larger --brush: {brush / 100:g} or more"] if brush else []),
        ]
        ways += [f"shallower {' and '.join(self._options(min(last)))}"]
        more = "enlarge what is white in it, or " if self.amiss(last, last).startswith("mask") else ""
        return f"{more}give {', or '.join(ways)}"

    def _helps(self, **changes: float) -> bool:
        fit = dataclasses.replace(self, settings=self.settings.with_changes(**changes))
        last = schedule(self.shape, fit.settings)[-1].size
        return not fit.amiss(last, last)

    def _written(self, size: int) -> str:
        """Return a long side as the command takes it: even for films, and for a texture of two sides both."""
        settings = self.settings.with_changes(size=size + size % 2 if self.command == "video" else size)
        return f"{settings.sides[1]}x{settings.sides[0]}" if settings.sides else f"{settings.size}"

    def _options(self, side: int) -> list[str]:
        """Return the options of the command that name the layers which are deeper than a side allows, or all of them."""
        content, style = LAYER_OPTIONS[self.command]
        named = [(content, self.settings.content_layers)] if self.content else []
        named += [(style, self.settings.style_layers)] if self.styles else []
        deep = [option for option, layers in named if max(stride(layer.name) for layer in layers) > side]
        deepest = max(map(stride, self.layers))
        return (
            deep
            or [option for option, layers in named if max(stride(layer.name) for layer in layers) == deepest]
            or [content]
        )


def smallest(helps: Callable[[int], bool], low: int, high: int) -> int | None:
    """Return the smallest number above `low` that helps, up to `high`; None where none does."""
    found = low
    while not helps(found):
        if found >= high:
            return None
        low, found = found, min(high, max(found + 1, found * 5 // 4))
    while found - low > 1:
        middle = (low + found) // 2
        low, found = (low, middle) if helps(middle) else (middle, found)
    return found
