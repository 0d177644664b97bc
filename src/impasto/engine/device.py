"""Where to compute."""

from __future__ import annotations

import torch

from impasto.errors import SettingsError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of this name, or the fastest one there is for `auto`; raises SettingsError where it is not there."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in present.items() if there))
    if name not in present:
        raise SettingsError(f"unknown device '{name}'; there are auto, {', '.join(present)}")
    if not present[name]:
        there = ", ".join(kind for kind, found in present.items() if found)
        raise SettingsError(f"no '{name}' device is to be found on this machine; there is {there}")
    return torch.device(name)
