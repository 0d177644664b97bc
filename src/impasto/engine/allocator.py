"""What becomes of memory that a step has freed."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import cast

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""


def hold_freed_memory() -> bool:
    """Let this process keep the memory that it frees for its own next step; return whether that could be arranged.

    glibc hands large maps back to the system at once and fetches zeroed pages for the next one, several times a step:
    that is a quarter of a step at 1024 px. One arena for all threads lets the backward pass, which runs in its own
    thread, use what the forward pass freed. For a program's start: a library leaves its host's allocator alone.
    """
    mallopt = _glibc("mallopt")
    parameters = ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1))
    return mallopt is not None and all(mallopt(parameter, value) for parameter, value in parameters)


def release_freed_memory() -> None:
    """Hand all freed memory back to the system, where that can be done: the next scale's maps do not fit into the last one's holes."""
    malloc_trim = _glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc, or nothing where another C library is at work."""
    if sys.platform != "linux":
        return None
    try:
        return cast(Callable[..., int], getattr(ctypes.CDLL(None), name))
    except (AttributeError, OSError):
        return None
