"""Autotuning: the fastest convolution per layer and size is timed once and kept in the user cache."""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import torch
from filelock import FileLock
from torch import Tensor

from impasto.convolution.layer import convolve
from impasto.convolution.ways import PIXEL_CHANNELS, WAYS, Way
from impasto.errors import SettingsError

SIZES: tuple[int, ...] = tuple(4**power for power in range(3, 8))
"""Numbers of positions of the test strips; a map is timed as the nearest in size."""

WORK = 1 << 28
"""Maximum number of channel pairs times positions: deep layers are timed on shorter strips."""

FOREIGN = 1.25
"""Speed-up over bfloat16 required of a float32 implementation, to pay for two conversions per layer."""

ROUNDS = 4
"""Number of timed runs per implementation."""

HOPELESS = 2.0
"""An implementation slower than the best by this factor is not run again."""

PRECISIONS = {
    "auto": tuple(WAYS),
    "float32": ("reference", "nnpack", "winograd"),
    "reference": ("reference",),
}
"""Implementations considered at each precision."""


@dataclass
class Tuner:
    """The fastest implementation per kernel shape and bucketed number of positions, on one device.

    `precision` is a key of PRECISIONS. `choices` maps `OxI@positions` to a name; entries given there are used
    without timing. `used` holds the keys that were requested.
    """

    device: torch.device
    precision: str = "auto"
    choices: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    used: set[str] = field(default_factory=set)

    def way(self, kernel: Tensor, positions: int) -> Way:
        """Return the fastest implementation for a kernel `(O, I, 3, 3)` over a map of so many positions."""
        key = self._decide(kernel, strip_of(kernel, positions))
        self.used.add(key)
        return WAYS[self.choices[key]]

    def decide(self, kernel: Tensor, positions: int) -> None:
        """Decide in advance for a kernel `(O, I, 3, 3)` over maps of up to `positions` positions."""
        for strip in SIZES:
            if strip <= strip_of(kernel, positions):
                self._decide(kernel, strip)

    @property
    def record(self) -> str:
        """The choices that were used, as text that `tuner` reads; independent of other cached choices."""
        return ",".join(f"{key}={self.choices[key]}" for key in sorted(self.used))

    @property
    def known(self) -> str:
        """All choices made or loaded, as text that `tuner` reads."""
        return ",".join(f"{key}={way}" for key, way in sorted(self.choices.items()))

    @property
    def value_bytes(self) -> int:
        """Bytes per value of a feature map: 2 if bfloat16 is available, else 4."""
        return 2 if any(way.name.startswith("bf16") for way in self.candidates()) else 4

    def candidates(self) -> list[Way]:
        """Return the available implementations, the reference first."""
        return [WAYS[name] for name in PRECISIONS[self.precision] if WAYS[name].available(self.device)]

    def _decide(self, kernel: Tensor, strip: int) -> str:
        key = f"{kernel.shape[0]}x{kernel.shape[1]}@{strip}"
        if key not in self.choices:
            # Processes that start together agree: one times alone, and those waiting use its result.
            with _locked(self.path):
                stored = _stored(self.path) if self.path else {}
                if key not in stored:
                    stored[key] = self._fastest(kernel, strip)
                    self._store(stored)
            self.choices[key] = stored[key]
        return key

    def _fastest(self, kernel: Tensor, positions: int) -> str:
        candidates = self.candidates()
        if self.device.type != "cpu":
            # On a GPU only the reference and bfloat16 are available, and bfloat16 is always faster.
            return candidates[-1].name
        if len(candidates) == 1 or kernel.dtype != torch.float32:
            return "reference"
        side = round(math.sqrt(positions))
        strip = torch.rand(1, kernel.shape[1], side, side)
        timings = {way.name: _Timing(way, kernel, strip) for way in candidates}
        # Interleaved, so that load from other programs affects all alike; the first round warms up.
        for _ in range(ROUNDS):
            for timing in timings.values():
                timing.run()
            limit = HOPELESS * min(timing.seconds for timing in timings.values())
            timings = {name: one for name, one in timings.items() if one.seconds <= limit} or timings
        handicaps = {name: 1 if name.startswith("bf16") else FOREIGN for name in timings}
        return min(timings, key=lambda name: timings[name].seconds * handicaps[name])

    def _store(self, choices: Mapping[str, str]) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(choices, indent=1, sort_keys=True), encoding="utf-8")
            temporary.replace(self.path)
        except OSError:
            self.path = None  # without a cache, timing merely takes a second each time


