"""Choice of the device to compute on."""

from __future__ import annotations

import torch

from impasto.errors import SettingsError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device of this name, for `auto` the fastest one; raises SettingsError if not available."""
    devices = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    available = [kind for kind, found in devices.items() if found]
    if name == "auto":
        return torch.device(available[0])
    if name not in devices:
        raise SettingsError(f"unknown device '{name}'; choose one of auto, {', '.join(devices)}")
    if not devices[name]:
        raise SettingsError(f"device '{name}' is not available on this machine; use {' or '.join(available)}")
    return torch.device(name)
