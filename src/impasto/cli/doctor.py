"""`impasto doctor`: what this machine brings, and how fast one step is on it."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version

import torch

import impasto
from impasto.encoder import load_encoder
from impasto.encoder.weights import BUNDLED
from impasto.engine.device import choose_device, free_memory
from impasto.objective.terms import objective_for
from impasto.settings import Settings

SIZE = (288, 384)


def examine(device_name: str) -> Iterator[tuple[str, str]]:
    """Yield what there is to know, name by name; raises SettingsError and WeightsError."""
    device = choose_device(device_name)
    free = free_memory(device)
    yield "impasto", impasto.__version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "libraries", ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "pillow", "safetensors"))
    yield "device", torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    yield "processor", f"{torch.backends.cpu.get_cpu_capability()}, bfloat16 {'yes' if _has_bfloat16() else 'no'}, {torch.get_num_threads()} threads"
    yield "memory", f"{free / 1e9:.1f} GB free" if free is not None else "unknown"
    encoder = load_encoder(["conv5_1"], device=device)
    yield "weights", f"{BUNDLED.name}, SHA-256 {encoder.sha256}"
    yield "one step", f"{timed_step(device):.2f} s at {SIZE[1]}x{SIZE[0]} px with the default settings"


def timed_step(device: torch.device) -> float:
    """Return the seconds of one step, the second of two."""
    settings = Settings()
    encoder = load_encoder([layer.name for layer in settings.style_layers], device=device)
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0)).to(device) * 255
    objective = objective_for(encoder, picture, [picture.flip(3)], [1.0], settings)
    for _ in range(2):
        started = time.perf_counter()
        objective(picture)  # its losses are read back, so a GPU has finished
    return time.perf_counter() - started


def _has_bfloat16() -> bool:
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (AttributeError, RuntimeError):
        return False