def tuner(device: torch.device, precision: str = "auto", record: str = "") -> Tuner:
    """Return this machine's tuner with cached choices, or with those of a record as far as available here.

    `IMPASTO_PRECISION` overrides `precision`. Raises SettingsError.
    """
    precision = os.environ.get("IMPASTO_PRECISION") or precision
    if precision not in PRECISIONS:
        raise SettingsError(f"IMPASTO_PRECISION must be one of {', '.join(PRECISIONS)}, got '{precision}'")
    path = cache_folder() / f"convolution-{_machine(device, precision)}.json"
    if not record:
        return Tuner(device, precision, _stored(path), path)
    # What a record leaves open is taken from the cache, so that a resumed run and a new one agree.
    recorded = Tuner(device, precision, path=path)
    available = {way.name for way in recorded.candidates()}
    recorded.choices = {key: name for key, name in _read_record(record).items() if name in available}
    return recorded


def _read_record(text: str) -> dict[str, str]:
    choices = {}
    for entry in text.split(","):
        key, equals, name = entry.strip().partition("=")
        if not equals or name not in WAYS:
            raise SettingsError(
                f"convolutions must be recorded as OxI@POSITIONS=WAY with a way of {', '.join(WAYS)}, "
                f"got '{entry}'"
            )
        choices[key] = name
    return choices


def strip_of(kernel: Tensor, positions: int) -> int:
    """Return the entry of SIZES that represents `positions` positions under a kernel `(O, I, 3, 3)`."""
    most = min(positions, WORK // (kernel.shape[0] * kernel.shape[1]))
    return min(SIZES, key=lambda size: abs(math.log(size / max(most, 1))))


def cache_folder() -> Path:
    """Return the user's cache folder for Impasto, or `IMPASTO_CACHE` if set."""
    if "IMPASTO_CACHE" in os.environ:
        return Path(os.environ["IMPASTO_CACHE"])
    fallback = Path(tempfile.gettempdir()) / (
        f"impasto-{os.getuid()}" if hasattr(os, "getuid") else "impasto"
    )
    try:
        folder = platformdirs.user_cache_path("impasto", appauthor=False)
    except RuntimeError:  # no HOME, and an unknown user
        return fallback
    # A relative path would depend on the working directory.
    return folder if folder.is_absolute() else fallback


def _stored(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    valid = isinstance(found, Mapping) and all(isinstance(k, str) and v in WAYS for k, v in found.items())
    return dict(found) if valid else {}


@contextmanager
def _locked(path: Path | None) -> Iterator[None]:
    """Hold a lock next to a cache file, if possible; a process that dies releases it."""
    with ExitStack() as stack:
        if path is not None:
            with suppress(OSError, NotImplementedError):
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(path.with_suffix(".lock")))
        yield


def _machine(device: torch.device, precision: str) -> str:
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    else:
        name = platform.processor() or platform.machine()
    capability = torch.backends.cpu.get_cpu_capability()
    available = str([way.available(device) for way in WAYS.values()])
    parts = (name, capability, available, str(torch.get_num_threads()), torch.__version__, precision)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


class _Timing:
    """The shortest time of a forward and backward pass of an implementation; infinite if it fails."""

    def __init__(self, way: Way, kernel: Tensor, strip: Tensor) -> None:
        self.way, self.seconds = way, math.inf
        self.kernel = way.prepare(kernel, kernel.new_zeros(kernel.shape[0]))
        # In the layout that neighbouring layers provide; pixels are always float32.
        self.strip = strip if strip.shape[1] == PIXEL_CHANNELS else way.enter(strip)

    def run(self) -> None:
        strip = self.strip.detach().requires_grad_()
        started = time.perf_counter()
        try:
            with torch.enable_grad():
                output = convolve(strip, self.kernel, self.way)
                torch.autograd.grad(output, strip, output)
        except RuntimeError:
            return
        self.seconds = min(self.seconds, time.perf_counter() - started)
