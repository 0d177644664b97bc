"""One task painted into its file, in a job folder that stays for as long as there is no picture."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from impasto.encoder.weights import BUNDLED_SHA256
from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.errors import JobError, OutputError, RecipeError
from impasto.jobs.folder import remove_folder
from impasto.jobs.job import Job
from impasto.jobs.labels import JOBS
from impasto.jobs.lock import Lock
from impasto.jobs.record import RECORD, Record, difference
from impasto.jobs.tasks import Task
from impasto.media.image import check_place
from impasto.media.paths import is_folder, is_there, remove_empty
from impasto.recipe.fields import UPDATE
from impasto.recipe.finder import input_of
from impasto.recipe.input import files_of
from impasto.recipe.recipe import Recipe
from impasto.settings.run import RunOptions
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization


@dataclass(frozen=True)
class Outcome:
    """What became of a task: `kind` is painted, skipped where the picture was there by the same recipe, or failed for a `reason`.

    `seconds` are those of painting, over all stops.
    """

    task: Task
    kind: str
    reason: str = ""
    seconds: float = 0.0


def job_folder(task: Task) -> Path:
    """Return where a task is painted unless told otherwise."""
    output = Path(task.output)
    return output.parent / JOBS / output.name


def paint(
    task: Task,
    *,
    folder: Path | None = None,
    stock: Stock | None = None,
    memory: int | None = None,
    threads: int = 0,
) -> Generator[Event, None, Outcome]:
    """Paint a task unless that is done, yield events, write the picture, remove the job and return the outcome.

    Close it, or let the process die, and the next call goes on from the last step that was kept in `folder`. `threads`
    hold where the settings name none, 0 for those that there are. Raises OutputError or JobError where something
    else is there and not to be painted anew, and ImpastoError's other children.
    """
    folder = folder or job_folder(task)
    if is_done(task):
        _remove(folder)
        return Outcome(task, "skipped")
    if threads:
        torch.set_num_threads(threads)
    _clear(folder, task)
    run, output = _stylization(task, stock, memory), Path(task.output)
    check_place(output, run.sources)
    try:
        with Job.start(
            folder, run, RunOptions(output=task.output, strip=task.strip, private=task.private)
        ) as job:
            yield from job
            result = job.result()
            result.save(output, strip=task.strip, private=task.private)
            _remove(folder)
    finally:
        _remove_last(folder)
    return Outcome(task, "painted", seconds=result.facts["seconds"])


def is_done(task: Task, *, anywhere: bool = False) -> bool:
    """Whether the picture of a task is there; raises OutputError where another is that is to stay, and what `amiss` does."""
    why = amiss(task, anywhere=anywhere)
    if why and not task.repaint:
        raise OutputError(f"there is a picture already, {why}; --repaint paints it anew")
    return why == ""


def amiss(task: Task, *, anywhere: bool = False) -> str | None:
    """Return in what the picture at a task's output is not the one that is wanted, in words; empty where it is, None where there is none.

    `anywhere` says that another machine's device will do where the task leaves it open. Raises PictureError where an input
    cannot be read, and OutputError where there is no picture to be had.
    """
    path = Path(task.output)
    if not is_there(path):
        return None
    check_place(path)
    try:
        recipe = Recipe.read(path)
    except RecipeError:
        return "without a recipe that can be read"
    if not recipe.finished:
        return "stopped early"
    asked = wanted(task)
    if anywhere and task.device == "auto":
        asked = replace(asked, device=recipe.device)
    if other := difference(recipe, asked):
        return f"of another recipe: {other}"
    if recipe.strip != task.strip:
        return f"{'without' if recipe.strip else 'with'} the photo's metadata"
    return (
        ""
        if recipe.private == task.private
        else f"{'without' if recipe.private else 'with'} the names of its inputs"
    )


def check(
    task: Task, *, stock: Stock | None = None, memory: int | None = None, anywhere: bool = False
) -> None:
    """Raise the error with which `paint` would fail before its first step, and leave everything as it is.

    `anywhere` says that another machine is to paint, whose memory and jobs are its own.
    """
    if not anywhere:
        _check_begun(job_folder(task), task)
    run, output = _stylization(task, stock, sys.maxsize if anywhere else memory), Path(task.output)
    if is_folder(output.parent):  # else it is yet to be made
        check_place(output, run.sources)


def _stylization(task: Task, stock: Stock | None, memory: int | None) -> Stylization:
    """Return the run of a task; raises ImpastoError's children where it cannot be, or its file could not hold the result."""
    run = Stylization(
        task.content, list(task.styles), task.settings, device=task.device, memory=memory, stock=stock
    )
    run.check_format(Path(task.output))
    return run


def wanted(task: Task) -> Recipe:
    """Return the recipe of a task as asked for, with nothing that a machine decides; raises PictureError."""
    styles = (input_of("style", path, weight) for path, weight in task.styles)
    inputs = (
        input_of("content", task.content),
        *styles,
        *(input_of(field, file) for field, file in files_of(task.settings)),
    )
    weights = next((item.sha256 for item in inputs if item.role == "weights"), BUNDLED_SHA256)
    return Recipe.of(task.settings, inputs, weights=weights, device=choose_device(task.device).type)


def _clear(folder: Path, task: Task) -> None:
    """Remove what is in a job folder unless it is this task's; raises JobError where that is a job of another recipe and is to stay."""
    if not is_there(folder) or _check_begun(folder, task):
        return
    lock = Lock(folder)
    try:
        _remove(folder)
    finally:
        lock.release()


def _check_begun(folder: Path, task: Task) -> bool:
    """Tell whether a job folder has this task's job; raises JobError where that is one of another recipe and is to stay."""
    if not is_there(folder / RECORD):
        return False
    try:
        other = difference(Record.read(folder).recipe, wanted(task))
        why = f"by another recipe: {other}" if other else ""
    except JobError as error:
        if not task.repaint:
            way_out = error.way_out if error.way_out == UPDATE else "--repaint begins it anew"
            raise JobError(f"it was begun, but {error.what}", way_out) from None
        return False
    if why and not task.repaint:
        raise JobError(
            f"it was begun, {why}; --repaint begins it anew, and 'impasto resume {folder}' goes on"
        )
    return not why


def _remove(folder: Path) -> None:
    """Remove a job folder, and the folder of all of them where it was the last."""
    with suppress(JobError):
        remove_folder(folder)
    _remove_last(folder)


def _remove_last(folder: Path) -> None:
    """Remove the folder of all job folders where that of this name was the last."""
    if folder.parent.name == JOBS:
        remove_empty([folder.parent])
