"""Feature visualisation: feature maps of a picture, and pictures that maximise the activation of a filter."""

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
from impasto.engine.threads import use_threads
from impasto.errors import PictureError, SettingsError, option
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
"""Long side in pixels of each map in a grid."""

TILE = 1024
"""Side of a tile in pixels; limits memory to that of one tile plus the returned maps."""


def features(
    picture: Source,
    layers: Sequence[str] = (),
    channels: int = 8,
    settings: Settings | None = None,
    *,
    device: str = "auto",
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the most active feature maps of a picture by layer, as pairs of a filter's index and its image.

    The picture is resized to the size of the settings; in the grey images, black is 0 and white the maximum
    of a map. At most `channels` maps are returned per layer. Raises subclasses of ImpastoError.
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
        larger = f"a larger {option('size')}: {least} or more, or " if least else ""
        raise PictureError(
            f"'{loaded.name}' at {size[1]}x{size[0]} px is too small for {deepest}, "
            f"which needs {stride(deepest)} px a side",
            f"give {larger}a shallower {option('layer')}",
        )
    encoder = Stock().encoder(names, place, tuner(place, settings.precision, settings.convolutions), settings)
    tiles, pixels = Tiles(encoder, TILE, deepest), loaded.pixels(size).to(place)
    with torch.no_grad():
        return _most_active(tiles, pixels, names, opacity_of(loaded, size), channels)


def feature_grid(maps: dict[str, list[tuple[int, Image.Image]]]) -> Image.Image:
    """Draw labelled feature maps, one row per layer; the maps of a single layer are wrapped to a square."""
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
    """Return a picture that maximises the activation of a filter relative to that in `picture`.

    It starts from noise by default and has the aspect of `picture`; `on_event` is as in `stylize`. Raises
    subclasses of ImpastoError.
    """
    settings = (settings or preset("features")).with_changes(excite=f"{layer}:{channel}")
    use_threads(settings.threads)
    return paint(Stylization(picture, [], settings, command="features", device=device), on_event)


def _most_active(
    tiles: Tiles, picture: Tensor, names: Sequence[str], visible: Tensor | None, channels: int
) -> dict[str, list[tuple[int, Image.Image]]]:
    """Return the maps with the highest mean, highest first.

    Computed in tiles, in two passes, since all maps of a large picture take gigabytes.
    """
    masks = {name: at_layer(visible, name) for name in names}
    sums, highest = dict[str, Tensor](), dict[str, Tensor]()
    for name, found, _, _ in _visible_maps(tiles, picture, masks):
        total, most = found.sum((1, 2), dtype=torch.float64), found.amax((1, 2))
        sums[name] = total + sums.get(name, 0)
        highest[name] = torch.maximum(most, highest.get(name, most))
    chosen = {name: sums[name].argsort(descending=True, stable=True)[:channels].tolist() for name in names}
    grey = {}
    for name in names:
        height, width = (side // stride(name) for side in picture.shape[2:])
        grey[name] = np.empty((len(chosen[name]), height, width), np.uint8)
    for name, found, rows, columns in _visible_maps(tiles, picture, masks):
        most = highest[name][chosen[name], None, None].clamp_min(1e-9)
        levels = (found[chosen[name]] / most * 255).round().clamp(0, 255).to(torch.uint8)
        grey[name][:, rows, columns] = levels.numpy()
    return {
        name: [(number, Image.fromarray(one)) for number, one in zip(chosen[name], grey[name], strict=True)]
        for name in names
    }


def _visible_maps(
    tiles: Tiles, picture: Tensor, masks: dict[str, Tensor | None]
) -> Iterator[tuple[str, Tensor, slice, slice]]:
    """Yield the maps `(C, H, W)` of each tile, 0 where transparent, with their rows and columns."""
    for name, found, rows, columns in tiles.parts(picture, list(masks)):
        mask, part = masks[name], wide(found).cpu()[0]
        yield name, part if mask is None else part * mask[0, :, rows, columns], rows, columns


def _drawn(image: Image.Image) -> Image.Image:
    factor = CELL / max(image.size)
    resample = Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), resample)
