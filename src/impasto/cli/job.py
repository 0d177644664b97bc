"""`impasto job`: show, pause, change or branch a job, even while another process paints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from impasto.jobs.branch import branch
from impasto.jobs.control import pause, unpause
from impasto.jobs.kinds import KINDS
from impasto.jobs.requests import request
from impasto.jobs.status import Status, status


def tell(folder: str, verb: str | None, words: Sequence[str], at: int | None) -> Iterator[str]:
    """Carry out a verb and yield the lines to print; raises ImpastoError and UsageError."""
    if at is not None and verb != "branch":
        raise click.UsageError("--at is for 'branch'")
    if words and verb not in ("set", "branch"):
        raise click.UsageError(f"'{verb}' takes nothing more, got '{words[0]}'")
    if verb == "set":
        yield _set(folder, words)
    elif verb == "branch":
        if len(words) != 1:
            raise click.UsageError(f"'branch' takes the name of one new folder, got {len(words)}")
        scale = branch(folder, words[0], at or 0)
        kind = KINDS[status(folder).kind]
        part = kind.unit if kind.foldered else kind.part  # what a branch is counted in
        yield (
            f"'{words[0]}' starts from {part} {scale} of '{folder}': "
            f"'impasto job {words[0]} set …' changes it, 'impasto resume {words[0]}' paints it"
        )
    elif verb:
        (pause if verb == "pause" else unpause)(folder)
    else:
        found = status(folder)
        yield from _film_lines(found) if KINDS[found.kind].foldered else _lines(found)
        yield from _more_lines(found)


def values_in(words: Iterable[str]) -> dict[str, str]:
    """Return the values of words such as `strength=70` by their names; raises UsageError."""
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"'set' takes NAME=VALUE, such as strength=70, got '{word}'")
        values[name.replace("-", "_")] = value
    return values


def _set(folder: str, words: Sequence[str]) -> str:
    said = request(folder, values_in(words))
    return (
        f"{said} from the next step on"
        if status(folder).running
        else f"{said} when 'impasto resume {folder}' is run"
    )


def _doing(found: Status) -> str:
    return ("paused" if found.paused else "running") if found.running else "done" if found.done else "stopped"


def _film_lines(found: Status) -> Iterator[str]:
    if not found.steps:
        yield f"{_doing(found)}, nothing read of the clip yet"
        return
    passes = f", in pass {found.scale} of {found.scales}" if found.scales > 1 else ""
    yield f"{_doing(found)}, {found.steps_kept} of {found.steps} frames painted{passes}"


def _lines(found: Status) -> Iterator[str]:
    place = f"kept up to step {found.steps_kept} of {found.steps}, in scale {found.scale} of {found.scales}"
    yield f"{_doing(found)}, {place if found.scale else 'nothing kept yet'}"


def _more_lines(found: Status) -> Iterator[str]:
    kind = KINDS[found.kind]
    for change in found.changes:
        yield f"changed: {change.words(kind.part, kind.unit)}"
    if found.asked:
        yield f"asked for: {found.asked}"
    if found.branches and kind.foldered:
        last = found.branches[-1]
        yield "to branch from: frame 1" + (f" to {last}" if last > 1 else "")
    elif found.branches:
        yield f"to branch from: scale {', '.join(map(str, found.branches))}"
    if found.output:
        yield f"goes to: {found.output}"
