"""Batches on this machine: every photo with every style."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import torch

from impasto.engine.device import choose_device
from impasto.engine.memory import limit
from impasto.errors import ImpastoError, OutputError, SettingsError, option
from impasto.jobs.batch_task import Outcome
from impasto.jobs.kinds import KINDS
from impasto.jobs.process import Share
from impasto.jobs.tasks import Name, Task, tasks_of
from impasto.jobs.workers import Progress, Workers
from impasto.media.image import check_place
from impasto.media.paths import is_folder, landing, make_folders, remove_empty
from impasto.settings import Settings


def batch(
    photos: Name | Iterable[Name],
    styles: Name | Iterable[Name],
    folder: Name,
    settings: Settings | None = None,
    *,
    jobs: int = 1,
    suffix: str = ".png",
    repaint: bool = False,
    strip: bool = False,
    private: bool = False,
    device: str = "auto",
    memory: int | None = None,
) -> Generator[Progress | Outcome]:
    """Paint every photo with every style into a folder, and yield the events and outcome of each pair.

    Results are called `photo+style.png`. Photos and styles are files, folders and patterns; a clip that is
    named itself becomes a film, `clip+style.mp4`. A result with the same recipe is skipped; one with another
    recipe fails, unless `repaint`. Each pair is painted in a job folder, so that an interrupted batch is
    resumed by the next one. `jobs` processes share threads and `memory`; since they are new processes, a
    script needs `if __name__ == "__main__":`. Raises subclasses of ImpastoError before the work begins.
    """
    of_task = dict(repaint=repaint, strip=strip, private=private, device=device)
    tasks = tasks_of(
        _several(photos), _several(styles), folder, settings or Settings(), suffix=suffix, **of_task
    )
    events = carry_out(tasks, jobs=jobs, memory=memory)
    made = prepare(tasks)

    def tidied() -> Generator[Progress | Outcome]:
        try:
            yield from events
        finally:
            remove_empty(made)

    return tidied()


def prepare(tasks: Sequence[Task]) -> list[Path]:
    """Make the folder of the results, check that they can be written, and return the folders that were made.

    Raises OutputError and SettingsError.
    """
    task = tasks[0]
    folder = Path(task.output).parent
    choose_device(task.device)
    try:
        made = make_folders(folder)
    except OSError as error:
        what = f"cannot make folder '{folder}': {error.strerror or error}"
        raise OutputError(what, f"choose another {option('output')}") from None
    try:
        for one in {other.kind: other for other in tasks}.values():
            KINDS[one.kind].check_format(Path(one.output), one.settings)
        check_place(Path(task.output))
    except ImpastoError:
        remove_empty(made)
        raise
    return made


def check_folder(tasks: Sequence[Task]) -> None:
    """Raise what `prepare` would, without making anything."""
    task, folder = tasks[0], Path(tasks[0].output).parent
    choose_device(task.device)
    real = Path(os.path.realpath(landing(folder)))
    above = next(one for one in (real, *real.parents) if os.path.lexists(one))
    if not is_folder(above) or not os.access(above, os.W_OK | os.X_OK):
        reason = f"'{above}' cannot be written to" if is_folder(above) else f"'{above}' is a file"
        raise OutputError(f"cannot make folder '{folder}': {reason}", f"choose another {option('output')}")
    for one in {other.kind: other for other in tasks}.values():
        KINDS[one.kind].check_format(Path(one.output), one.settings)


def carry_out(
    tasks: Sequence[Task], *, jobs: int = 1, memory: int | None = None
) -> Generator[Progress | Outcome]:
    """Paint tasks in `jobs` processes, and yield their events and outcomes.

    They share the threads of this process and `memory` bytes, by default what is free. Raises SettingsError.
    """
    if jobs < 1:
        raise SettingsError(f"jobs must be >= 1, got {jobs}")
    jobs = min(jobs, len(tasks))
    return Workers(jobs, share_of(jobs, memory, tasks[0].device)).paint(tasks)


def share_of(jobs: int, memory: int | None, device: str = "auto") -> Share:
    """Return the share of each of `jobs` processes in the threads and in `memory` bytes.

    By default, several processes share the memory that is free now.
    """
    if memory is None and jobs > 1:
        memory = limit(choose_device(device))
    return Share(max(1, torch.get_num_threads() // jobs), memory and memory // jobs, jobs)


def _several(names: Name | Iterable[Name]) -> Iterable[Name]:
    return [names] if isinstance(names, str | os.PathLike) else names
