"""`impasto stylize`: from the words on the command line to a picture on disk; and a run carried out, whatever it came from."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from impasto.cli.output import Output
from impasto.cli.own import Painting, folder_of_before
from impasto.cli.progress import reporter, tell
from impasto.cli.signals import TERMINATIONS, handled
from impasto.cli.streams import STREAM
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Event, Preview
from impasto.engine.memory import parse_bytes
from impasto.errors import Diverged, ImpastoError, MemoryShortage, OutputError, SettingsError
from impasto.jobs.job import Job
from impasto.jobs.kinds import Run
from impasto.jobs.record import RECORD, Record
from impasto.media.image import Source, check_output, check_place, image_of, save, with_alpha
from impasto.media.names import reserve
from impasto.media.paths import is_folder, is_there, lies_in, same_place
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.stylize import Stylization

Prepare = Callable[[], Run | Job]
"""What makes a run, or resumes a job."""

INTERRUPTED = 130


def paint(
    content: str | None,
    styles: Sequence[str],
    settings: Settings,
    run: RunOptions,
    *,
    command: str = "stylize",
    name: str = "",
) -> int:
    """Paint from a photo, styles or one of the two alone, report and save; return the exit code. `name` is as in `carry_out`. Raises ImpastoError."""

    def prepare() -> Run:
        pairs = [style_and_weight(style) for style in styles]
        return Stylization(
            content,
            pairs,
            settings,
            command=command,
            device=run.device,
            memory=memory_of(run),
            preview_every=previews_of(run),
        )

    return carry_out(prepare, run, name=name, own_job=True)


def carry_out(
    prepare: Prepare, run: RunOptions, *, kept: Sequence[Path] = (), name: str = "", own_job: bool = False
) -> int:
    """Paint a run, report and save; return the exit code. Raises ImpastoError.

    Its inputs and the files of `kept` are never overwritten. Without an output in `run`, an unused file is named after
    `name`, such as `out.png`, or after the inputs. With `own_job` a long run gets a job folder by itself.
    """
    hold_freed_memory()
    report, painting, painted = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview), None, False
    own_job = own_job and not run.job and not run.no_job and run.output != STREAM
    try:
        with termination_as_interrupt(), ExitStack() as stack:
            prepared = prepare()
            stylization, job = (prepared.run, prepared) if isinstance(prepared, Job) else (prepared, None)
            folder = (
                folder_of_before(stylization, run, *_name_parts(stylization, name), report)
                if own_job and not job
                else run.job
            )
            record = job.record if job else record_in(folder)
            output = stack.enter_context(
                Output(
                    run,
                    lambda: _name_parts(stylization, name),
                    recorded=record.run.output if record else "",
                    reserved=bool(record and record.reserved),
                )
            )
            _check_outputs(stylization, output.path, run, (*stylization.sources, *kept))
            if folder and job is None:
                job = Job.start(folder, stylization, run)
                stylization = job.run
            painting = Painting(stylization, job, output, run, report, own_job)
            painting.keep()
            failure = _iterate(painting)
            hopeless = isinstance(failure, Diverged) and not stylization.painted
            resumable = (
                isinstance(failure, KeyboardInterrupt)
                or stylization.painted
                or bool(painting.job and painting.job.keeper.exists)
            )
            if painting.job and failure and resumable and not hopeless:
                report.note(f"'impasto resume {painting.job.folder}' goes on from here")
            if failure and not stylization.painted:
                painted = hopeless  # a folder made by itself goes: taken up, the run would diverge again
                raise failure
            try:
                _finish(painting, interrupted=failure is not None)
            except OutputError:
                if painting.job:
                    report.note(
                        f"'{painting.job.folder}' stays; 'impasto resume {painting.job.folder} -o FILE' writes the picture"
                    )
                raise
            painted = failure is None
    except Exception:
        if painting and painting.job:
            painting.job.withdraw()
        raise
    finally:
        if painting:
            painting.let_go(painted=painted)
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    return INTERRUPTED if failure else 0


def record_in(folder: str) -> Record | None:
    """Return the record of a job folder, None where there is no job in it yet; raises JobError where it is damaged."""
    return Record.read(Path(folder)) if folder and is_there(Path(folder) / RECORD) else None


def style_and_weight(text: str) -> tuple[str, float]:
    """Split `painting.jpg:2` into the path and its weight; a file of that whole name comes first. Raises SettingsError."""
    path, colon, weight = text.rpartition(":")
    # Another colon may be part of a path, as in C:\painting.jpg.
    is_weight = weight[:1] in tuple("+-.0123456789") or is_there(path)
    if not colon or is_there(text) or not is_weight:
        return text, 1.0
    try:
        return path, float(weight)
    except ValueError:
        raise SettingsError(
            f"weight of style '{path}' must be a number, got '{weight}'; write such as '{path}:1.5'"
        ) from None


def memory_of(run: RunOptions) -> int | None:
    """Return the bytes that a run may take; None where that is not said. Raises SettingsError."""
    return parse_bytes(run.memory) if run.memory else None


def previews_of(run: RunOptions) -> int:
    """Return the steps between two previews, 0 for none."""
    return run.preview_every if run.preview else 0


def _name_parts(run: Run, name: str) -> tuple[str, str]:
    """Return stem and suffix of the name that a result gets if none is given."""
    return (Path(name).stem, Path(name).suffix) if name else run.name


def _check_outputs(run: Run, output: Path, options: RunOptions, inputs: tuple[Source, ...]) -> None:
    run.check_output(output, inputs)
    check_beside(output, options, inputs)


def check_beside(
    output: Path,
    run: RunOptions,
    inputs: tuple[Source, ...],
    *,
    what: str = "picture",
) -> None:
    """Raise OutputError if a preview, a recipe or a job could not be written beside the output."""
    if run.preview:
        check_output(Path(run.preview), size=(1, 1), alpha=False, inputs=inputs)
        if same_place(run.preview, output):
            raise OutputError(f"'{run.preview}' is the {what} itself; choose another --preview")
    if run.recipe:
        check_place(Path(run.recipe), inputs)
        if same_place(run.recipe, output):
            raise OutputError(
                f"'{run.recipe}' is the {what} itself; choose another --recipe, or none: the {what} carries its recipe"
            )
        if run.preview and same_place(run.recipe, run.preview):
            raise OutputError(f"'{run.recipe}' is the preview too; choose another --recipe")
    for option, text in (("--preview", run.preview), ("--recipe", run.recipe)):
        folder = next(
            (
                one
                for one in (output, *inputs)
                if isinstance(one, str | os.PathLike) and text and is_folder(one) and lies_in(text, one)
            ),
            None,
        )
        if folder is not None:
            raise OutputError(f"'{text}' lies in '{folder}', a folder of frames; choose another {option}")
    for path in (str(output), run.preview, run.recipe) if run.job else ():
        if path and (same_place(path, run.job) or lies_in(run.job, path)):
            raise OutputError(
                f"'{run.job}' cannot be the job's folder, as '{path}' is written there; choose another --job"
            )


def previewed(event: Event, run: Run, options: RunOptions) -> Event | None:
    """Return an event to be told, after writing the file of a preview; None for one that only the job keeps."""
    if not isinstance(event, Preview):
        return event
    if event.pixels is None or not options.preview:
        return None
    save(with_alpha(image_of(event.pixels), getattr(run, "alpha", None)), options.preview)
    return event


def _iterate(painting: Painting) -> BaseException | None:
    """Run to the end, or return what ended it early with a picture worth keeping."""
    try:
        with _stopping(painting) as asked:
            for event in painting:
                if shown := previewed(event, painting.stylization, painting.run):
                    tell(painting.report, shown, str(painting.job.folder) if painting.job else "")
                if asked:
                    raise KeyboardInterrupt
    except (KeyboardInterrupt, Diverged, MemoryShortage) as error:
        if painting.job:
            painting.job.stop()
        return error
    return None


def _finish(painting: Painting, *, interrupted: bool) -> None:
    pastiche, run, output = painting.stylization.result(), painting.run, painting.output
    save_somewhere(
        lambda path: pastiche.save(path, strip=run.strip, recipe=not run.no_recipe, private=run.private),
        output.path,
    )
    output.send()
    painting.is_written()
    if run.recipe:
        try:
            pastiche.recipe_for(strip=run.strip, private=run.private).save(run.recipe)
        except OutputError as error:
            raise OutputError(f"{error.text}. The picture is at '{output.shown}'") from error
    record: dict[str, Any] = {
        "kind": "done",
        "output": output.shown,
        **pastiche.facts,
        "interrupted": interrupted,
        "settings": pastiche.settings.as_table(),
    }
    painting.report.done(record)


def save_somewhere(save_at: Callable[[Path], Path], output: Path) -> None:
    """Save where it was asked for, or, where that has become impossible since, in the temporary folder, and say so."""
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
    """Let SIGTERM and the end of the terminal save the picture so far, as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with handled(interrupt, *TERMINATIONS):
        yield


@contextmanager
def _stopping(painting: Painting) -> Iterator[list[int]]:
    """Yield a list that has something in it once a job is to end between two steps, where it can be kept.

    The first Ctrl-C, SIGTERM or SIGHUP asks for that; the second interrupts at once, as does the first where a job is paused,
    or where there is none.
    """
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked or painting.job is None or painting.job.paused:
            raise KeyboardInterrupt
        asked.append(number)

    with handled(ask, signal.SIGINT, *TERMINATIONS):
        yield asked
