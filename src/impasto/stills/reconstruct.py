"""Content and style reconstructions (Gatys et al. 2016, figure 1; Mahendran and Vedaldi 2015)."""

from __future__ import annotations

from collections.abc import Callable

from impasto.engine.events import Event
from impasto.engine.threads import use_threads
from impasto.errors import SettingsError
from impasto.media.image import Source
from impasto.settings import Settings
from impasto.settings.presets import preset
from impasto.stills.pastiche import Pastiche
from impasto.stills.stylize import Stylization, paint

OF = ("content", "style")


def reconstruct(
    picture: Source,
    settings: Settings | None = None,
    *,
    of: str = "content",
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Reconstruct a picture from noise: `of` its content layers, or the statistics of its style layers.

    The default settings are the preset `reconstruction`: ‖F(x) − F(x₀)‖²/‖F(x₀)‖² with total variation as a
    prior. `on_event` is as in `stylize`. Raises subclasses of ImpastoError.
    """
    settings = settings or preset("reconstruction")
    use_threads(settings.threads)
    return paint(reconstruction(picture, settings, of, device=device), on_event)


def reconstruction(
    picture: Source,
    settings: Settings,
    of: str = "content",
    *,
    device: str = "auto",
    memory: int | None = None,
    preview_every: int = 0,
) -> Stylization:
    """Return the run of `reconstruct`."""
    if of not in OF:
        raise SettingsError(f"the target of a reconstruction must be one of {', '.join(OF)}, got '{of}'")
    content, styles = (picture, []) if of == "content" else (None, [picture])
    return Stylization(
        content,
        styles,
        settings,
        command="reconstruct",
        device=device,
        memory=memory,
        preview_every=preview_every,
    )
