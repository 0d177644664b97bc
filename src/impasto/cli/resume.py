"""`impasto resume`: a job that was stopped, however that was, painted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from impasto.cli.stylize import carry_out, memory_of, previews_of
from impasto.jobs.job import Job
from impasto.jobs.record import Record


def go_on(folder: str, inputs: Sequence[str], options: Mapping[str, Any]) -> int:
    """Paint the job of a folder to its end, with some options of the run changed; return the exit code. Raises ImpastoError."""
    record = Record.read(Path(folder))
    run = replace(record.run, **({"output": ""} | dict(options)))  # where it was to go the job knows itself
    if record.recipe.command == "video":
        from impasto.cli.video import go_on_with_film

        return go_on_with_film(folder, inputs, run)

    def prepare() -> Job:
        return Job.resume(folder, inputs=inputs, memory=memory_of(run), preview_every=previews_of(run))

    return carry_out(prepare, run)
