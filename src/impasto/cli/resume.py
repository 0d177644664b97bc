"""`impasto resume`: a job that was interrupted, painted to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.cli.carry_out import carry_out, memory_of, previews_of
from impasto.jobs.job import Job
from impasto.jobs.record import Record
from impasto.settings.run import RunOptions


def resume(folder: str, inputs: Sequence[str], options: Mapping[str, Any]) -> int:
    """Paint the job of a folder to its end, with some options of the run changed; return the exit code.

    Raises subclasses of ImpastoError.
    """
    record = Record.read(Path(folder))
    changed: dict[str, Any] = {"output": ""} | dict(options)  # where it was to go the job knows itself
    run: RunOptions = replace(record.run, **changed)

    def prepare() -> Job:
        return Job.resume(folder, inputs=inputs, memory=memory_of(run), preview_every=previews_of(run))

    return carry_out(prepare, run)
