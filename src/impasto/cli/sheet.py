"""`impasto sheet`: paint a contact sheet and write it as it progresses."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from impasto.cli.carry_out import INTERRUPTED, memory_of, save_somewhere, termination_as_interrupt
from impasto.cli.output import Output
from impasto.cli.progress import Json, Reporter, reporter, tell
from impasto.cli.said import said
from impasto.cli.stylize import style_and_weight
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import CellBegun
from impasto.engine.threads import use_threads
from impasto.errors import ImpastoError, MemoryShortage, OutputError, PictureError
from impasto.media.image import check_output
from impasto.recipe.sheet import Axis
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.run import RunOptions
from impasto.stills.flaws import find_flaws
from impasto.stills.sheet import Sheet
from impasto.stills.styles import Style

EVERY = 10.0
"""Seconds between two saves of the sheet while it is painted."""


def paint_sheet(
    content: str,
    styles: Sequence[str],
    vary: Sequence[str],
    settings: Settings,
    cells: Cells,
    run: RunOptions,
) -> int:
    """Paint a sheet, report and save; return the exit code. Raises ImpastoError."""

    def prepare() -> Sheet:
        use_threads(settings.threads)
        axes, rows = [Axis.parse(text) for text in vary], [styles_in(text) for text in styles]
        return Sheet(content, rows, axes, settings, cells, device=run.device, memory=memory_of(run))

    return carry_out_sheet(prepare, run, f"{Path(content).stem}+sheet")


def carry_out_sheet(prepare: Callable[[], Sheet], run: RunOptions, stem: str) -> int:
    """Paint a prepared sheet, report and save; return the exit code. Raises ImpastoError.

    If `run` names no output, an unused name is made from `stem`.
    """
    hold_freed_memory()
    report, failure = reporter(quiet=run.quiet, as_json=run.json, preview=""), None
    try:
        with termination_as_interrupt(), ExitStack() as stack:
            sheet = prepare()
            target = stack.enter_context(Output(run, lambda: (stem, ".png")))
            output, inputs = target.path, tuple(file for one in sheet.runs.values() for file in one.sources)
            check_output(output, size=sheet.size, alpha=False, inputs=inputs)
            try:
                _paint(sheet, output, run, report)
            except (KeyboardInterrupt, MemoryShortage) as error:
                failure = error
            if sheet.seconds == 0:
                raise failure or KeyboardInterrupt
            save_somewhere(lambda path: sheet.save(path, private=run.private), output)
            target.send()
            flaws = {} if failure or (run.quiet and not run.json) else _flaws(sheet, report)
            report.done(_record(sheet, target.shown, flaws, interrupted=failure is not None))
    finally:
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    return INTERRUPTED if failure else 0


def styles_in(text: str) -> Style | list[Style]:
    """Parse the styles of a cell, such as `night.jpg` or `night.jpg:2+harvest.jpg`.

    An existing file of the whole name has priority. Raises SettingsError.
    """
    path = text.rpartition(":")[0]
    whole = os.path.exists(text) or ("+" in path and os.path.exists(path))  # noqa: PTH110
    return (
        style_and_weight(text)
        if "+" not in text or whole
        else [style_and_weight(part) for part in text.split("+")]
    )


def _paint(sheet: Sheet, output: Path, run: RunOptions, report: Reporter) -> None:
    written = time.monotonic()
    for event in sheet:
        tell(report, event)
        if isinstance(event, CellBegun) and sheet.painted and time.monotonic() - written > EVERY:
            try:
                sheet.save(output, private=run.private)
            except OutputError as error:
                report.note(f"{said(error)}; painting continues")
            written = time.monotonic()


def _flaws(sheet: Sheet, report: Reporter) -> dict[str, str]:
    """Return a line on the flaws of each cell, and show those that have any; none without a photo."""
    if sheet.content is None or sheet.paints != "stylize":
        return {}
    found = {}
    with suppress(KeyboardInterrupt):  # the sheet is written, and its record is due
        for name, cell in sheet.painted.items():
            with suppress(PictureError):  # too small to look at, though not to paint
                if not cell.failed:
                    found[name] = find_flaws(cell.image, sheet.content, sheet.styles_of(name))
    for name, flaws in found.items():
        if any(flaws.fractions.values()) and not isinstance(report, Json):
            report.note(f"cell {name}: {flaws.words}")
    return {name: flaws.words for name, flaws in found.items()}


def _record(sheet: Sheet, output: str, flaws: Mapping[str, str], *, interrupted: bool) -> dict[str, Any]:
    """Return the record of the end; a cell has `flaws` if it was looked at for them."""
    image = sheet.image()
    cells = {
        name: {"differs": sheet.words(name), "losses": cell.losses}
        | ({"flaws": flaws[name]} if name in flaws else {})
        for name, cell in sheet.painted.items()
    }
    return {
        "kind": "done",
        "output": output,
        "width": image.width,
        "height": image.height,
        "seconds": sheet.seconds,
        "cells": cells,
        "interrupted": interrupted,
    }
