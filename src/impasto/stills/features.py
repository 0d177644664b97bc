"""What the network sees in a picture: its feature maps, and pictures that excite one filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.convolution.tune import tuner
from impasto.encoder.tiles import Tiles
from impasto.encoder.vgg19 import stride
from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.engine.schedule import fit_long
from impasto.errors import PictureError, SettingsError
from impasto.losses import wide
from impasto.losses.regions import at_layer
from impasto.media.grid import Cell, grid
from impasto.media.image import Source, load
from impasto.settings import Settings
from impasto.settings.layers import Layer
from impasto.settings.method import STYLE_LAYERS
from impasto.settings.presets import preset
from impasto.stills.masks import opacity_of
from impasto.stills.pastiche import Pastiche
from impasto.stills.sizes import MOST, smallest
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint

CELL = 128
"""Pixels of the long side of each map that is drawn."""

TILE = 1024
"""Pixels of a tile: a picture of any size is looked at in the memory of one, beside the maps that are given."""


def features(
    picture: Source,
    layers: Sequence[str] = (),
    channels: int = 8,
    settings: Settings | None = None,
    *,
    device: str = "auto",
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the feature maps of a picture that are the most active, by layer: pairs of a filter's number and its map in grey.

    The picture is looked at in the settings' size; black is 0 and white the highest value of a map. `channels` of each
    layer are given, all where it has no more. Raises ImpastoError's children.
    """
    settings = settings or preset("features")
    names = list(layers) or [layer.name for layer in STYLE_LAYERS]
    settings.check_shape("features")
    if channels < 1:
        raise SettingsError(f"channels must be >= 1, got {channels}")
    names = [Layer.parse(name).name for name in names]
    loaded, place = load(picture), choose_device(device)
    size = fit_long(loaded.size, settings.size)
    deepest = max(names, key=stride)
    if min(size) < stride(deepest):
        least = smallest(
            lambda side: min(fit_long(loaded.size, side)) >= stride(deepest), settings.size, MOST
        )
        way_out = (
            f"give a larger --size: {least} or more, or a shallower --layer"
            if least
            else "give a shallower --layer"
        )
        raise PictureError(
            f"'{loaded.name}' at {size[1]}x{size[0]} px is too small for {deepest}, which needs {stride(deepest)} px a side; {way_out}"
        )
    encoder = Stock().encoder(names, place, tuner(place, settings.precision, settings.convolutions), settings)
    with torch.no_grad():
        return _most_active(
            Tiles(encoder, TILE, deepest),
            loaded.pixels(size).to(place),
            names,
            opacity_of(loaded, size),
            channels,
        )


def feature_grid(maps: dict[str, list[tuple[int, Image.Image]]]) -> Image.Image:
    """Draw feature maps with their names, a row for each layer; a layer alone takes as many rows as make a square."""
    cells = [
        [Cell(_drawn(image), f"{layer}:{channel}") for channel, image in found]
        for layer, found in maps.items()
    ]
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


def _most_active(
    tiles: Tiles, picture: Tensor, names: Sequence[str], visible: Tensor | None, channels: int
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the maps with the highest mean, highest first; tile by tile, as all maps of a large picture would take gigabytes."""
    masks, sums, highest = (
        {name: at_layer(visible, name) for name in names},
        dict[str, Tensor](),
        dict[str, Tensor](),
    )
    for name, found, _, _ in _seen(tiles, picture, masks):
        total, most = found.sum((1, 2), dtype=torch.float64), found.amax((1, 2))
        sums[name] = total + sums.get(name, 0)
        highest[name] = torch.maximum(most, highest.get(name, most))
    chosen = {name: sums[name].argsort(descending=True, stable=True)[:channels].tolist() for name in names}
    grey = {
        name: np.empty((len(chosen[name]), *(side // stride(name) for side in picture.shape[2:])), np.uint8)
        for name in names
    }
    for name, found, rows, columns in _seen(tiles, picture, masks):
        most = highest[name][chosen[name], None, None].clamp_min(1e-9)
        grey[name][:, rows, columns] = (
            (found[chosen[name]] / most * 255).round().clamp(0, 255).to(torch.uint8).numpy()
        )
    return {
        name: [(number, Image.fromarray(one)) for number, one in zip(chosen[name], grey[name], strict=True)]
        for name in names
    }


def _seen(
    tiles: Tiles, picture: Tensor, masks: dict[str, Tensor | None]
) -> Iterator[tuple[str, Tensor, slice, slice]]:
    """Yield the maps `(C, H, W)` of each tile, 0 where nothing can be seen, with their rows and columns."""
    for name, found, rows, columns in tiles.parts(picture, list(masks)):
        mask, part = masks[name], wide(found).cpu()[0]
        yield name, part if mask is None else part * mask[0, :, rows, columns], rows, columns


def _drawn(image: Image.Image) -> Image.Image:
    factor = CELL / max(image.size)
    resample = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), resample)
