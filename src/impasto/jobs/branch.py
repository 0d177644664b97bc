"""A new job from the end of a scale of another, so that its first scales need not be painted again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from impasto.errors import JobError
from impasto.jobs.checkpoints import Checkpoints
from impasto.jobs.record import RECORD, Record
from impasto.jobs.taken import beginning
from impasto.media.names import unused
from impasto.media.paths import is_there


def branch(folder: str | os.PathLike[str], new: str | os.PathLike[str], from_scale: int = 0) -> int:
    """Make a job in a `new` folder that has painted another's scales up to one, and return which: the last kept, or `from_scale`.

    It has the settings and changes of the other up to there, and none of what was changed later. The other may be running,
    stopped or done. Raises JobError.
    """
    folder, new = Path(folder), Path(new)
    record, checkpoints = Record.read(folder), Checkpoints(folder)
    kept = branchable(checkpoints)
    if not kept:
        raise JobError(
            f"job '{folder}' keeps no scale yet from which others follow; wait until its first one is painted"
        )
    scale = from_scale or max(kept)
    if scale not in kept:
        raise JobError(
            f"job '{folder}' keeps scale {', '.join(map(str, kept))} to go on from, got {from_scale}"
        )
    try:
        state, more = checkpoints.read_end(kept[scale])
    except ValueError as error:
        raise JobError(
            f"scale {scale} of job '{folder}' is damaged or was painted anew meanwhile: {error}; take another --from-scale"
        ) from None
    changes = tuple(change for change in record.changes if change.place <= (scale, state.step))
    begun = replace(
        record, recipe=replace(record.recipe, changes=changes), changes=changes, taken=(), own=False
    )
    with beginning(new) as (lock, _):
        if is_there(new / RECORD):
            raise JobError(f"'{new}' is a job already; choose a new folder")
        try:
            Checkpoints(new).write(state, more)
            # Last, so that a folder with a record in it is whole.
            replace(begun, reserved=True).with_run(
                replace(record.run, output=_output(record.run.output, new), recipe="", preview="")
            ).write(new)
        except OSError as error:
            raise JobError(
                f"cannot write into '{new}': {error.strerror or error}; free some space or choose another folder"
            ) from None
        lock.release()
    return scale


def branchable(checkpoints: Checkpoints) -> dict[int, int]:
    """Return the number of the checkpoint at the end of each scale, counted from 1, that others follow, the coarsest first."""
    ends = checkpoints.tables_of_ends()
    return {
        index + 1: number
        for index, (number, table) in sorted(ends.items())
        if index + 1 < len(table["scales"])
    }


def _output(output: str, new: Path) -> str:
    """Return a file beside the other job's result, of its format and named after the new folder; none where that has none."""
    return str(unused(Path(output).parent, new.absolute().name, Path(output).suffix)) if output else ""
