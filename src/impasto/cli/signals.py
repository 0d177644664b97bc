"""Temporary signal handlers for interruption, termination and a closed terminal."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_HANGUP = getattr(signal, "SIGHUP", None)  # not available on Windows

TERMINATIONS = tuple(number for number in (signal.SIGTERM, _HANGUP) if number is not None)
"""Signals that terminate a program: SIGTERM, and SIGHUP when its terminal is closed."""


@contextmanager
def handled(handler: Callable[[int, FrameType | None], object], *numbers: signal.Signals) -> Iterator[None]:
    """Handle these signals with `handler` within the context, then restore the previous handlers.

    SIGHUP stays ignored if the process was started that way, for example by nohup.
    """
    wanted = (
        number for number in numbers if number != _HANGUP or signal.getsignal(number) is not signal.SIG_IGN
    )
    previous = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
