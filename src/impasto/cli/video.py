"""`impasto video`: from the words on the command line to a film on disk; and one that was stopped, gone on with."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
from impasto.jobs.job import recipe_of
from impasto.jobs.record import Record
from impasto.media.film import check_film
from impasto.media.image import check_output, check_place, image_of, save, unused
from impasto.recipe.inputs import Finder
from impasto.recipe.recipe import Recipe
from impasto.run import Run
from impasto.settings import Settings
from impasto.video.stylize import Filming

Prepare = Callable[[], Filming | FilmJob]
"""What makes a run, or takes a job up."""


def paint_film(clip: str, styles: Sequence[str], settings: Settings, run: Run) -> int:
    """Paint a clip, report and save; return the exit code. Raises ImpastoError."""
    pairs = [style_and_weight(style) for style in styles]
    stem = "+".join(Path(path).stem for path in (clip, *(path for path, _ in pairs)))

    def prepare() -> Filming:
        return Filming(clip, list(pairs), settings, device=run.device, memory=memory_of(run), previews=bool(run.preview))

    return carry_out_film(prepare, run if run.output else replace(run, output=str(unused(Path.cwd(), stem, ".mp4"))))


def paint_film_again(file: str, folders: Sequence[str], changes: Mapping[str, Any], run: Run) -> int:
    """Paint a film again by the recipe in it, report and save; return the exit code. Raises ImpastoError."""
    path = Path(file)
    recipe, finder = Recipe.read(path), Finder(path.absolute().parent, folders)

    def prepare() -> Filming:
        filming, notes = filming_of(recipe, finder, changes, device=run.device, memory=memory_of(run), previews=bool(run.preview))
        filming.notes += notes
        return filming

    return carry_out_film(prepare, run if run.output else replace(run, output=str(unused(Path.cwd(), path.stem, path.suffix))), kept=[path])


def go_on_with_film(folder: str, inputs: Sequence[str], run: Run) -> int:
    """Paint the film of a job folder to its end; return the exit code. Raises ImpastoError."""

    def prepare() -> FilmJob:
        job = FilmJob.resume(folder, inputs=inputs, memory=memory_of(run), previews=bool(run.preview))
        job.goes_to(run)
        return job

    return carry_out_film(prepare, run)


def carry_out_film(prepare: Prepare, run: Run, *, kept: Sequence[Path] = ()) -> int:
    """Paint a film in its job folder, report and write it; return the exit code. Raises ImpastoError."""
    hold_freed_memory()
    report, output, failure = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview), Path(run.output), None
    try:
        with termination_as_interrupt(), _job(prepare, run, kept, report) as job:
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
def _job(prepare: Prepare, run: Run, kept: Sequence[Path], report: Reporter) -> Iterator[FilmJob]:
    """Yield the job in the folder that was named; else in one beside the output, or with --no-job in a temporary one."""
    prepared = prepare()
    filming = prepared.filming if isinstance(prepared, FilmJob) else prepared
    with ExitStack() as stack:
        if isinstance(prepared, FilmJob):
            stack.enter_context(prepared)
        _check_outputs(filming, run, kept)
        if isinstance(prepared, FilmJob):
            yield prepared
            return
        own = not run.job
        folder = run.job or (stack.enter_context(tempfile.TemporaryDirectory(prefix="impasto-")) if run.no_job else _beside(filming, run, report))
        yield stack.enter_context(FilmJob.start(folder, filming, run, own=own))


def _beside(filming: Filming, run: Run, report: Reporter) -> Path:
    """Return the first folder beside the output that is of this film, or that is not there yet."""
    output, number, wanted = Path(run.output), 1, recipe_of(filming.model)
    while True:
        folder = output.with_name(f"{output.name}{'' if number == 1 else f'-{number}'}{SUFFIX}")
        try:
            if not folder.exists() or not (difference := Record.read(folder).difference(wanted)):
                return folder
        except JobError as error:
            difference = str(error)
        report.note(f"'{folder}' keeps another film and is left as it is: {difference}")
        number += 1


def _check_outputs(filming: Filming, run: Run, kept: Sequence[Path]) -> None:
    check_film(Path(run.output), filming.size, (*filming.sources, *kept))
    if run.preview:
        check_output(Path(run.preview), size=filming.size, alpha=False, inputs=filming.sources)
    if run.recipe:
        check_place(Path(run.recipe), filming.sources)


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
