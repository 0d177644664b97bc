"""Texture synthesis at any size (Gatys, Ecker, Bethge: Texture Synthesis Using CNNs, NIPS 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from impasto.engine.events import Event
from impasto.engine.threads import use_threads
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
    """Synthesise a texture with the statistics of one or several samples.

    Each sample is a path, a Pillow image or an array, or a tuple `(picture, weight)`, used at its original
    size. The default settings are the preset `texture`. `on_event` is as in `stylize`. Raises subclasses of
    ImpastoError.
    """
    settings = settings or preset("texture")
    use_threads(settings.threads)
    return paint(Stylization(None, sample, settings, command="texture", device=device), on_event)


def parameters(layers: Iterable[Layer]) -> int:
    """Return the number of parameters of the layers' Gram matrices: N(N+1)/2 for N filters (section 3)."""
    return sum(layer.channels * (layer.channels + 1) // 2 for layer in layers)
