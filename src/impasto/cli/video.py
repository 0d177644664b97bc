"""`impasto video`: from the words on the command line to a film on disk; and one that was stopped, gone on with."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from impasto.cli.output import Output
from impasto.cli.own import SUFFIX, folder_of_before
from impasto.cli.progress import Reporter, reporter, tell
from impasto.cli.said import said
from impasto.cli.streams import STREAM, received_among
from impasto.cli.stylize import (
    INTERRUPTED,
    check_beside,
    memory_of,
    previewed,
    record_in,
    style_and_weight,
    termination_as_interrupt,
)
from impasto.engine.allocator import hold_freed_memory
from impasto.errors import ClipError, ImpastoError, JobError, OutputError
from impasto.jobs.film import went_to
from impasto.jobs.films import again
from impasto.jobs.folder import keep_inputs
from impasto.jobs.job import Job
from impasto.media.film import ENDINGS
from impasto.media.names import unused
from impasto.media.paths import is_folder
from impasto.media.recipe import SIDECAR
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.video.stylize import Filming

Prepare = Callable[[], Filming | Job]
"""What makes a run, or takes a job up."""


def paint_film(clip: str, styles: Sequence[str], settings: Settings, run: RunOptions) -> int:
    """Paint a clip, report and save; return the exit code. Raises ImpastoError."""
    pairs = [style_and_weight(style) for style in styles]

    def prepare() -> Filming:
        return Filming(
            clip, list(pairs), settings, device=run.device, memory=memory_of(run), previews=bool(run.preview)
        )

    return carry_out_film(prepare, run)


def paint_film_again(file: str, folders: Sequence[str], changes: Mapping[str, Any], run: RunOptions) -> int:
    """Paint a film again by the recipe in it, or in a file of its own, report and save; return the exit code. Raises ImpastoError."""
    path = Path(file)
    recipe, finder, named = (
        Recipe.read(path),
        Finder(path.absolute().parent, folders),
        Path(path.name.removesuffix(SIDECAR)),
    )
    in_folder = not named.suffix and (is_folder(path) or named.name != path.name)

    def prepare() -> Filming:
        return again(
            recipe,
            finder,
            changes,
            device=run.device,
            memory=memory_of(run),
            preview_every=int(bool(run.preview)),
        )

    suffix = named.suffix if in_folder or named.suffix.lower() in ENDINGS else ".mp4"
    return carry_out_film(prepare, run, name=(named.stem, suffix), kept=[path])


def go_on_with_film(folder: str, inputs: Sequence[str], run: RunOptions) -> int:
    """Paint the film of a job folder to its end; return the exit code. Raises ImpastoError."""

    def prepare() -> Job:
        return Job.resume(folder, inputs=inputs, memory=memory_of(run), preview_every=int(bool(run.preview)))

    return carry_out_film(prepare, run)


def carry_out_film(
    prepare: Prepare, run: RunOptions, *, name: tuple[str, str] | None = None, kept: Sequence[Path] = ()
) -> int:
    """Paint a film in its job folder, report and write it; return the exit code. Raises ImpastoError.

    Its inputs and the files of `kept` are never overwritten. Without an output in `run`, an unused one has the stem and the
    ending of `name`.
    """
    hold_freed_memory()
    if run.output == STREAM:
        raise OutputError(f"a film cannot go to stdout; name a file that ends in {', '.join(ENDINGS)}")
    report, failure = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview), None
    try:
        with termination_as_interrupt(), _job(prepare, run, name, kept, report) as (job, output):
            try:
                _iterate(job, run, report)
            except (KeyboardInterrupt, ImpastoError) as error:
                failure = error
            _write(job, run, output, report, failure)
            reading = film_of(job).reading
    finally:
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    if failure is None and reading and reading.losses:
        clip = film_of(job).clip.path
        raise ClipError(
            f"'{output}' is painted, but not all of '{clip}' could be read: {'; '.join(reading.losses)}; take another copy of it"
        )
    return INTERRUPTED if failure else 0


def _write(job: Job, run: RunOptions, output: Path, report: Reporter, failure: BaseException | None) -> None:
    """Write what is painted of a film, and say how to go on where that is not all; a folder that was made by itself goes once it is not needed."""
    stays = bool(run.job) or not run.no_job
    if (
        failure
        and stays
        and film_of(job).reading
        and (isinstance(failure, KeyboardInterrupt) or job.keeper.exists)
    ):
        report.note(f"'impasto resume {job.folder}' goes on from here")
    if failure and not (film_of(job).reading and film_of(job).done):
        if job.record.own and not film_of(job).reading:
            _remove(job, report)
        raise failure
    try:
        result = job.result()
        result.save(output, recipe=not run.no_recipe, private=run.private, replace=True)
        job.goes_to(job.record.run)
        if run.recipe:
            result.recipe_for(private=run.private).save(run.recipe)
    except OutputError:
        if stays and not failure:
            report.note(f"'{job.folder}' stays; 'impasto resume {job.folder} -o FILE' writes the film")
        raise
    facts = {"kind": "done", "output": str(output), **result.facts}
    report.done({**facts, "interrupted": failure is not None})
    if job.record.own and not failure:
        _remove(job, report)


def _remove(job: Job, report: Reporter) -> None:
    try:
        job.remove()
    except JobError as error:
        report.note(said(error))


def _iterate(job: Job, run: RunOptions, report: Reporter) -> None:
    for event in job:
        if shown := previewed(event, job.run, run):
            tell(report, shown, str(job.folder))


@contextmanager
def _job(
    prepare: Prepare, run: RunOptions, name: tuple[str, str] | None, kept: Sequence[Path], report: Reporter
) -> Iterator[tuple[Job, Path]]:
    """Yield a job and where its film goes: the job in the folder that was named; else in one beside the output, or with --no-job in a temporary one."""
    prepared = prepare()
    with ExitStack() as stack:
        job = stack.enter_context(prepared) if isinstance(prepared, Job) else None
        filming = film_of(prepared) if isinstance(prepared, Job) else prepared
        folder = str(job.folder) if job else run.job
        if not folder and not run.no_job:
            folder = folder_of_before(filming, run, *(name or filming.name), report)
        record = record_in(folder)
        chosen = stack.enter_context(
            Output(
                run,
                lambda: name or filming.name,
                recorded=record.run.output if record else "",
                reserved=bool(record and record.reserved),
            )
        )
        output = chosen.path
        filming.check_output(output, (*filming.sources, *kept), replace=went_to(folder, output))
        check_beside(output, run, filming.sources, what="film")
        run = dataclasses.replace(run, output=str(output))
        if job is None:
            if run.no_job and not folder:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="impasto-"))
            job = stack.enter_context(
                Job.start(folder or unused(output.parent, output.name, SUFFIX), filming, run, own=not run.job)
            )
        job.goes_to(run, reserved=chosen.chosen)
        keep_inputs(job.folder, received_among(filming.sources))
        yield job, output


def film_of(job: Job) -> Filming:
    """Return the run of a film's job."""
    assert isinstance(job.run, Filming)
    return job.run
