"""Which size each picture has at a scale, and whether that is enough for the layers that look at it."""

from __future__ import annotations

from collections.abc import Sequence

from impasto.encoder.vgg19 import stride
from impasto.engine.schedule import Scale, Size, fit_long
from impasto.errors import PictureError
from impasto.media.image import Picture
from impasto.settings import Settings
from impasto.stills.masks import Masks


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
    return settings.size / settings.brush * max(max(start / max(style.size), shortest / min(style.size)) for style in styles)


def check_sizes(content: Picture | None, styles: Sequence[Picture], masks: Masks, scales: Sequence[Scale], layers: Sequence[str], settings: Settings) -> None:
    """Raise PictureError where a picture, or a mask's white, is too small for the layers at some scale."""
    deepest = max(layers, key=stride)
    shortest, size = stride(deepest), scales[-1].size
    if min(size) < shortest:
        name = (content or styles[0]).name
        raise PictureError(
            f"'{name}' at {size[1]}x{size[0]} px is too small for {deepest}, which needs {shortest} px a side; give a larger --size or shallower layers"
        )
    for style in styles:
        height, width = style_size(style, scales[0], scales[-1], settings)
        if min(height, width) < shortest:
            raise PictureError(
                f"style '{style.name}' at {width}x{height} px is too small for {deepest}, which needs {shortest} px a side; "
                "give a larger --size or --brush, or shallower layers"
            )
    if settings.style_weight and styles:
        deepest = max((layer.name for layer in settings.style_layers), key=stride)
        for scale in scales:
            masks.check(scale.size, [style_size(style, scale, scales[-1], settings) for style in styles], deepest)
