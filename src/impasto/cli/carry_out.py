"""Carry out a run of any kind for the command line: choose and check its output, paint, report and save."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from impasto.cli.ongoing import SUFFIX, Ongoing, folder_of_before
from impasto.cli.output import Output
from impasto.cli.progress import Reporter, reporter, tell
from impasto.cli.signals import TERMINATIONS, handled
from impasto.cli.streams import STREAM
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Done, Event, Preview, as_record
from impasto.engine.memory import parse_bytes
from impasto.errors import ClipError, Diverged, ImpastoError, MemoryShortage, OutputError, option
from impasto.jobs.carry_out import write
from impasto.jobs.film import went_to
from impasto.jobs.job import Job
from impasto.jobs.kinds import KINDS, Run
from impasto.jobs.record import RECORD, Record
from impasto.media.formats import ENDINGS
from impasto.media.image import Source, check_output, check_place, image_of, save, with_alpha
from impasto.media.names import reserve, unused
from impasto.media.paths import is_folder, is_there, lies_in, same_place
from impasto.settings.run import RunOptions

Prepare = Callable[[], Run | Job]
"""A function that makes a run or resumes a job."""

INTERRUPTED = 130


def carry_out(
    prepare: Prepare,
    run: RunOptions,
    *,
    kept: Sequence[Path] = (),
    name: tuple[str, str] | None = None,
    own_job: bool = True,
) -> int:
    """Paint a run, report and save; return the exit code. Raises ImpastoError.

    Its inputs and the files in `kept` are never overwritten. If `run` names no output, an unused name is
    made from the stem and suffix of `name`, or from the inputs. With `own_job` a long run gets a job folder
    automatically.
    """
    hold_freed_memory()
    report, ongoing, painted = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview), None, False
    own_job = own_job and not run.job and not run.no_job and run.output != STREAM
    try:
        with termination_as_interrupt(), ExitStack() as stack:
            ongoing = _prepared(prepare(), run, kept, name, report, stack, own_job=own_job)
            failure = _iterate(ongoing)
            hopeless = isinstance(failure, Diverged) and not ongoing.made.painted
            if failure and not hopeless and ongoing.is_resumable(failure):
                report.note(f"'impasto resume {ongoing.folder}' continues from here")
            if failure and not ongoing.made.painted:
                painted = hopeless  # discard an automatic folder: the run would diverge again if resumed
                raise failure
            unread = _finish(ongoing, interrupted=failure is not None)
            painted = failure is None
    except Exception:
        if ongoing and ongoing.job:
            ongoing.job.withdraw()
        raise
    finally:
        if ongoing:
            ongoing.release(painted=painted)
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    if failure is None and unread:
        raise ClipError(
            f"'{ongoing.output.shown}' is painted, "
            f"but not all of '{ongoing.made.sources[0]}' could be read: {'; '.join(unread)}",
            "take another copy of it",
        )
    return INTERRUPTED if failure else 0


def memory_of(run: RunOptions) -> int | None:
    """Return the memory limit of a run in bytes, None if there is none. Raises SettingsError."""
    return parse_bytes(run.memory) if run.memory else None


def previews_of(run: RunOptions) -> int:
    """Return the steps between two previews, 0 for none."""
    return run.preview_every if run.preview else 0


def check_stream(kind: str, run: RunOptions) -> None:
    """Raise OutputError if a result of a kind cannot go to stdout."""
    if run.output == STREAM and KINDS[kind].foldered:
        what = f"a {KINDS[kind].result} cannot go to stdout"
        raise OutputError(what, f"name a file that ends in {', '.join(ENDINGS)}")


def record_in(folder: str) -> Record | None:
    """Return the record of a job folder, None if there is no job in it yet; raises JobError."""
    return Record.read(Path(folder)) if folder and is_there(Path(folder) / RECORD) else None


def _prepared(
    prepared: Run | Job,
    run: RunOptions,
    kept: Sequence[Path],
    name: tuple[str, str] | None,
    report: Reporter,
    stack: ExitStack,
    *,
    own_job: bool,
) -> Ongoing:
    """Return a run with its output, chosen and checked, and with its job if it starts with one."""
    made, job = (prepared.run, prepared) if isinstance(prepared, Job) else (prepared, None)
    if job:
        stack.callback(job.close)
    kind, names = KINDS[made.command], name or made.name
    check_stream(made.command, run)
    folder = str(job.folder) if job else run.job
    if own_job and not job:
        folder = folder_of_before(made, run, *names, report)
    record = job.record if job else record_in(folder)
    recorded, reserved = (record.run.output, record.reserved) if record else ("", False)
    output = stack.enter_context(Output(run, lambda: names, recorded=recorded, reserved=reserved))
    inputs = (*made.sources, *kept)
    made.check_output(output.path, inputs, replace=went_to(folder, output.path))
    check_beside(output.path, run, inputs, what=kind.result)
    if job is None and kind.foldered and not folder:
        folder = (
            stack.enter_context(tempfile.TemporaryDirectory(prefix="impasto-"))
            if run.no_job
            else str(unused(output.path.parent, output.path.name, SUFFIX))
        )
    if folder and job is None:
        job = Job.start(folder, made, run, temporary=kind.foldered and not run.job)
    ongoing = Ongoing(job.run if job else made, job, output, run, report, own_job and not job)
    ongoing.keep()
    return ongoing


def check_beside(
    output: Path,
    run: RunOptions,
    inputs: tuple[Source, ...],
    *,
    what: str = "picture",
) -> None:
    """Raise OutputError if a preview, a recipe or a job cannot be written beside the output."""
    if run.preview:
        check_output(Path(run.preview), size=(1, 1), alpha=False, inputs=inputs)
        if same_place(run.preview, output):
            raise OutputError(f"'{run.preview}' is the {what} itself", f"choose another {option('preview')}")
    if run.recipe:
        check_place(Path(run.recipe), inputs)
        if same_place(run.recipe, output):
            way_out = f"choose another {option('recipe')}, or none: the {what} contains its recipe"
            raise OutputError(f"'{run.recipe}' is the {what} itself", way_out)
        if run.preview and same_place(run.recipe, run.preview):
            raise OutputError(f"'{run.recipe}' is the preview too", f"choose another {option('recipe')}")
    for field, text in (("preview", run.preview), ("recipe", run.recipe)):
        places = (one for one in (output, *inputs) if isinstance(one, str | os.PathLike) and is_folder(one))
        folder = next((one for one in places if text and lies_in(text, one)), None)
        if folder is not None:
            raise OutputError(
                f"'{text}' lies in '{folder}', a folder of frames", f"choose another {option(field)}"
            )
    for path in (str(output), run.preview, run.recipe) if run.job else ():
        if path and (same_place(path, run.job) or lies_in(run.job, path)):
            raise OutputError(
                f"'{run.job}' cannot be the job's folder, as '{path}' is written there",
                f"choose another {option('job')}",
            )


def _iterate(ongoing: Ongoing) -> BaseException | None:
    """Paint to the end; return the exception that ended it early if there is something to keep, else None."""
    try:
        with _stopping(ongoing) as asked:
            for event in ongoing:
                if shown := _previewed(event, ongoing.made, ongoing.run):
                    tell(ongoing.report, shown, ongoing.folder)
                if asked:
                    raise KeyboardInterrupt
            if ongoing.job and ongoing.job.let_go:  # cancelled by another process
                raise KeyboardInterrupt
    except (KeyboardInterrupt, Diverged, MemoryShortage) as error:
        if ongoing.job:
            ongoing.job.stop()
        return error
    except ImpastoError as error:
        if not KINDS[ongoing.made.command].foldered:
            raise
        return error
    return None


def _previewed(event: Event, run: Run, options: RunOptions) -> Event | None:
    """Return the event to show, after writing a preview to its file; None if only the job needs the event."""
    if not isinstance(event, Preview):
        return event
    if event.pixels is None or not options.preview:
        return None
    save(with_alpha(image_of(event.pixels), getattr(run, "alpha", None)), options.preview)
    return event


def _finish(ongoing: Ongoing, *, interrupted: bool) -> list[str]:
    """Save and report the result; return the unreadable parts of the inputs. Raises OutputError."""
    result, run, output = ongoing.made.result(), ongoing.run, ongoing.output
    kind = KINDS[ongoing.made.command]
    try:
        if kind.foldered:  # its frames are kept in the job folder
            write(result, output.path, run, replace=True)
        else:
            save_somewhere(lambda path: write(result, path, run), output.path)
        output.send()
        ongoing.is_written()
        if run.recipe:
            try:
                result.recipe_for(strip=run.strip, private=run.private).save(run.recipe)
            except OutputError as error:
                raise OutputError(f"{error.text}. The {kind.result} is at '{output.shown}'") from error
    except OutputError:
        if ongoing.job and ongoing.stays:
            at = ongoing.folder
            ongoing.report.note(f"'{at}' stays; 'impasto resume {at} -o FILE' writes the {kind.result}")
        raise
    facts = {**result.facts, "interrupted": interrupted, "settings": result.settings.as_table()}
    done = Done(output.shown, facts)
    if ongoing.job and not interrupted:
        ongoing.job.log.add(done)
    ongoing.report.done(as_record(done))
    return result.unread


def save_somewhere(save_at: Callable[[Path], object], output: Path) -> None:
    """Save to `output`; if that fails, save to the temporary folder and raise OutputError."""
    try:
        save_at(output)
    except OutputError as error:
        refuge = reserve(Path(tempfile.gettempdir()), output.stem)
        try:
            save_at(refuge.path)
        finally:
            refuge.release()
        raise OutputError(f"{error.text}. The picture is kept at '{refuge.path}'") from error


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM and a closed terminal save the picture so far, as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handled(interrupt, *TERMINATIONS):
        yield


@contextmanager
def _stopping(ongoing: Ongoing) -> Iterator[list[int]]:
    """Yield a list that is filled when the job should stop after the current step and keep it.

    The first Ctrl-C, SIGTERM or SIGHUP requests that. The second interrupts at once, as does the first if
    the job is paused or there is no job.
    """
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked or ongoing.job is None or ongoing.job.paused:
            raise KeyboardInterrupt
        asked.append(number)

    with handled(ask, signal.SIGINT, *TERMINATIONS):
        yield asked
