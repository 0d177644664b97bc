"""`impasto instant`: one photo into a file, or many into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from impasto.cli.batch import left_out_of, paint_tasks
from impasto.cli.progress import reporter
from impasto.cli.stylize import paint as paint_one
from impasto.cli.stylize import style_and_weight
from impasto.cli.train import make_look
from impasto.errors import OutputError, SettingsError, option
from impasto.jobs.batch import carry_out
from impasto.jobs.tasks import mixed_tasks_of
from impasto.looks import shelf
from impasto.looks.shelf import path_of
from impasto.media.paths import is_file, is_folder
from impasto.settings import Settings
from impasto.settings.run import RunOptions


def looks_of(words: Sequence[str]) -> list[str]:
    """Return `file:weight` for each `look` or `look:weight`, by name or file; raises LookError."""
    return [f"{path_of(name)}:{weight}" for name, weight in map(style_and_weight, words)]


def learnt(painting: str, minutes: float, run: RunOptions) -> Path:
    """Return the file of the look of any painting, learnt for so many minutes unless that was done before.

    Raises ImpastoError.
    """
    target = shelf.learnt_path(painting, minutes)
    if is_file(target):
        return target
    report = reporter(quiet=run.quiet, as_json=run.json, preview="")
    try:
        made = make_look(painting, [], target, report, minutes=minutes, kernels=False, device=run.device)
        if made is None:
            raise KeyboardInterrupt
        reached = f"style error {made.reached.style:.2f} at content {made.reached.content:.2f}"
        report.note(f"learnt '{painting}': {reached}; kept as '{target}'")
    finally:
        report.close()
    return target


def paint(
    photos: Sequence[str],
    looks: Sequence[str],
    styles: Sequence[str],
    settings: Settings,
    run: RunOptions,
    *,
    minutes: float,
    repaint: bool,
) -> int:
    """Paint photos with a mix of looks and of the looks of paintings, report and save; return the exit code.

    Raises ImpastoError.
    """
    paintings = map(style_and_weight, styles)
    files = looks_of(looks) + [f"{learnt(path, minutes, run)}:{weight}" for path, weight in paintings]
    if len(photos) == 1 and not is_folder(photos[0]):
        return paint_one(photos[0], files, settings, run, kind="instant")
    if not run.output:
        raise OutputError("several photos need a folder for their results", f"name one as {option('output')}")
    if run.recipe:
        raise SettingsError(f"{option('recipe')} is for one photo; each result contains its recipe")
    of_task = dict[str, Any](device=run.device, strip=run.strip, private=run.private, repaint=repaint)
    pairs = [style_and_weight(file) for file in files]
    tasks = mixed_tasks_of(photos, pairs, run.output, settings, kind="instant", **of_task)
    counted = f"{len(tasks)} photo{'s' if len(tasks) > 1 else ''} with {' and '.join([*looks, *styles])}"
    left_out = left_out_of(photos, tasks)
    return paint_tasks(tasks, lambda _report: carry_out(tasks), run, counted=counted, left_out=left_out)
