"""`impasto resume`: complete an interrupted job."""

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
    """Complete the job in a folder with changed run options; return the exit code. Raises ImpastoError."""
    record = Record.read(Path(folder))
    changed: dict[str, Any] = {"output": ""} | dict(options)  # the job has its own output path
    run: RunOptions = replace(record.run, **changed)

    def prepare() -> Job:
        return Job.resume(folder, inputs=inputs, memory=memory_of(run), preview_every=previews_of(run))

    return carry_out(prepare, run)
