"""Configuration of the C allocator: whether freed memory is kept or returned to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import cast

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8
"""Parameters of glibc's mallopt(3)."""


def hold_freed_memory() -> bool:
    """Keep freed memory in this process for the next step; return whether the allocator supports it.

    By default glibc returns large feature maps to the system when freed and maps zeroed pages for the next
    one, several times per step, which takes a quarter of a step at 1024 px. A single arena for all threads
    lets the backward pass, which runs in a separate thread, reuse what the forward pass freed. Call it at the
    start of a program; a library should not configure the allocator of its host.
    """
    mallopt = _glibc("mallopt")
    parameters = ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, -1))
    return mallopt is not None and all(mallopt(parameter, value) for parameter, value in parameters)


def release_freed_memory() -> None:
    """Return all freed memory to the system, if supported.

    Feature maps of the next scale do not fit into the gaps left by those of the last one.
    """
    malloc_trim = _glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def _glibc(name: str) -> Callable[..., int] | None:
    """Return a function of glibc, None with another C library."""
    if sys.platform != "linux":
        return None
    try:
        return cast(Callable[..., int], getattr(ctypes.CDLL(None), name))
    except (AttributeError, OSError):
        return None
