"""Figures of the papers as sheets: reconstructions of a picture from several sets of layers."""

from __future__ import annotations

from itertools import accumulate

from impasto.errors import SettingsError
from impasto.media.image import Source
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.layers import Layer
from impasto.settings.method import STYLE_LAYERS
from impasto.stills.sheet import Sheet
from impasto.stills.texture import parameters

POOLED = tuple(Layer(name) for name in ("conv1_1", "pool1", "pool2", "pool3", "pool4"))
"""The layers of texture synthesis (Gatys, Ecker, Bethge 2015, figure 2)."""

DEEPER = tuple(Layer(f"conv{block}_2") for block in range(1, 6))
"""The layers of content reconstructions (Gatys, Ecker, Bethge 2016, figure 1)."""

FIGURES = ("texture", "content", "style")


def figure(
    kind: str, picture: Source, settings: Settings, *, device: str = "auto", memory: int | None = None
) -> Sheet:
    """Return the sheet of a figure: iterate it, then get its image or save it.

    `texture`: textures from nested sets of layers, labelled with their number of parameters, without the
    spectrum loss. `content`: content reconstructions from each of five layers. `style`: style reconstructions
    from nested sets of layers. Raises subclasses of ImpastoError.
    """
    if kind not in FIGURES:
        raise SettingsError(f"figure must be one of {', '.join(FIGURES)}, got '{kind}'")
    cells = Cells(size=min(settings.size, 2048), quality=settings.quality, steps=settings.steps)
    if kind == "content":
        layers = [(layer,) for layer in DEEPER]
        return Sheet(
            picture,
            [[]],
            {"content_layers": layers},
            settings,
            cells,
            paints="reconstruct",
            device=device,
            memory=memory,
        )
    nested = list(accumulate((layer,) for layer in (POOLED if kind == "texture" else STYLE_LAYERS)))
    paints, caption = ("texture", _numbers) if kind == "texture" else ("reconstruct", None)
    # The captions count the parameters of the layers only, so the spectrum loss must not add information.
    settings = settings.with_changes(spectrum_weight=0)
    return Sheet(
        None,
        [[picture]],
        {"style_layers": nested},
        settings,
        cells,
        paints=paints,
        caption=caption,
        device=device,
        memory=memory,
    )


def _numbers(settings: Settings) -> str:
    return f"{parameters(settings.style_layers):,} parameters"
