"""What becomes of memory that a step has freed."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""


def hold_freed_memory() -> bool:
    """Let this process keep the memory that it frees for its own next step; return whether that could be arranged.

    glibc hands large maps back to the system at once and fetches zeroed pages for the next one, several times a step:
    that is a quarter of a step at 1024 px. One arena for all threads lets the backward pass, which runs in its own
    thread, use what the forward pass freed. For a program's start: a library leaves its host's allocator alone.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False  # another C library
    return all(mallopt(parameter, value) for parameter, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1)))
