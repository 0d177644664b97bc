"""Messages for events, with the commands and options that apply."""

from __future__ import annotations

from impasto.engine.events import Changed, Event, Note, Paused, Resumed
from impasto.recipe.change import Change, worded

_HINTS = {"frame_trimmed": "; --no-trim keeps it", "other_weights": ", as --weights says"}
"""Options to mention in notes, by the code of the note."""


def in_words(event: Event, job: str = "") -> str:
    """Return the message for an event of a job; empty if it has none."""
    if isinstance(event, Note):
        return event.text + _HINTS.get(event.code, "")
    if isinstance(event, Paused):
        return f"paused; 'impasto job {job} continue' resumes it"
    if isinstance(event, Resumed):
        return "resumed" if event.paused else f"resuming job '{job}' after {event.unit} {event.done}"
    if isinstance(event, Changed):
        return _changed(event, job)
    return ""


def _changed(event: Changed, job: str) -> str:
    wanted = worded(event.settings, event.styles)
    if event.late:
        way_out = f"'impasto job {job} branch NEW' starts from one of its scales"
        return f"{wanted} comes too late, all is painted; {way_out}"
    if not event.change:
        return f"{wanted} already"
    place = {name: event.change[name] for name in ("scale", "step")}
    return Change(settings=event.settings, styles=event.styles, **place).words(event.part, event.unit)
