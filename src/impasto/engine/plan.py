"""Memory, reckoned before the work begins."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path

from impasto.encoder.weights import WIDTHS
from impasto.engine.schedule import Size
from impasto.errors import MemoryShortage
from impasto.settings import LAYERS, Settings

BASE_BYTES = 450_000_000
"""A Python process with torch and the encoder's kernels."""


def bytes_needed(size: Size, settings: Settings) -> int:
    """Return about how many bytes a run takes at its largest scale: the encoder's maps, the optimiser's pairs, the base."""
    pixels = size[0] * size[1]
    layers = [layer.name for layer in (*settings.content_layers, *settings.style_layers)]
    pairs = 2 * settings.history if settings.optimizer == "lbfgs" else 3
    return BASE_BYTES + pixels * (activation_bytes(layers) + 4 * 3 * (pairs + 8))


def activation_bytes(layers: Iterable[str]) -> int:
    """Return bytes per pixel that the encoder keeps for its backward pass, with the working copies at the widest layer."""
    depth = max(map(LAYERS.index, layers))
    total, area, incoming = 0.0, 1.0, 64
    for name in LAYERS[: depth + 1]:
        if name.startswith("pool"):
            area /= 4
            total += area * incoming
        else:
            incoming = WIDTHS[name]
            total += area * incoming
    # Two more maps of the first block are alive at once while its gradient is made.
    return math.ceil(4 * (total + 2 * 64))


def bytes_free() -> int | None:
    """Return the bytes that this process can still take, within its container's limit; None where nobody tells."""
    known = [value for value in (_system_free(), _cgroup_free()) if value is not None]
    return min(known, default=None)


def check_memory(size: Size, settings: Settings, free: int | None) -> None:
    """Raise MemoryShortage, with a size that would fit, where a run needs more than `free` bytes."""
    needed = bytes_needed(size, settings)
    if free is not None and needed > free:
        raise MemoryShortage(shortage(size, settings, free))


def shortage(size: Size, settings: Settings, free: int | None) -> str:
    """Return the message for a picture that does not fit into memory."""
    long_side = max(size)
    message = f"a picture of {long_side} px needs about {_gb(bytes_needed(size, settings))}"
    if free is not None:
        message += f", and {_gb(free)} is free"
    while long_side > 64:
        long_side = int(long_side * 0.75)
        smaller = (round(size[0] * long_side / max(size)), round(size[1] * long_side / max(size)))
        needed = bytes_needed(smaller, settings)
        if needed <= 0.9 * (free if free is not None else bytes_needed(size, settings) / 2):
            return f"{message}; --size {long_side} needs about {_gb(needed)}"
    return f"{message}; close other programs or use a machine with more memory"


def _system_free() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _cgroup_free(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    try:
        limit = (root / "memory.max").read_text().strip()
        return None if limit == "max" else max(0, int(limit) - int((root / "memory.current").read_text()))
    except (OSError, ValueError):
        return None


def _gb(amount: int) -> str:
    return f"{amount / 1e9:.1f} GB"
