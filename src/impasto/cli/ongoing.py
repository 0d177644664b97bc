"""The automatic job folder of a long run, beside its output until that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from impasto.cli.output import Output
from impasto.cli.progress import Reporter, duration
from impasto.cli.said import said
from impasto.cli.streams import received_among
from impasto.engine.events import Event, Step
from impasto.errors import JobError
from impasto.jobs.folder import keep_inputs, remove_folder
from impasto.jobs.job import Job
from impasto.jobs.kinds import Run
from impasto.jobs.record import Record
from impasto.media.names import JOB as SUFFIX
from impasto.media.names import fitting, unused
from impasto.settings.run import RunOptions

LONG = 60.0
"""Minimum estimated duration in seconds of a run that gets a folder."""

TELLING = 3
"""Number of steps needed to estimate the time left: the first ones are slower."""

PATIENCE = 5.0
"""Seconds after which the time left is estimated from fewer steps."""


@dataclass
class Ongoing:
    """A run, `made`, with its output and its job.

    If `may_get_one`, a run without a job gets one as soon as its estimated duration is long.
    """

    made: Run
    job: Job | None
    output: Output
    run: RunOptions
    report: Reporter
    may_get_one: bool = False

    def __iter__(self) -> Iterator[Event]:
        """Paint to the end."""
        if self.job is None:
            for event in self.made:
                yield event
                if self.may_get_one and _is_long(event) and self._get_one(event):
                    break
        if self.job is not None:
            yield from self.job

    @property
    def folder(self) -> str:
        """The folder of the job; empty if there is none."""
        return str(self.job.folder) if self.job else ""

    @property
    def stays(self) -> bool:
        """Whether the folder of the job is kept if the run is interrupted."""
        return self.job is not None and (bool(self.run.job) or not self.run.no_job)

    def is_resumable(self, failure: BaseException) -> bool:
        """Whether the job can be resumed after an interruption or an error."""
        if self.job is None or not self.stays:
            return False
        interrupted = isinstance(failure, KeyboardInterrupt) and not self._is_empty
        return self.made.painted or self.job.keeper.exists or interrupted

    @property
    def _is_empty(self) -> bool:
        """Whether the folder was created automatically and saves no time."""
        return self.job is not None and self.job.record.temporary and not self.job.keeper.saves_time

    def keep(self) -> None:
        """Save the output path, and inputs from pipes, in the job; raises JobError."""
        if self.job is not None:
            path = "" if self.output.to_stdout else str(self.output.path)
            self.job.goes_to(replace(self.run, output=path), reserved=self.output.chosen)
            keep_inputs(self.job.folder, received_among(self.made.sources))

    def is_written(self) -> None:
        """Record in the job that its output is written, not just reserved; raises JobError."""
        if self.job is not None and self.job.record.reserved:
            self.job.goes_to(self.job.record.run)

    def _get_one(self, event: Event) -> bool:
        """Create a job folder and continue as its job; report if that fails, and continue without."""
        self.may_get_one, folder, output = False, None, self.output.path
        try:
            folder = unused(output.parent, output.name, SUFFIX)
            self.job = Job.start(folder, self.made, self.run, temporary=True)
            self.keep()
        except (JobError, OSError) as error:
            self.job = None
            if folder is not None:
                with suppress(JobError):
                    remove_folder(folder)
            self.report.note(
                f"no folder beside '{output}' keeps the run: "
                f"{error.what if isinstance(error, JobError) else error}; painting continues without"
            )
            return False
        assert isinstance(event, Step)
        took = duration(event.seconds + event.seconds_left)
        self.report.note(
            f"this takes about {took}, so '{folder}' keeps it meanwhile; "
            f"after any interruption 'impasto resume {folder}' resumes it"
        )
        return True

    def release(self, *, painted: bool) -> None:
        """Release the job's folder; remove an automatic one that is no longer needed."""
        if self.job is None:
            return
        self.job.close()
        if (painted and self.job.record.temporary) or self._is_empty:
            try:
                self.job.remove()
            except JobError as error:
                self.report.note(said(error))


def folder_of_before(made: Run, run: RunOptions, stem: str, suffix: str, report: Reporter) -> str:
    """Return the folder of the same run if it was interrupted before; empty if there is none.

    A folder of that name with another run is reported. If `run` names no output, the folder is found by the
    default name of the output, with any number.
    """
    place = Path(run.output).parent if run.output else Path()
    if run.output:
        name = re.escape(fitting(place, Path(run.output).name, SUFFIX))
    else:
        name = rf"{re.escape(fitting(place, stem, suffix))}(-\d+)?{re.escape(suffix)}"
    pattern, wanted, others = re.compile(rf"{name}(-\d+)?{re.escape(SUFFIX)}"), made.asked, []
    with suppress(OSError):
        for folder in sorted(path for path in place.iterdir() if pattern.fullmatch(path.name)):
            try:
                difference = Record.read(folder).difference(wanted)
            except JobError as error:
                difference = error.what
            if not difference:
                return str(folder)
            others.append(f"'{folder}' keeps another run and is left as it is: {difference}")
    if run.output and others:
        report.note(others[-1])
    return ""


def _is_long(event: Event) -> bool:
    return (
        isinstance(event, Step)
        and event.seconds + event.seconds_left > LONG
        and (event.step >= TELLING or event.seconds > PATIENCE)
    )
