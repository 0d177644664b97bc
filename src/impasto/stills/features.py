"""What the network sees in a picture: its feature maps, and pictures that excite one filter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.convolution.tune import tuner
from impasto.encoder.vgg19 import stride
from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.engine.schedule import fit_long
from impasto.errors import PictureError, SettingsError
from impasto.losses import wide
from impasto.media.grid import Cell, grid
from impasto.media.image import Source, load
from impasto.objective.regions import at_layer
from impasto.objective.tiles import Span, Tiles, cut
from impasto.presets import preset
from impasto.settings import Settings
from impasto.settings.layers import Layer
from impasto.settings.method import STYLE_LAYERS
from impasto.stills.masks import opacity_of
from impasto.stills.pastiche import Pastiche
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint

CELL = 128
"""Pixels of the long side of each map that is drawn."""

TILE = 1024
"""Pixels of a tile: a picture of any size is looked at in the memory of one, beside the maps that are given."""


def features(
    picture: Source, layers: Sequence[str] = (), channels: int = 8, settings: Settings | None = None, *, device: str = "auto"
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the feature maps of a picture that are the most active, by layer: pairs of a filter's number and its map in grey.

    The picture is looked at in the settings' size; black is 0 and white the highest value of a map. `channels` of each
    layer are given, all where it has no more. Raises ImpastoError's children.
    """
    settings = settings or preset("features")
    names = list(layers) or [layer.name for layer in STYLE_LAYERS]
    if channels < 1:
        raise SettingsError(f"channels must be >= 1, got {channels}")
    names = [Layer.parse(name).name for name in names]
    loaded, place = load(picture), choose_device(device)
    size = fit_long(loaded.size, settings.size)
    deepest = max(names, key=stride)
    if min(size) < stride(deepest):
        needed = f"is too small for {deepest}, which needs {stride(deepest)} px a side; give a larger --size"
        raise PictureError(f"'{loaded.name}' at {size[1]}x{size[0]} px {needed}")
    encoder = Stock().encoder(names, place, tuner(place, settings.precision, settings.convolutions), settings)
    with torch.no_grad():
        return _most_active(Tiles(encoder, TILE, deepest), loaded.pixels(size).to(place), names, opacity_of(loaded, size), channels)


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


def _most_active(tiles: Tiles, picture: Tensor, names: Sequence[str], visible: Tensor | None, channels: int) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the maps with the highest mean, highest first; tile by tile, as all maps of a large picture would take gigabytes."""
    masks, sums, highest = {name: at_layer(visible, name) for name in names}, dict[str, Tensor](), dict[str, Tensor]()
    for rows, columns in tiles.of(picture):
        for name, found in _seen(tiles, picture, masks, rows, columns):
            total, most = found.sum((1, 2), dtype=torch.float64), found.amax((1, 2))
            sums[name] = total + sums.get(name, 0)
            highest[name] = torch.maximum(most, highest.get(name, most))
    chosen = {name: sums[name].argsort(descending=True, stable=True)[:channels].tolist() for name in names}
    grey: dict[str, np.ndarray[Any, Any]] = {}
    for rows, columns in tiles.of(picture):
        for name, found in _seen(tiles, picture, masks, rows, columns):
            at, most = stride(name), highest[name][chosen[name], None, None].clamp_min(1e-9)
            if name not in grey:
                grey[name] = np.empty((len(chosen[name]), *(side // at for side in picture.shape[2:])), np.uint8)
            levels = (found[chosen[name]] / most * 255).round().clamp(0, 255).to(torch.uint8)
            grey[name][:, rows.of_whole(at), columns.of_whole(at)] = levels.numpy()
    return {name: [(number, Image.fromarray(one)) for number, one in zip(chosen[name], grey[name], strict=True)] for name in names}


def _seen(tiles: Tiles, picture: Tensor, masks: dict[str, Tensor | None], rows: Span, columns: Span) -> Iterator[tuple[str, Tensor]]:
    """Yield the maps `(C, H, W)` of one tile, 0 where nothing can be seen."""
    for name, found in tiles.walk(cut(picture, rows, columns), masks, rows, columns):
        mask, at = masks[name], stride(name)
        part = wide(found).cpu()[0]
        yield name, part if mask is None else part * mask[0, :, rows.of_whole(at), columns.of_whole(at)]


def _drawn(image: Image.Image) -> Image.Image:
    factor = CELL / max(image.size)
    resample = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), resample)
