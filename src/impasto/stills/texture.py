"""A new picture with the statistics of samples, at any size (Gatys, Ecker, Bethge 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from impasto.engine.events import Event
from impasto.settings import Settings
from impasto.settings.layers import Layer
from impasto.settings.presets import preset
from impasto.stills.pastiche import Pastiche
from impasto.stills.stylize import Style, Stylization, paint


def texture(
    sample: Style | Sequence[Style],
    settings: Settings | None = None,
    *,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Paint a new picture with the statistics of one sample or several, and return it.

    Each sample is a path, a Pillow image or an array, or comes as `(picture, weight)`; it keeps its own size. Without
    settings they are those of the preset `texture`. `on_event` is as in `stylize`. Raises ImpastoError's children.
    """
    return paint(
        Stylization(None, sample, settings or preset("texture"), command="texture", device=device), on_event
    )


def parameters(layers: Iterable[Layer]) -> int:
    """Return how many numbers the Gram matrices of layers are: N(N+1)/2 each for N filters, since they are symmetric (section 3)."""
    return sum(layer.channels * (layer.channels + 1) // 2 for layer in layers)
