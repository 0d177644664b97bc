"""One or several styles with weights."""

from __future__ import annotations

from collections.abc import Sequence

from impasto.media.image import Source
from impasto.recipe.change import check_weights

Style = Source | tuple[Source, float]
"""A style picture, optionally with a weight."""


def with_weights(style: Style | Sequence[Style]) -> list[tuple[Source, float]]:
    """Return each style with its weight, by default 1; raises SettingsError if a weight is invalid."""
    items: Sequence[Style] = style if isinstance(style, list) else [style]  # type: ignore[list-item]
    pairs = [(item[0], float(item[1])) if isinstance(item, tuple) else (item, 1.0) for item in items]
    if pairs:
        check_weights([weight for _, weight in pairs], len(pairs))
    return pairs


def shares_of(weights: Sequence[float]) -> list[float]:
    """Normalise weights so that they sum to 1."""
    return [weight / sum(weights) for weight in weights]
