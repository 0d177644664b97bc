"""A keeper for runs that need no checkpoints: what is kept of them, if anything, they keep themselves."""

from __future__ import annotations

from collections.abc import Iterator

from impasto.engine.events import Event, Note


class Idle:
    """Has nothing to write while a run is painted, and so no time to measure."""

    def begin(self) -> None:
        """Do nothing."""

    def after(self, event: Event) -> Iterator[Note]:
        """Do nothing."""
        return iter(())

    def keep(self) -> Iterator[Note]:
        """Do nothing."""
        return iter(())

    def waited(self, seconds: float) -> None:
        """Do nothing."""
