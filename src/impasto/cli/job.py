"""`impasto job`: a job looked at, paused, changed and branched while another process may be painting it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from impasto.errors import JobError
from impasto.jobs.branch import branch
from impasto.jobs.film import FilmStatus, film_status
from impasto.jobs.pause import go_on, pause
from impasto.jobs.record import Record
from impasto.jobs.status import Status, status
from impasto.jobs.wishes import wish


def tell(folder: str, verb: str | None, words: Sequence[str], from_scale: int | None) -> Iterator[str]:
    """Do what a verb says, and yield what there is to say; raises ImpastoError, and UsageError for words that do not fit it."""
    if from_scale is not None and verb != "branch":
        raise click.UsageError("--from-scale is for 'branch'")
    if words and verb not in ("set", "branch"):
        raise click.UsageError(f"'{verb}' takes nothing more, got '{words[0]}'")
    if Record.read(Path(folder)).recipe.command == "video" and verb not in ("pause", "continue"):
        if verb:
            raise JobError(
                f"job '{folder}' is of a film, which has one manner from end to end, so there is no '{verb}'; begin another one"
            )
        yield from _film_lines(film_status(Path(folder)))
    elif verb == "set":
        yield _set(folder, words)
    elif verb == "branch":
        if len(words) != 1:
            raise click.UsageError(f"'branch' takes the name of one new folder, got {len(words)}")
        scale = branch(folder, words[0], from_scale or 0)
        yield f"'{words[0]}' goes on from scale {scale} of '{folder}': 'impasto job {words[0]} set …' changes what comes, 'impasto resume {words[0]}' paints it"
    elif verb:
        (pause if verb == "pause" else go_on)(folder)
    else:
        yield from _lines(status(folder))


def _set(folder: str, words: Sequence[str]) -> str:
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"'set' takes NAME=VALUE, such as strength=70, got '{word}'")
        values[name.replace("-", "_")] = value
    said = wish(folder, values)
    return (
        f"{said} from the next step on"
        if status(folder).running
        else f"{said} once 'impasto resume {folder}' goes on"
    )


def _film_lines(found: FilmStatus) -> Iterator[str]:
    doing = (
        ("paused" if found.paused else "running")
        if found.running
        else "done"
        if 0 < found.frames == found.painted
        else "stopped"
    )
    yield (
        f"{doing}, {found.painted} of {found.frames} frames painted"
        if found.frames
        else f"{doing}, nothing read of the clip yet"
    )
    if found.output:
        yield f"goes to: {found.output}"


def _lines(found: Status) -> Iterator[str]:
    doing = (
        ("paused" if found.paused else "running") if found.running else "done" if found.done else "stopped"
    )
    kept = (
        f"kept up to step {found.steps_kept} of {found.steps}, in scale {found.scale} of {found.scales}"
        if found.scale
        else "nothing kept yet"
    )
    yield f"{doing}, {kept}"
    for change in found.changes:
        yield f"changed: {change}"
    if found.asked:
        yield f"asked for: {found.asked}"
    if found.branches:
        yield f"to branch from: scale {', '.join(map(str, found.branches))}"
    if found.output:
        yield f"goes to: {found.output}"
