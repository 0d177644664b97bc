"""A film from Python, in one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from impasto.engine.events import Event
from impasto.engine.threads import use_threads
from impasto.errors import JobError
from impasto.jobs.job import Job
from impasto.jobs.record import Record
from impasto.media.paths import same_place
from impasto.media.shown import FilmFile
from impasto.notebook import follow
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.styles import Style
from impasto.video.stylize import Filming


def film(
    clip: str | os.PathLike[str],
    style: Style | Sequence[Style],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    job: str | os.PathLike[str] | None = None,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> FilmFile:
    """Paint a clip in the style of one or several paintings, write the film, and return its path.

    The clip is a video file, a GIF or a folder of pictures. With a `job` folder, a stopped film resumes.
    `on_event` is called with every event and ends the run early, with the frames so far, by returning False;
    a notebook shows a bar without it, and plays the film that comes back. Raises subclasses of ImpastoError.
    """
    use_threads((settings or Settings()).threads)
    filming = Filming(Path(clip), style, settings, device=device)
    replaces = went_to(job, output)
    filming.check_output(Path(output), filming.sources, replace=replaces)
    with ExitStack() as stack:
        folder = job or stack.enter_context(TemporaryDirectory(prefix="impasto-"))
        own = stack.enter_context(Job.start(folder, filming, RunOptions(output=str(output))))
        own.goes_to(RunOptions(output=str(output)))
        follow(own, on_event)
        own.result().save(Path(output), replace=replaces)
    return FilmFile(output)


def went_to(folder: str | os.PathLike[str] | None, output: str | os.PathLike[str]) -> bool:
    """Return whether `output` is where the job of a folder writes its film, so that it may be replaced."""
    try:
        return bool(folder) and _goes_to(Record.read(Path(str(folder))), output)
    except JobError:
        return False


def _goes_to(record: Record, output: str | os.PathLike[str]) -> bool:
    return bool(record.run.output) and same_place(record.run.output, output)
