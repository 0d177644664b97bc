"""Branches: new jobs that start from what another job has painted."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from impasto.engine.events import Branched
from impasto.errors import DiskFull, JobMismatch
from impasto.jobs.holding import made_and_locked
from impasto.jobs.kinds import KINDS
from impasto.jobs.log import Log
from impasto.jobs.record import RECORD, Record
from impasto.media.names import unused
from impasto.media.paths import is_there


def branch(
    folder: str | os.PathLike[str], new: str | os.PathLike[str], from_scale: int = 0, *, source: str = ""
) -> int:
    """Make a job in a `new` folder from what another had painted up to a scale or frame.

    Returns which: `from_scale`, counted from 1 (of a film the frame in the order of painting), or the last
    one kept. The new job has the settings and changes of the other up to there. The other may be running,
    stopped or done; `source` is what the log calls it. Raises JobError.
    """
    folder, new = Path(folder), Path(new)
    record = Record.read(folder)
    with made_and_locked(new) as (lock, _):
        if is_there(new / RECORD):
            raise JobMismatch(f"'{new}' is a job already", "choose a new folder", folder=str(new))
        try:
            at, place = KINDS[record.recipe.command].branch(folder, new, record, from_scale)
            changes = tuple(change for change in record.changes if change.place <= place)
            output = _output(record.run.output, new)
            begun = replace(
                record,
                recipe=replace(record.recipe, changes=changes),
                changes=changes,
                applied=(),
                temporary=False,
                reserved=True,
            )
            Log(new).add(Branched(source or str(folder), at))
            # Written last, so that a folder with a record is complete.
            begun.with_run(replace(record.run, output=output, recipe="", preview="")).write(new)
        except OSError as error:
            raise DiskFull(
                f"cannot write into '{new}': {error.strerror or error}",
                "free some space or choose another folder",
                path=str(new),
            ) from None
        lock.release()
    return at


def _output(output: str, new: Path) -> str:
    """Return an unused path beside the other result, named after the new folder; empty if there is none."""
    return str(unused(Path(output).parent, new.absolute().name, Path(output).suffix)) if output else ""
