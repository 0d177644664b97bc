"""Memory and time, reckoned before the work begins, and what is done so that the memory suffices."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from impasto.engine.schedule import Scale, Size
from impasto.errors import MemoryShortage, SettingsError
from impasto.settings import Settings

BOUNDARY = "pool2"
"""The layer up to which `recompute` computes in tiles: the blocks before it hold nine tenths of the memory."""

RECOMPUTED_TILE = 512
TILES = (1024, 768, 512, 384, 256, 128)
REPORT_TILE = 256
"""The tile in which the losses of a result are measured where memory is shortest; each fit's `report` bytes are what that takes."""
FEWEST_PAIRS = 5
HALO = 160
"""What a tile's side is longer by, computed with its halos down to conv5_1."""


class Fit(NamedTuple):
    """Bytes, fitted to what `benchmarks/memory.py` measured: of the process, per pixel of each way and of a tile, and to report."""

    process: int
    keep: int
    recompute: int
    tile: int
    report: int


FITS = {2: Fit(730_000_000, 1440, 820, 800, 300_000_000), 4: Fit(900_000_000, 4150, 1560, 2100, 400_000_000)}
"""By the bytes of one value of a feature map."""

PICTURE = 230
"""Bytes per pixel of the pictures themselves, with tiles: the pastiche and its gradient, the photo, the painting, the targets."""

PAIR = 2 * 3 * 4
"""Bytes per pixel of one pair of L-BFGS in float32."""


SAFETY = 1.15
"""How much more than foretold a process may turn out to take: what its allocator cannot fit into the holes of freed maps varies with the size."""


class Plan(NamedTuple):
    """How one scale is computed, and how many pairs L-BFGS keeps there, in float32 or at `half` that.

    `keep` holds every map for the backward pass. `recompute` computes the early blocks twice, in tiles, and holds the
    others. `tile` computes all in tiles, twice. Written `keep/20`, `recompute:512/20h`, `tile:1024/10h`.
    """

    way: str
    tile: int
    pairs: int
    half: bool = False

    @classmethod
    def parse(cls, text: str, pairs: int) -> Plan:
        """Read a plan, with `pairs` where it names none; raises SettingsError."""
        found = re.fullmatch(r"(keep|(?:recompute|tile):([1-9]\d{0,4}))(?:/(\d{1,4})(h?))?", text.strip())
        if not found:
            raise SettingsError(
                f"a plan must be keep, recompute:TILE or tile:TILE, then /PAIRS where you like, got '{text}'"
            )
        return cls(found[1].split(":")[0], int(found[2] or 0), int(found[3] or pairs), bool(found[4]))

    def __str__(self) -> str:
        return f"{self.way}{f':{self.tile}' if self.tile else ''}/{self.pairs}{'h' if self.half else ''}"

    @property
    def until(self) -> str:
        """The layer up to which tiles go; empty for the deepest."""
        return BOUNDARY if self.way == "recompute" else ""

    def bytes(self, size: Size, value: int) -> int:
        """Return the bytes of the whole process at a scale, with feature maps of `value` bytes per number."""
        fit, pixels = FITS[value], size[0] * size[1]
        if self.way == "tile":
            height, width = (min(side, self.tile + HALO) for side in size)
            maps = max(height * width * fit.tile, fit.report) + pixels * PICTURE
        else:
            maps = pixels * (fit.keep if self.way == "keep" else fit.recompute)
        return fit.process + maps + pixels * self.pairs * PAIR // (2 if self.half else 1)

    def work(self) -> float:
        """Return about how many times the work of `keep` a step is."""
        return {"keep": 1.0, "recompute": 1.25}.get(self.way) or 1.5 * (1 + HALO / self.tile) ** 2

    def price(self, pairs: int) -> float:
        """Return the work, dearer where half precision and fewer pairs than wished for let a step win less."""
        return (
            self.work()
            * (1.02 if self.half else 1.0)
            * (1.2 ** math.log2(pairs / self.pairs) if self.pairs else 1.0)
        )


def plan_scales(
    scales: Sequence[Scale], settings: Settings, value: int, most: int | None
) -> tuple[Plan, ...]:
    """Return the plan of each scale, those of the settings or the fastest within `most` bytes; raises MemoryShortage."""
    pairs = settings.history if settings.optimizer == "lbfgs" else 0
    given = [Plan.parse(text, pairs) for text in settings.plan.split(",") if text.strip()]
    if len(given) not in (0, 1, len(scales)):
        raise SettingsError(
            f"plan must name one way, or one for each of {len(scales)} scales, got {len(given)}"
        )
    plans = []
    for i, scale in enumerate(scales):
        ways = [given[i if len(given) > 1 else 0]] if given else candidates(pairs)
        fitting = (way for way in ways if most is None or way.bytes(scale.size, value) * SAFETY <= most)
        if (plan := next(fitting, None)) is None:
            raise MemoryShortage(shortage(scales[-1].size, settings, value, most))
        plans.append(plan)
    return tuple(plans)


def candidates(pairs: int) -> list[Plan]:
    """Return every plan, the one with the lowest price first."""
    fewer = [pairs // 2**i for i in range(8) if pairs // 2**i >= FEWEST_PAIRS] or [pairs]
    ways = [("keep", 0), ("recompute", RECOMPUTED_TILE), *(("tile", tile) for tile in TILES)]
    plans = [Plan(way, tile, pairs, half) for way, tile in ways for pairs in fewer for half in (False, True)]
    return sorted(plans, key=lambda plan: plan.price(pairs))


def report_plan(painting: Plan, size: Size, value: int) -> Plan:
    """Return how the losses of a result are measured in float32: in the largest tiles within what painting took beside its pairs, which stay."""
    most = painting._replace(pairs=0).bytes(size, value)
    plans = [Plan("tile", tile, 0) for tile in TILES]
    return next((plan for plan in plans if plan.bytes(size, 4) <= most), Plan("tile", REPORT_TILE, 0))


def shortage(size: Size, settings: Settings, value: int, most: int | None) -> str:
    """Return the message for a picture that does not fit into memory, with a size that does."""
    pairs = settings.history if settings.optimizer == "lbfgs" else 0
    least = min(candidates(pairs), key=lambda plan: plan.bytes(size, value))
    needed = int(least.bytes(size, value) * SAFETY)
    message = f"a picture of {max(size)} px needs about {gigabytes(needed)}"
    most = needed // 2 if most is None else most
    message += f", and {gigabytes(most)} may be used"
    for part in range(95, 4, -5):
        smaller = (max(1, size[0] * part // 100), max(1, size[1] * part // 100))
        if least.bytes(smaller, value) * SAFETY <= most:
            return f"{message}; --size {max(smaller)} fits"
    return f"{message}; close other programs, raise --memory or use a machine with more"


def gigabytes(amount: int) -> str:
    """Return an amount of bytes in words."""
    return f"{amount / 1e9:.1f} GB"
