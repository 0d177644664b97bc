"""What the network sees in a picture: its feature maps, and pictures that excite one filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from PIL import Image
from torch import Tensor

from impasto.convolution.tune import tuner
from impasto.encoder.vgg19 import stride
from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.engine.schedule import fit_long
from impasto.errors import PictureError, SettingsError
from impasto.fields import Layer
from impasto.losses import wide
from impasto.media.grid import Cell, grid
from impasto.media.image import Source, image_of, load
from impasto.objective.regions import at_layer
from impasto.presets import check_shape, preset
from impasto.settings import STYLE_LAYERS, Settings
from impasto.stills.masks import opacity_of
from impasto.stills.pastiche import Pastiche
from impasto.stills.sizes import MOST, smallest
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint

CELL = 128
"""Pixels of the long side of each map that is drawn."""


def features(
    picture: Source, layers: Sequence[str] = (), channels: int = 8, settings: Settings | None = None, *, device: str = "auto"
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the feature maps of a picture that are the most active, by layer: pairs of a filter's number and its map in grey.

    The picture is looked at in the settings' size; black is 0 and white the highest value of a map. `channels` of each
    layer are given, all where it has no more. Raises ImpastoError's children.
    """
    settings = settings or preset("features")
    names = list(layers) or [layer.name for layer in STYLE_LAYERS]
    check_shape(settings, "features")
    if channels < 1:
        raise SettingsError(f"channels must be >= 1, got {channels}")
    names = [Layer.parse(name).name for name in names]
    loaded, place = load(picture), choose_device(device)
    size = fit_long(loaded.size, settings.size)
    deepest = max(names, key=stride)
    if min(size) < stride(deepest):
        least = smallest(lambda side: min(fit_long(loaded.size, side)) >= stride(deepest), settings.size, MOST)
        way_out = f"give a larger --size: {least} or more, or a shallower --layer" if least else "give a shallower --layer"
        raise PictureError(f"'{loaded.name}' at {size[1]}x{size[0]} px is too small for {deepest}, which needs {stride(deepest)} px a side; {way_out}")
    encoder = Stock().encoder(names, place, tuner(place, settings.precision, settings.convolutions), settings)
    with torch.no_grad():
        maps = encoder(loaded.pixels(size).to(place), names)
    visible = opacity_of(loaded, size)
    return {name: _most_active(_seen(wide(maps[name]).cpu(), at_layer(visible, name))[0], channels) for name in names}


def feature_grid(maps: dict[str, list[tuple[int, Image.Image]]]) -> Image.Image:
    """Draw feature maps with their names, a row for each layer; a layer alone takes as many rows as make a square."""
    cells = [[Cell(_drawn(image), f"{layer}:{channel}") for channel, image in found] for layer, found in maps.items()]
    if len(cells) == 1:
        across = round(len(cells[0]) ** 0.5) or 1
        cells = [cells[0][i : i + across] for i in range(0, len(cells[0]), across)]
    return grid(cells)


def maximize(
    picture: Source,
    layer: str,
    channel: int,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Paint a picture, from noise unless the settings say other, that excites one filter more than `picture` does, and return it.

    It has the size of the picture, fitted into the settings' size; `on_event` is as in `stylize`. Raises ImpastoError's children.
    """
    settings = (settings or preset("features")).with_changes(excite=f"{layer}:{channel}")
    return paint(Stylization(picture, [], settings, command="features", device=device), on_event)


def _seen(maps: Tensor, visible: Tensor | None) -> Tensor:
    return maps if visible is None else maps * visible


def _most_active(maps: Tensor, channels: int) -> list[tuple[int, Image.Image]]:
    """Return the maps with the highest mean, highest first."""
    order = maps.mean((1, 2)).argsort(descending=True, stable=True)[:channels].tolist()
    highest = maps.amax((1, 2), keepdim=True).clamp_min(1e-9)
    return [(number, image_of((maps[number] / highest[number] * 255).expand(1, 3, -1, -1)).convert("L")) for number in order]


def _drawn(image: Image.Image) -> Image.Image:
    factor = CELL / max(image.size)
    resample = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), resample)
