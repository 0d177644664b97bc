"""The folder that a long run gets by itself, beside its picture, for as long as it is painted."""

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
"""Seconds of painting from which on a run is worth a folder."""

TELLING = 3
"""Steps after which the time that is left can be told: the first ones are slower."""

PATIENCE = 5.0
"""Seconds after which it is told from fewer steps."""


@dataclass
class Painting:
    """A run on its way to its output, and its job: from the start, or once it turns out long where it `may_get_one` by itself."""

    stylization: Run
    job: Job | None
    output: Output
    run: RunOptions
    report: Reporter
    may_get_one: bool = False

    def __iter__(self) -> Iterator[Event]:
        """Paint to the end."""
        if self.job is None:
            for event in self.stylization:
                yield event
                if self.may_get_one and _is_long(event) and self._get_one(event):
                    break
        if self.job is not None:
            yield from self.job

    def keep(self) -> None:
        """Let the job, where there is one, keep where the result goes and what came through a pipe; raises JobError."""
        if self.job is not None:
            path = "" if self.output.to_stdout else str(self.output.path)
            self.job.goes_to(replace(self.run, output=path), reserved=self.output.chosen)
            keep_inputs(self.job.folder, received_among(self.stylization.sources))

    def is_written(self) -> None:
        """Let the job know that the output is its own from now on; raises JobError."""
        if self.job is not None and self.job.record.reserved:
            self.job.goes_to(self.job.record.run)

    def _get_one(self, event: Event) -> bool:
        """Make the folder and go on as its job; where none can be made, say so and go on without."""
        self.may_get_one, folder, output = False, None, self.output.path
        try:
            folder = unused(output.parent, output.name, SUFFIX)
            self.job = Job.start(folder, self.stylization, self.run, own=True)
            self.keep()
        except (JobError, OSError) as error:
            self.job = None
            if folder is not None:
                with suppress(JobError):
                    remove_folder(folder)
            self.report.note(
                f"no folder beside '{output}' keeps the run as it goes on: {error.what if isinstance(error, JobError) else error}; painting goes on without"
            )
            return False
        assert isinstance(event, Step)
        took = duration(event.seconds + event.seconds_left)
        self.report.note(
            f"this takes about {took}, so '{folder}' keeps it as it goes on; after any stop 'impasto resume {folder}' goes on"
        )
        return True

    def let_go(self, *, painted: bool) -> None:
        """Let the job's folder go; once the picture is written one that was made by itself goes with it."""
        if self.job is None:
            return
        self.job.close()
        if painted and self.job.record.own:
            try:
                remove_folder(self.job.folder)
            except JobError as error:
                self.report.note(said(error))


def folder_of_before(stylization: Run, run: RunOptions, stem: str, suffix: str, report: Reporter) -> str:
    """Return the folder in which the same run was kept when it was stopped, empty where there is none; say where another run's is in its place.

    Without an output in the run it is sought by the name that would be made, with any number.
    """
    place = Path(run.output).parent if run.output else Path()
    if run.output:
        name = re.escape(fitting(place, Path(run.output).name, SUFFIX))
    else:
        name = rf"{re.escape(fitting(place, stem, suffix))}(-\d+)?{re.escape(suffix)}"
    pattern, wanted, others = re.compile(rf"{name}(-\d+)?{re.escape(SUFFIX)}"), stylization.asked, []
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
