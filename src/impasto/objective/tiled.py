"""The tiled objective: the same loss and gradient in bounded memory, without seams, as nothing is blended.

Statistics add up over positions. A first pass sums them tile by tile, `compare` gives the gradient of the
loss with respect to each sum, and a second pass backpropagates it through each tile to its pixels. A tile is
computed with a halo as wide as the receptive field, and only positions inside count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from impasto.encoder.tiles import Maps, Span, Tiles, add_back, cut, place
from impasto.encoder.vgg19 import stride
from impasto.losses import PIXELS, Loss
from impasto.objective.whole import Evaluation, Terms, counted, layers_of, read
from impasto.settings.layers import LAYERS

Leaves = dict[int, Tensor]
"""Statistics of the tiled losses by index, and the map at `until` under BOUNDARY."""

BOUNDARY = -1


@dataclass(frozen=True)
class Tiled:
    """The weighted sum of losses, whose layers up to `tiles.until` are computed in tiles, twice.

    Deeper layers are computed whole, from the map at `until`, and take memory in proportion to the picture;
    if `until` is the deepest layer read, only the pixels do.
    """

    tiles: Tiles
    losses: Sequence[Loss]

    def __call__(self, picture: Tensor) -> Evaluation:
        """Evaluate a picture `(1, 3, H, W)`, RGB in 0 to 255, and its gradient."""
        picture = picture.detach()
        leaves = self._shallow(picture)
        inputs = [picture.clone().requires_grad_(), *(leaf.requires_grad_() for leaf in leaves.values())]
        terms = self._terms(inputs[0], leaves)
        gradient, *changed = torch.autograd.grad(terms.total, inputs, materialize_grads=True)
        changes = dict(zip(leaves, changed, strict=True))
        del leaves, inputs, changed
        for rows, columns in self.tiles.of(picture):
            self._back(picture, gradient, changes, rows, columns)
        return Evaluation(terms.counted, terms.values, gradient)

    def report(self, picture: Tensor) -> dict[str, float]:
        """Return each weighted loss of a picture, without a gradient."""
        with torch.no_grad():
            return self._terms(picture, self._shallow(picture)).values

    @cached_property
    def _inner(self) -> dict[int, Loss]:
        """The losses that are computed in tiles, by index."""
        last = LAYERS.index(self.tiles.until)
        return {
            i: loss
            for i, loss in enumerate(self.losses)
            if loss.layer != PIXELS and LAYERS.index(loss.layer) <= last
        }

    @cached_property
    def _deeper(self) -> list[Loss]:
        """The losses that are read from the whole map."""
        return [loss for i, loss in enumerate(self.losses) if loss.layer != PIXELS and i not in self._inner]

    def _terms(self, picture: Tensor, leaves: Leaves) -> Terms:
        """Return the losses, from the statistics of the shallow layers and the map at `until`."""
        statistics = {i: leaf for i, leaf in leaves.items() if i != BOUNDARY}
        if self._deeper:
            walk = self.tiles.encoder.walk(leaves[BOUNDARY], layers_of(self._deeper), self.tiles.until)
            statistics |= read(self.losses, walk)
        terms = Terms()
        for i, loss in enumerate(self.losses):
            statistic = loss.statistic(picture) if loss.layer == PIXELS else statistics[i]
            terms.add(loss, statistic, counted(picture, loss.layer))
        return terms

    def _shallow(self, picture: Tensor) -> Leaves:
        """First pass: sum the statistic of each tiled loss, and assemble the map at `until` if needed."""
        sums: Leaves = {}
        boundary: Maps = {}
        with torch.no_grad():
            for rows, columns in self.tiles.of(picture):
                for i, part in self._statistics(cut(picture, rows, columns), rows, columns).items():
                    if i == BOUNDARY:
                        place(boundary, self.tiles.until, part, picture, rows, columns)
                    else:
                        sums[i] = sums[i] + part if i in sums else part
        return sums | ({BOUNDARY: boundary[self.tiles.until]} if boundary else {})

    def _statistics(self, part: Tensor, rows: Span, columns: Span) -> Leaves:
        """Return the statistic of each tiled loss over a tile, and its map at `until` if needed."""
        found: Leaves = {}
        until = [self.tiles.until] if self._deeper else []
        layers = [*layers_of(self._inner.values()), *until]
        for name, feature_map in self.tiles.walk(part, layers, rows, columns):
            inside = rows.of_whole(stride(name)), columns.of_whole(stride(name))
            found |= {
                i: loss.part(*inside).statistic(feature_map)
                for i, loss in self._inner.items()
                if loss.layer == name
            }
            found |= {BOUNDARY: feature_map} if name in until else {}
        return found

    def _back(self, picture: Tensor, gradient: Tensor, changes: Leaves, rows: Span, columns: Span) -> None:
        """Add one tile's contribution to the gradient."""
        part = cut(picture, rows, columns).requires_grad_()
        found = self._statistics(part, rows, columns)
        if BOUNDARY in found:
            at = stride(self.tiles.until)
            changes = changes | {BOUNDARY: changes[BOUNDARY][:, :, rows.of_whole(at), columns.of_whole(at)]}
        if found:
            (change,) = torch.autograd.grad(list(found.values()), part, [changes[i] for i in found])
            add_back(gradient, change, rows, columns)
