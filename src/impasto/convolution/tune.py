"""Which way is fastest here, for each layer and size: timed once on strips, and kept in the user's cache folder."""

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

from impasto.convolution.ways import PIXEL_CHANNELS, WAYS, Way, convolve
from impasto.errors import SettingsError

SIZES: tuple[int, ...] = tuple(4**power for power in range(3, 8))
"""Positions of the strips that are timed: a map behaves like the strip nearest in size."""

WORK = 1 << 28
"""Products per position of the kernel and strip at most: deep layers are timed on shorter strips, in milliseconds."""

FOREIGN = 1.25
"""How much faster than bfloat16 a float32 way must be: between bfloat16 neighbours it pays for two conversions, there and back."""

ROUNDS = 4
"""Times that each way runs."""

HOPELESS = 2.0
"""A way that took so many times the best is not run again."""

PRECISIONS = {
    "auto": tuple(WAYS),
    "float32": ("reference", "nnpack", "winograd"),
    "reference": ("reference",),
}
"""Which ways may take part at each precision."""


@dataclass
class Tuner:
    """The fastest way per shape of kernel and bucketed number of positions, on one device.

    `precision` is a key of PRECISIONS. `choices` holds what was decided, as `OxI@positions` to a name; what is given
    there is taken without timing. `used` are those that were asked for.
    """

    device: torch.device
    precision: str = "auto"
    choices: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    used: set[str] = field(default_factory=set)

    def way(self, kernel: Tensor, positions: int) -> Way:
        """Return the fastest way for a kernel `(O, I, 3, 3)` over a map of so many positions."""
        key = self._decide(kernel, strip_of(kernel, positions))
        self.used.add(key)
        return WAYS[self.choices[key]]

    def decide(self, kernel: Tensor, positions: int) -> None:
        """Find the fastest ways for a kernel `(O, I, 3, 3)` over maps of up to so many positions, before they are asked for."""
        for strip in SIZES:
            if strip <= strip_of(kernel, positions):
                self._decide(kernel, strip)

    @property
    def record(self) -> str:
        """What was decided and asked for, as text that `tuner` reads: the same however much else this machine has learnt."""
        return ",".join(f"{key}={self.choices[key]}" for key in sorted(self.used))

    @property
    def known(self) -> str:
        """All that was decided or learnt before, as text that `tuner` reads."""
        return ",".join(f"{key}={way}" for key, way in sorted(self.choices.items()))

    @property
    def value_bytes(self) -> int:
        """The bytes of one number of a feature map: 2 where bfloat16 takes part."""
        return 2 if any(way.name.startswith("bf16") for way in self.candidates()) else 4

    def candidates(self) -> list[Way]:
        """Return the ways that may take part here, the reference first."""
        return [WAYS[name] for name in PRECISIONS[self.precision] if WAYS[name].available(self.device)]

    def _decide(self, kernel: Tensor, strip: int) -> str:
        key = f"{kernel.shape[0]}x{kernel.shape[1]}@{strip}"
        if key not in self.choices:
            # Processes that begin together agree: who waited takes what the other found out, and none times beside another.
            with _alone(self.path):
                for known, way in (_stored(self.path) if self.path else {}).items():
                    self.choices.setdefault(known, way)
                if key not in self.choices:
                    self.choices[key] = self._fastest(kernel, strip)
                    self._store()
        return key

    def _fastest(self, kernel: Tensor, positions: int) -> str:
        candidates = self.candidates()
        if self.device.type != "cpu":
            return candidates[
                -1
            ].name  # a GPU has no more than bfloat16 and the reference, and bfloat16 always wins
        if len(candidates) == 1 or kernel.dtype != torch.float32:
            return "reference"
        side = round(math.sqrt(positions))
        strip = torch.rand(1, kernel.shape[1], side, side)
        racers = {way.name: _Racer(way, kernel, strip) for way in candidates}
        # Round by round, so that another program's load falls upon all alike; the first warms up.
        for _ in range(ROUNDS):
            for racer in racers.values():
                racer.run()
            leader = min(racer.seconds for racer in racers.values())
            racers = {
                name: racer for name, racer in racers.items() if racer.seconds <= HOPELESS * leader
            } or racers
        return min(
            racers, key=lambda name: racers[name].seconds * (1 if name.startswith("bf16") else FOREIGN)
        )

    def _store(self) -> None:
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.path.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(self.choices, indent=1, sort_keys=True), encoding="utf-8")
            temporary.replace(self.path)
        except OSError:
            self.path = None  # a cache that cannot be written costs a second each time, and nothing else


