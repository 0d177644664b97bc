"""A request to change settings while a result is painted, as plain data."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from impasto.errors import SettingsError
from impasto.recipe.change import STYLES, Change, check_names, check_weights, in_effect, with_change, worded
from impasto.settings import Settings

_LAST = sys.maxsize


class Request(NamedTuple):
    """Settings and weights of styles that are asked for, and the files that ask for them."""

    settings: dict[str, float]
    styles: tuple[float, ...]
    files: tuple[str, ...]

    def __str__(self) -> str:
        return worded(self.settings, self.styles)


def checked(
    start: Settings,
    weights: Sequence[float],
    changes: Sequence[Change],
    before: Request,
    values: Mapping[str, Any],
) -> Request:
    """Return what is asked for as numbers, after all that was asked for before.

    `start` and `weights` are the settings and styles' weights at the start, `changes` those made since.
    Raises SettingsError.
    """
    if not values:
        raise SettingsError("nothing to set was given; give what is to change, such as strength=70")
    check_names(values, start, len(weights))
    styles = values.get(STYLES, ())
    styles = (
        check_weights(styles.split(",") if isinstance(styles, str) else styles, len(weights))
        if STYLES in values
        else ()
    )
    last = Change(scale=_LAST, step=0, settings=before.settings, styles=before.styles)
    changes = with_change(start, weights, changes, last)
    now = in_effect(start, weights, changes, (_LAST, 0)).settings
    settings = {name: value for name, value in values.items() if name != STYLES}
    after = now.with_changes(**settings)
    return Request({name: getattr(after, name) for name in settings}, styles, ())


def as_text(asked: Request) -> str:
    """Return a request as JSON."""
    styles = {STYLES: list(asked.styles)} if asked.styles else {}
    return json.dumps({"settings": asked.settings} | styles)


def together(texts: Iterable[str]) -> Request:
    """Return several requests as one; later ones override earlier ones, and damaged ones are ignored."""
    settings: dict[str, float] = {}
    styles: tuple[float, ...] = ()
    for text in texts:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            table = json.loads(text)
            found = {str(key): float(value) for key, value in table["settings"].items()}
            styles = tuple(map(float, table.get(STYLES, styles)))
            settings |= found
    return Request(settings, styles, ())
