"""Tiled evaluation of the encoder: a halo as wide as the receptive field prevents seams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from impasto.encoder.vgg19 import VGG19, stride
from impasto.settings.layers import LAYERS

Maps = dict[str, Tensor]


class Span(NamedTuple):
    """An interval along one side: its pixels, and with the halo the pixels that are computed.

    In a picture that repeats, the halo wraps around: `outer_start` may be negative.
    """

    start: int
    stop: int
    outer_start: int
    outer_stop: int
    last: bool

    def goes_round(self, side: int) -> bool:
        """Tell whether the halo extends beyond an end of the side, and wraps around."""
        return self.outer_start < 0 or self.outer_stop > side

    def places(self, picture: Tensor, dim: int) -> Tensor:
        """Return the indices along a dimension of the picture of all pixels that are computed."""
        return torch.arange(self.outer_start, self.outer_stop, device=picture.device) % picture.shape[dim]

    def inside(self, stride: int) -> slice:
        """Return the positions without the halo in the tile's map at a stride."""
        return slice(
            (self.start - self.outer_start) // stride,
            None if self.last else (self.stop - self.outer_start) // stride,
        )

    def of_whole(self, stride: int) -> slice:
        """Return the same positions in the whole picture's map."""
        return slice(self.start // stride, None if self.last else self.stop // stride)


@dataclass(frozen=True)
class Tiles:
    """The encoder over tiles of about `tile` pixels a side, with a halo for the layers up to `until`."""

    encoder: VGG19
    tile: int
    until: str

    def of(self, picture: Tensor) -> Iterator[tuple[Span, Span]]:
        """Yield the rows and columns of each tile."""
        repeats = self.encoder.padding == "circular"
        rows, columns = (spans(side, self.tile, self.until, repeats) for side in picture.shape[2:])
        return ((row, column) for row in rows for column in columns)

    def walk(
        self, part: Tensor, layers: Iterable[str], rows: Span, columns: Span
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the feature maps of one tile, given with its halo; the halo is cropped from the maps."""
        for name, feature_map in self.encoder.walk(part - self.encoder.mean, layers):
            yield name, feature_map[:, :, rows.inside(stride(name)), columns.inside(stride(name))]

    def parts(self, picture: Tensor, layers: Sequence[str]) -> Iterator[tuple[str, Tensor, slice, slice]]:
        """Yield the feature maps of every tile, with their rows and columns in the layer's whole map."""
        for rows, columns in self.of(picture):
            for name, feature_map in self.walk(cut(picture, rows, columns), layers, rows, columns):
                yield name, feature_map, rows.of_whole(stride(name)), columns.of_whole(stride(name))

    def whole(self, picture: Tensor, layers: Sequence[str]) -> Maps:
        """Return the feature maps of the whole picture, assembled from its tiles."""
        found: Maps = {}
        for rows, columns in self.of(picture):
            for name, feature_map in self.walk(cut(picture, rows, columns), layers, rows, columns):
                place(found, name, feature_map, picture, rows, columns)
        return found


def spans(side: int, tile: int, until: str, repeats: bool = False) -> list[Span]:
    """Return the tiles of one side, about equal in size, each starting on the grid of the deepest map.

    A side that repeats must be a multiple of the deepest stride. A single tile needs no halo.
    """
    grid, reach = stride(until), halo(until)
    count = max(1, -(-side // tile))
    step = max(1, -(-side // (count * grid))) * grid
    starts = list(range(0, side - grid + 1, step)) or [0]
    stops = [*starts[1:], side]
    if repeats and len(starts) > 1:
        return [Span(a, b, a - reach, b + reach, False) for a, b in zip(starts, stops, strict=True)]
    return [
        Span(a, b, max(0, a - reach), min(side, b + reach), b == side)
        for a, b in zip(starts, stops, strict=True)
    ]


def halo(until: str) -> int:
    """Return the receptive field beyond a tile in pixels up to layer `until`, a multiple of its stride."""
    reach = 0
    for name in LAYERS[: LAYERS.index(until) + 1]:
        reach = -(-reach // 2) if name.startswith("pool") else reach + 1
    return reach * stride(until)


def cut(picture: Tensor, rows: Span, columns: Span) -> Tensor:
    """Return a tile with its halo: a view, or a copy if the halo wraps around."""
    for dim, span in ((2, rows), (3, columns)):
        if span.goes_round(picture.shape[dim]):
            picture = picture.index_select(dim, span.places(picture, dim))
        else:
            picture = picture.narrow(dim, span.outer_start, span.outer_stop - span.outer_start)
    return picture


def add_back(picture: Tensor, part: Tensor, rows: Span, columns: Span) -> None:
    """Add a tile with its halo to the pixels that `cut` took it from, repeated pixels as often as taken."""
    if not (rows.goes_round(picture.shape[2]) or columns.goes_round(picture.shape[3])):
        cut(picture, rows, columns).add_(part)
        return
    wide = part.new_zeros(*part.shape[:3], picture.shape[3]).index_add_(3, columns.places(picture, 3), part)
    picture.index_add_(2, rows.places(picture, 2), wide)


def place(maps: Maps, name: str, part: Tensor, picture: Tensor, rows: Span, columns: Span) -> None:
    """Write a tile's part into the whole picture's map (channels last), allocated on first use."""
    at = stride(name)
    if name not in maps:
        height, width = (side // at for side in picture.shape[2:])
        maps[name] = part.new_empty(1, height, width, part.shape[1]).permute(0, 3, 1, 2)
    maps[name][:, :, rows.of_whole(at), columns.of_whole(at)] = part