def tuner(device: torch.device, precision: str = "auto", record: str = "") -> Tuner:
    """Return the tuner of this machine with what it learnt before, or with the choices of a record, where they are to be had.

    `IMPASTO_PRECISION` goes before `precision`. Raises SettingsError.
    """
    precision = os.environ.get("IMPASTO_PRECISION") or precision
    if precision not in PRECISIONS:
        raise SettingsError(f"IMPASTO_PRECISION must be one of {', '.join(PRECISIONS)}, got '{precision}'")
    if record:
        recorded = Tuner(device, precision)
        there = {way.name for way in recorded.candidates()}
        recorded.choices = {key: name for key, name in _read_record(record).items() if name in there}
        return recorded
    path = cache_folder() / f"convolution-{_machine(device, precision)}.json"
    return Tuner(device, precision, _stored(path), path)


def _read_record(text: str) -> dict[str, str]:
    choices = {}
    for entry in text.split(","):
        key, equals, name = entry.strip().partition("=")
        if not equals or name not in WAYS:
            raise SettingsError(
                f"convolutions must be recorded as OxI@POSITIONS=WAY with a way of {', '.join(WAYS)}, got '{entry}'"
            )
        choices[key] = name
    return choices


def strip_of(kernel: Tensor, positions: int) -> int:
    """Return the strip of SIZES that stands for a map of so many positions under a kernel `(O, I, 3, 3)`."""
    most = min(positions, WORK // (kernel.shape[0] * kernel.shape[1]))
    return min(SIZES, key=lambda size: abs(math.log(size / max(most, 1))))


def cache_folder() -> Path:
    """Return the user's cache folder for Impasto; `IMPASTO_CACHE` names another."""
    if "IMPASTO_CACHE" in os.environ:
        return Path(os.environ["IMPASTO_CACHE"])
    own = Path(tempfile.gettempdir()) / (f"impasto-{os.getuid()}" if hasattr(os, "getuid") else "impasto")
    try:
        folder = platformdirs.user_cache_path("impasto", appauthor=False)
    except RuntimeError:  # no HOME, and a user whom the system does not know
        return own
    # A relative path would lead into whatever folder the program is started in.
    return folder if folder.is_absolute() else own


def _stored(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    valid = isinstance(found, Mapping) and all(isinstance(k, str) and v in WAYS for k, v in found.items())
    return dict(found) if valid else {}


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Hold a lock beside a file of choices, if it can be made; a process that dies releases it."""
    with ExitStack() as stack:
        if path is not None:
            with suppress(OSError, NotImplementedError):
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(path.with_suffix(".lock")))
        yield


def _machine(device: torch.device, precision: str) -> str:
    name = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.processor() or platform.machine()
    )
    features = (
        name,
        torch.backends.cpu.get_cpu_capability(),
        str([way.available(device) for way in WAYS.values()]),
    )
    parts = (*features, str(torch.get_num_threads()), torch.__version__, precision)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


class _Racer:
    """One way over one strip: its shortest time for a pass forward and backward, infinite where it fails."""

    def __init__(self, way: Way, kernel: Tensor, strip: Tensor) -> None:
        self.way, self.seconds = way, math.inf
        self.kernel = way.prepare(kernel, kernel.new_zeros(kernel.shape[0]))
        # As its neighbours would hand it over; but the pixels come to all in float32.
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
