"""The objective over tiles: the same loss and gradient in bounded memory, and no seam, since nothing is blended.

Statistics add up over positions, so a first pass adds them up tile by tile, `compare` says how the loss changes with
each, and a second pass carries that back through each tile to its pixels. A tile is computed with a halo as wide as
the layers see, and only positions inside count.
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
"""The statistics of the inner losses by their place, and the map at `until` at BOUNDARY."""

BOUNDARY = -1


@dataclass(frozen=True)
class Tiled:
    """The weighted sum of losses, whose layers up to `tiles.until` are computed in tiles, twice.

    Deeper layers are computed whole, from the map at `until`, so their memory grows with the picture: with the deepest
    layer that a loss reads as `until` nothing but the pixels does.
    """

    tiles: Tiles
    losses: Sequence[Loss]

    def __call__(self, picture: Tensor) -> Evaluation:
        """Evaluate a picture `(1, 3, H, W)`, RGB in 0 to 255, and its gradient: one step."""
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
        """The losses that are added up over tiles, by their place."""
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
        """Return the losses, from the statistics of the shallow layers and the map that the deep ones start from."""
        statistics = {i: leaf for i, leaf in leaves.items() if i != BOUNDARY}
        if self._deeper:
            statistics |= read(
                self.losses,
                self.tiles.encoder.walk(leaves[BOUNDARY], layers_of(self._deeper), self.tiles.until),
            )
        terms = Terms()
        for i, loss in enumerate(self.losses):
            statistic = loss.statistic(picture) if loss.layer == PIXELS else statistics[i]
            terms.add(loss, statistic, counted(picture, loss.layer))
        return terms

    def _shallow(self, picture: Tensor) -> Leaves:
        """Return what the first pass adds up: the statistic of each inner loss, and the map at `until` where it is needed."""
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
        """Return the statistic of each inner loss over one tile, and the part of the map at `until` where it is needed."""
        found: Leaves = {}
        until = [self.tiles.until] if self._deeper else []
        for name, feature_map in self.tiles.walk(
            part, [*layers_of(self._inner.values()), *until], rows, columns
        ):
            inside = rows.of_whole(stride(name)), columns.of_whole(stride(name))
            found |= {
                i: loss.part(*inside).statistic(feature_map)
                for i, loss in self._inner.items()
                if loss.layer == name
            }
            found |= {BOUNDARY: feature_map} if name in until else {}
        return found

    def _back(self, picture: Tensor, gradient: Tensor, changes: Leaves, rows: Span, columns: Span) -> None:
        """Add to the gradient what one tile's statistics owe to its pixels."""
        part = cut(picture, rows, columns).requires_grad_()
        found = self._statistics(part, rows, columns)
        if BOUNDARY in found:
            at = stride(self.tiles.until)
            changes = changes | {BOUNDARY: changes[BOUNDARY][:, :, rows.of_whole(at), columns.of_whole(at)]}
        if found:
            (change,) = torch.autograd.grad(list(found.values()), part, [changes[i] for i in found])
            add_back(gradient, change, rows, columns)
