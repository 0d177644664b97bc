"""The published program on a real picture: minutes, so marked slow."""

import pytest

from conftest import EXAMPLES
from impasto.settings.presets import preset
from impasto.stills.stylize import stylize


@pytest.mark.slow
def test_johnson_falls_tenfold_in_sixty_steps_at_256_px():
    losses = []
    settings = preset("johnson").with_changes(size=256, steps=60, init="content")
    stylize(
        EXAMPLES / "photos/eilean_donan.webp",
        EXAMPLES / "paintings/cafe_terrace_at_night.webp",
        settings,
        on_event=lambda e: losses.append(e.loss),
    )
    assert losses[0] > 10 * losses[59]
