"""A task of a batch carried out into its file, in a job folder that is kept until the file is written."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.engine.device import choose_device
from impasto.engine.events import Event
from impasto.engine.threads import use_threads
from impasto.errors import JobError, JobMismatch, OutputError, RecipeError, option, worded
from impasto.jobs.carry_out import carry_out
from impasto.jobs.folder import remove_folder
from impasto.jobs.job import Job
from impasto.jobs.kinds import KINDS, Run, make
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


@dataclass(frozen=True)
class Outcome:
    """The end of a task: `kind` is painted; skipped if its result existed; failed for a `reason`; or let go.

    `text` is the reason with the marks of `errors.option`; `seconds` are those of painting, over all
    interruptions.
    """

    task: Task
    kind: str
    text: str = ""
    seconds: float = 0.0

    @property
    def reason(self) -> str:
        """Why it failed; empty if it did not."""
        return worded(self.text)


def job_folder(task: Task) -> Path:
    """Return where a task is kept until its result is written."""
    output = Path(task.output)
    return Path(task.folder) if task.folder else output.parent / JOBS / output.name


def options_of(task: Task) -> RunOptions:
    """Return the options of a task's run."""
    return RunOptions(output=task.output, strip=task.strip, private=task.private)


def paint(
    task: Task, *, stock: Stock | None = None, memory: int | None = None, threads: int = 0
) -> Generator[Event, None, Outcome]:
    """Carry a task out unless it is done: yield events, write the result and return the outcome.

    Close it, or let the process die, and the next call resumes from the last step that was kept. `threads` is
    used if the settings name none; 0 leaves the number of the process. Raises OutputError or JobError if
    something else is there that is not to be replaced, and other subclasses of ImpastoError.
    """
    folder = job_folder(task)
    if is_done(task):
        _remove(folder)
        return Outcome(task, "skipped")
    use_threads(threads)
    _clear(folder, task)
    run, output, options = _run(task, stock, memory), Path(task.output), options_of(task)
    check_place(output, run.sources)
    try:
        with Job.start(folder, run, options) as job:
            done = yield from carry_out(job, output, options)
            if done is None:
                return Outcome(task, "let go")
            _remove(folder)
    finally:
        _remove_last(folder)
    return Outcome(task, "painted", seconds=done.facts["seconds"])


def is_done(task: Task, *, anywhere: bool = False) -> bool:
    """Whether the result of a task exists; raises what `amiss` does, and OutputError if another is there.

    With `repaint`, another result is no error.
    """
    why = amiss(task, anywhere=anywhere)
    if why and not task.repaint:
        raise OutputError(f"there is a picture already, {why}", f"{option('repaint')} paints it again")
    return why == ""


def amiss(task: Task, *, anywhere: bool = False) -> str | None:
    """Return how the file at a task's output differs from the result that is wanted.

    It is empty if there is no difference, and None if there is no file. With `anywhere` another machine's
    device is accepted if the task leaves it open. Raises PictureError if an input cannot be read, and
    OutputError if no result can be written there.
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
    """Raise the error with which `paint` would fail before its first step, and change nothing.

    With `anywhere` another machine paints, with memory and jobs of its own.
    """
    if not anywhere:
        _check_begun(job_folder(task), task)
    run, output = _run(task, stock, sys.maxsize if anywhere else memory), Path(task.output)
    if is_folder(output.parent):  # otherwise it will be made later
        check_place(output, run.sources)


def _run(task: Task, stock: Stock | None, memory: int | None) -> Run:
    """Return the run of a task; raises ImpastoError if there is none, or its file cannot hold the result."""
    run = make(task, memory=memory, stock=stock)
    run.check_format(Path(task.output))
    return run


def wanted(task: Task) -> Recipe:
    """Return the recipe of a task before the machine decides anything; raises PictureError."""
    kind = KINDS[task.kind]
    settings = kind.asked(task.content, task.settings)
    styles = (input_of("style", path, weight) for path, weight in task.styles)
    inputs = (
        *([input_of("content", task.content)] if task.content else []),
        *styles,
        *(input_of(field, file) for field, file in files_of(settings)),
    )
    weights = next((item.sha256 for item in inputs if item.role == "weights"), kind.network(task.settings))
    device = choose_device(task.device).type
    return Recipe.of(settings, inputs, weights=weights, device=device, command=task.kind)


def _clear(folder: Path, task: Task) -> None:
    """Clear a job folder unless it has this task's job; raises JobMismatch if it has one that must stay."""
    if not is_there(folder) or _check_begun(folder, task):
        return
    lock = Lock(folder)
    try:
        _remove(folder)
    finally:
        lock.release()


def _check_begun(folder: Path, task: Task) -> bool:
    """Return whether a job folder has this task's job; raises JobMismatch if it has one that must stay."""
    if not is_there(folder / RECORD):
        return False
    anew = f"{option('repaint')} restarts it"
    try:
        other = difference(Record.read(folder).recipe, wanted(task))
    except JobError as error:
        if not task.repaint:
            way_out = error.way_out if error.way_out == UPDATE else anew
            raise type(error)(f"it was begun, but {error.what}", way_out, **error.fields) from None
        return False
    if other and not task.repaint:
        raise JobMismatch(
            f"it was begun, by another recipe: {other}",
            f"{anew}, or resume the job in '{folder}'",
            folder=str(folder),
            difference=other,
        )
    return not other


def _remove(folder: Path) -> None:
    """Remove a job folder, and the folder of all jobs if it was the last one."""
    with suppress(JobError):
        remove_folder(folder)
    _remove_last(folder)


def _remove_last(folder: Path) -> None:
    """Remove the folder of all jobs if it is empty."""
    if folder.parent.name == JOBS:
        remove_empty([folder.parent])
