"""`impasto video`: from the words on the command line to a film on disk; and one that was stopped, gone on with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.cli.own import SUFFIX
from impasto.cli.progress import Reporter, reporter
from impasto.cli.stylize import INTERRUPTED, memory_of, style_and_weight, termination_as_interrupt
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Note, Preview
from impasto.errors import ClipError, ImpastoError, JobError, MemoryShortage, OutputError
from impasto.jobs.film import FilmJob, filming_of
from impasto.jobs.record import RECORD
from impasto.media.film import check_film
from impasto.media.image import check_output, image_of, save, unused
from impasto.recipe.inputs import Finder
from impasto.recipe.recipe import Recipe
from impasto.run import Run
from impasto.settings import Settings

Prepare = Callable[[Path], FilmJob]
"""What begins a film, or goes on with it, in a folder."""


def paint_film(clip: str, styles: Sequence[str], settings: Settings, run: Run) -> int:
    """Paint a clip, report and save; return the exit code. Raises ImpastoError."""
    pairs = [style_and_weight(style) for style in styles]
    stem = "+".join(Path(path).stem for path in (clip, *(path for path, _ in pairs)))
    output = Path(run.output) if run.output else unused(Path.cwd(), stem, ".mp4")
    run = replace(run, output=str(output))

    def prepare(folder: Path) -> FilmJob:
        return FilmJob.start(folder, clip, list(pairs), settings, run, device=run.device, memory=memory_of(run), own=not run.job)

    return carry_out_film(prepare, run)


def paint_film_again(file: str, folders: Sequence[str], changes: Mapping[str, Any], run: Run) -> int:
    """Paint a film again by the recipe in it, report and save; return the exit code. Raises ImpastoError."""
    path = Path(file)
    recipe, finder = Recipe.read(path), Finder(path.absolute().parent, folders)
    run = replace(run, output=run.output or str(unused(Path.cwd(), path.stem, path.suffix)))

    def prepare(folder: Path) -> FilmJob:
        with tempfile.TemporaryDirectory() as empty:
            filming, notes = filming_of(recipe, finder, changes, Path(empty), device=run.device, memory=memory_of(run))
        clip, styles, settings = str(filming.clip.path), list(filming.styles), filming.settings
        job = FilmJob.start(folder, clip, styles, settings, run, device=run.device, memory=memory_of(run), own=not run.job)
        job.notes += notes
        return job

    return carry_out_film(prepare, run, kept=[path])


def go_on_with_film(folder: str, inputs: Sequence[str], run: Run) -> int:
    """Paint the film of a job folder to its end; return the exit code. Raises ImpastoError."""

    def prepare(place: Path) -> FilmJob:
        job = FilmJob.resume(place, inputs=inputs, memory=memory_of(run), previews=bool(run.preview))
        job.record = job.record.with_run(run)
        job.record.write(job.folder)
        return job

    return carry_out_film(prepare, replace(run, job=folder))


def carry_out_film(prepare: Prepare, run: Run, *, kept: Sequence[Path] = ()) -> int:
    """Paint a film in its job folder, report and write it; return the exit code. Raises ImpastoError."""
    hold_freed_memory()
    report, output, failure = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview), Path(run.output), None
    try:
        with termination_as_interrupt(), _job(prepare, run, report) as job:
            check_film(output, job.filming.size, (*job.filming.sources, *kept))
            if run.preview:
                check_output(Path(run.preview), size=job.filming.size, alpha=False, inputs=job.filming.sources)
            for note in job.notes:
                report.note(note)
            try:
                _iterate(job, run, report)
            except (KeyboardInterrupt, MemoryShortage, OutputError) as error:
                failure = error
            if job.filming.reading is None or not job.filming.done:
                raise failure or KeyboardInterrupt
            written = job.write(output, recipe=not run.no_recipe, private=run.private)
            if run.recipe:
                job.recipe(private=run.private).save(run.recipe)
            report.done(_record(job, written, output, interrupted=failure is not None))
            if failure:
                report.note(f"'impasto resume {job.folder}' goes on from here")
            elif job.record.own:
                job.remove()
            reading = job.filming.reading
    finally:
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    if failure is None and not reading.whole:
        raise ClipError(f"'{output}' is painted, but not all of the clip could be read: {'; '.join(reading.notes)}; take another copy of it")
    return INTERRUPTED if failure else 0


def _iterate(job: FilmJob, run: Run, report: Reporter) -> None:
    for event in job:
        if isinstance(event, Preview):
            save(image_of(event.pixels), run.preview)
        if isinstance(event, Note):
            report.note(event.text)
        else:
            report.event(event)


@contextmanager
def _job(prepare: Prepare, run: Run, report: Reporter) -> Iterator[FilmJob]:
    """Yield the job in the folder that was named; else in one beside the output, or with --no-job in a temporary one."""
    if run.no_job and not run.job:
        with tempfile.TemporaryDirectory(prefix="impasto-") as folder, prepare(Path(folder)) as job:
            yield job
        return
    with _begun(prepare, run, report) as job:
        yield job


def _begun(prepare: Prepare, run: Run, report: Reporter) -> FilmJob:
    """Return the job in the folder that was named, or in the first beside the output that is of this film or free."""
    if run.job:
        return prepare(Path(run.job))
    output, number = Path(run.output), 1
    while True:
        folder = output.with_name(f"{output.name}{'' if number == 1 else f'-{number}'}{SUFFIX}")
        try:
            return prepare(folder)
        except JobError:
            if not (folder / RECORD).exists() or number > 99:
                raise
            report.note(f"'{folder}' keeps another film and is left as it is")
        number += 1


def _record(job: FilmJob, written: int, output: Path, *, interrupted: bool) -> dict[str, Any]:
    height, width = job.filming.size
    return {
        "kind": "done",
        "output": str(output),
        "width": width,
        "height": height,
        "frames": written,
        "seconds": job.seconds,
        "interrupted": interrupted,
    }
