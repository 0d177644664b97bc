"""`impasto doctor`: describe this machine and time one step on it."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version

import torch

import impasto
from impasto.convolution.tune import tuner
from impasto.convolution.ways import has_bfloat16
from impasto.encoder import load_encoder
from impasto.encoder.weights import BUNDLED
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.device import choose_device
from impasto.engine.memory import limit
from impasto.engine.plan import gigabytes
from impasto.engine.speed import SIZE, seconds_per_step
from impasto.settings import Settings


def examine(device_name: str) -> Iterator[tuple[str, str]]:
    """Yield names and values to print; raises SettingsError and WeightsError."""
    hold_freed_memory()
    device = choose_device(device_name)
    most = limit(device)
    yield "impasto", impasto.__version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield (
        "libraries",
        ", ".join(
            f"{name} {version(name)}" for name in ("torch", "numpy", "pillow", "pyvips", "safetensors")
        ),
    )
    yield "device", torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    bfloat16 = "yes" if has_bfloat16() else "no"
    processor = torch.backends.cpu.get_cpu_capability()
    yield "processor", f"{processor}, bfloat16 {bfloat16}, {torch.get_num_threads()} threads"
    yield "memory", f"{gigabytes(most)} may be used" if most is not None else "unknown"
    encoder = load_encoder(["conv5_1"], device=device)
    yield "weights", f"{BUNDLED.name}, SHA-256 {encoder.sha256}"
    ways = tuner(device)
    seconds = seconds_per_step(Settings(), ways)
    for name in sorted(ways.choices, key=_layer_order):
        yield (
            "convolution",
            f"{name.replace('x', ' from ', 1).replace('@', ' channels, ')} positions: {ways.choices[name]}",
        )
    yield "choices in", str(ways.path or "memory only: the cache folder cannot be written")
    yield "one step", f"{seconds:.2f} s at {SIZE[1]}x{SIZE[0]} px with the default settings"


def _layer_order(name: str) -> list[int]:
    return [int(part) for part in name.replace("@", "x").split("x")]
