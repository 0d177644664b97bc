"""Available memory of the machine, the container and the GPU."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from impasto.errors import SettingsError

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}

RESERVE = 0.1
"""Fraction of the free memory left to other processes, unless a limit is given."""


def parse_bytes(text: str) -> int:
    """Parse an amount such as `8G`, `8GB`, `7.5G` or `800M` to bytes; raises SettingsError."""
    number = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = number[-1:] if number[-1:] in UNITS else ""
    try:
        amount = float(number.removesuffix(unit)) * UNITS[unit]
        if amount > 0:
            return int(amount)
    except (ValueError, OverflowError):
        pass
    raise SettingsError(f"memory must be an amount such as 8G or 800M, got '{text}'")


def limit(device: torch.device) -> int | None:
    """Return how many bytes this process may use on a device, including those in use; None if unknown."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0] * (1 - RESERVE)) + int(
            torch.cuda.memory_reserved(device)
        )
    free = bytes_free()
    return None if free is None else int(free * (1 - RESERVE)) + bytes_held()


def bytes_free() -> int | None:
    """Return how many bytes this process can still allocate within its container; None if unknown."""
    known = [value for value in (_system_free(), _cgroup_free()) if value is not None]
    return min(known, default=None)


def bytes_held() -> int:
    """Return the resident memory of this process in bytes, 0 if unknown."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError):
        return 0


def bytes_at_most(device: torch.device) -> int:
    """Return the peak memory of this process in bytes, on a GPU that of the GPU; 0 if unknown."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration, ValueError):
        return 0


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
    """Return the free bytes of a cgroup v2; the file cache counts as free, since it is reclaimable."""
    try:
        most = (root / "memory.max").read_text().strip()
        if most == "max":
            return None
        used = int((root / "memory.current").read_text())
        return max(0, int(most) - used + _file_cache(root))
    except (OSError, ValueError):
        return None


def _file_cache(root: Path) -> int:
    try:
        lines = (root / "memory.stat").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.split()[:1] == ["inactive_file"])
    except (OSError, ValueError, IndexError):
        return 0
