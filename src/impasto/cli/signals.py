"""What a command does when it is interrupted, terminated, or its terminal is closed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_HANGUP = getattr(signal, "SIGHUP", None)  # which Windows does not have

TERMINATIONS = tuple(number for number in (signal.SIGTERM, _HANGUP) if number is not None)
"""The signals that end a program from outside: a kill, and a terminal that is closed."""


@contextmanager
def handled(handler: Callable[[int, FrameType | None], object], *numbers: signal.Signals) -> Iterator[None]:
    """Let a handler have these signals for as long as this lasts, then whatever had them before.

    A hangup that the process was started to ignore, as by nohup, stays ignored.
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
