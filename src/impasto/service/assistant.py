"""Answers at once, from one warm process: what a picture will take, and a photo as a look paints it.

    python -m impasto.service.assistant

Reads a request a line on stdin and writes an answer a line on stdout, both JSON; see `answer`. It is for
programs that must not hold torch themselves.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from impasto.engine.allocator import hold_freed_memory
from impasto.errors import ImpastoError, SettingsError
from impasto.jobs import stills
from impasto.looks import shelf
from impasto.looks.card import SUFFIX
from impasto.looks.instant import instant
from impasto.looks.making import Making
from impasto.looks.photos import TRAINED_ON, UNSEEN, bundled
from impasto.media.making import write_making
from impasto.media.paths import make_folders
from impasto.settings import Settings
from impasto.settings.kinds import STEPPED
from impasto.settings.presets import preset
from impasto.stills.foresight import foresee
from impasto.stills.stock import Stock

QUALITY = 88
"""Of the JPEGs that it writes."""

_stock = Stock()


def main() -> None:
    """Answer until stdin ends."""
    hold_freed_memory()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    for line in sys.stdin:
        try:
            request = json.loads(line)
            found: dict[str, Any] = {"answer": answer(request)}
        except ImpastoError as error:
            found = {"error": error.text, "code": error.code, "fields": _plain(error.fields)}
        except Exception as error:
            found = {"error": f"unexpected {type(error).__name__}: {error}", "code": "error"}
        out.write(json.dumps(found) + "\n")
        out.flush()


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer to a request, which has the name of what it asks for as `what`.

    `plan` takes a `kind`, a `content` and `styles` (files with weights) and `settings`; the answer has the
    fields of a Foresight. `instant` takes a `content`, a `look` (a file, or a painting) and `settings`, and
    writes a JPEG to `output`. `making` writes a film of `pictures`, JPEG files, to `output`. Raises
    ImpastoError.
    """
    return _ANSWERS[str(request["what"])](request)


def _plan(request: Mapping[str, Any]) -> dict[str, Any]:
    if request["kind"] not in STEPPED:
        raise SettingsError(f"there is no estimate for {request['kind']}", "create the job to see")
    settings = Settings(**request["settings"])
    styles = [(path, weight) for path, weight in request["styles"]]
    run = stills.make(request["kind"], request["content"] or "", styles, settings, stock=_stock)
    found = foresee(run)
    scales = [vars(scale) for scale in found.scales]
    return dict(scales=scales, memory=found.memory, allowed=found.allowed, seconds=found.seconds)


def _instant(request: Mapping[str, Any]) -> dict[str, Any]:
    settings = preset("instant").with_changes(**request["settings"])
    look = str(request["look"])
    name = look if look.endswith(SUFFIX) else _look_of(look)
    made = instant(request["content"], name, settings, stock=_stock, on_event=lambda _event: None)
    image = made.image.convert("RGB")
    image.save(request["output"], "JPEG", quality=QUALITY)
    return dict(width=image.width, height=image.height)


def _making(request: Mapping[str, Any]) -> dict[str, Any]:
    write_making(request["pictures"], Path(request["output"]))
    return {}


def _look_of(painting: str) -> str:
    """Return a file with the look of the package that fits a painting best, in the painting's colours."""
    target = shelf.learnt_path(painting, 0)
    if target.is_file():
        return str(target)
    with tempfile.TemporaryDirectory() as folder:
        photos = bundled(TRAINED_ON), bundled(UNSEEN)
        making = Making(painting, *photos, Path(folder), minutes=0, kernels=False)
        for _ in making:
            pass
        look = making.look(target.stem, "")
    make_folders(target.parent)
    look.write(target)
    return str(target)


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if isinstance(value, str | int | float | bool)}


_ANSWERS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "plan": _plan,
    "instant": _instant,
    "making": _making,
}


if __name__ == "__main__":
    main()
