"""Estimates of memory and time before a run, and plans that fit into the available memory."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from impasto.engine.schedule import Scale, Size
from impasto.errors import MemoryShortage, SettingsError, option
from impasto.settings import Settings

BOUNDARY = "pool2"
"""The layer up to which `recompute` computes in tiles: the blocks before it use 90% of the memory."""

RECOMPUTED_TILE = 512
TILES = (1024, 768, 512, 384, 256, 128)
REPORT_TILE = 256
"""Smallest tile for measuring the losses of a result, which takes the `report` bytes of a fit."""
FEWEST_PAIRS = 5
HALO = 160
"""Pixels by which a tile's halos extend its side, for layers down to conv5_1."""


class Fit(NamedTuple):
    """Memory model in bytes, fitted to measurements of `benchmarks/memory.py`.

    `process` is the base, `keep` and `recompute` are per pixel of the picture, `tile` is per pixel of a tile,
    and `report` is for measuring the losses of a result.
    """

    process: int
    keep: int
    recompute: int
    tile: int
    report: int


FITS = {2: Fit(730_000_000, 1440, 820, 800, 300_000_000), 4: Fit(900_000_000, 4150, 1560, 2100, 400_000_000)}
"""Fits by the bytes per value of a feature map."""

PICTURE = 230
"""Bytes per pixel of the picture, its gradient, the photo, the painting and the targets, when tiling."""

PAIR = 2 * 3 * 4
"""Bytes per pixel of one pair of L-BFGS in float32."""

SAFETY = 1.15
"""Margin on the estimate: how much memory the allocator loses to fragmentation varies with the size."""


class Plan(NamedTuple):
    """How one scale is computed, and the number of L-BFGS pairs, in float32 or at `half` precision.

    `keep` stores every feature map for the backward pass. `recompute` computes the early blocks twice, in
    tiles, and stores the others. `tile` computes everything twice, in tiles. Written `keep/20`,
    `recompute:512/20h`, `tile:1024/10h`.
    """

    way: str
    tile: int
    pairs: int
    half: bool = False

    @classmethod
    def parse(cls, text: str, pairs: int) -> Plan:
        """Parse a plan, with `pairs` by default; raises SettingsError."""
        found = re.fullmatch(r"(keep|(?:recompute|tile):([1-9]\d{0,4}))(?:/(\d{1,4})(h?))?", text.strip())
        if not found:
            raise SettingsError(
                f"plan must be keep, recompute:TILE or tile:TILE, optionally with /PAIRS, got '{text}'"
            )
        return cls(found[1].split(":")[0], int(found[2] or 0), int(found[3] or pairs), bool(found[4]))

    def __str__(self) -> str:
        return f"{self.way}{f':{self.tile}' if self.tile else ''}/{self.pairs}{'h' if self.half else ''}"

    @property
    def until(self) -> str:
        """The last layer computed in tiles; empty for the deepest."""
        return BOUNDARY if self.way == "recompute" else ""

    def bytes(self, size: Size, value: int) -> int:
        """Estimate the bytes of the process at a scale, with feature maps of `value` bytes per value."""
        fit, pixels = FITS[value], size[0] * size[1]
        if self.way == "tile":
            height, width = (min(side, self.tile + HALO) for side in size)
            maps = max(height * width * fit.tile, fit.report) + pixels * PICTURE
        else:
            maps = pixels * (fit.keep if self.way == "keep" else fit.recompute)
        return fit.process + maps + pixels * self.pairs * PAIR // (2 if self.half else 1)

    def work(self) -> float:
        """Return the approximate cost of a step relative to `keep`."""
        return {"keep": 1.0, "recompute": 1.25}.get(self.way) or 1.5 * (1 + HALO / self.tile) ** 2

    def price(self, pairs: int) -> float:
        """Return the cost of a step, increased for half precision and fewer pairs, which slow convergence."""
        precision = 1.02 if self.half else 1.0
        memory = 1.2 ** math.log2(pairs / self.pairs) if self.pairs else 1.0
        return self.work() * precision * memory


def plan_scales(
    scales: Sequence[Scale], settings: Settings, value: int, most: int | None
) -> tuple[Plan, ...]:
    """Return the plan of each scale: that of the settings, else the fastest within `most` bytes.

    Raises MemoryShortage if none fits, and SettingsError if the settings do not name one plan, or one per
    scale.
    """
    pairs = settings.history if settings.optimizer == "lbfgs" else 0
    given = [Plan.parse(text, pairs) for text in settings.plan.split(",") if text.strip()]
    if len(given) not in (0, 1, len(scales)):
        raise SettingsError(
            f"plan must be one plan, or one for each of {len(scales)} scales, got {len(given)}"
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
    """Return every plan, cheapest first."""
    fewer = [pairs // 2**i for i in range(8) if pairs // 2**i >= FEWEST_PAIRS] or [pairs]
    ways = [("keep", 0), ("recompute", RECOMPUTED_TILE), *(("tile", tile) for tile in TILES)]
    plans = [Plan(way, tile, pairs, half) for way, tile in ways for pairs in fewer for half in (False, True)]
    return sorted(plans, key=lambda plan: plan.price(pairs))


def report_plan(painting: Plan, size: Size, value: int) -> Plan:
    """Return the plan for measuring the losses of a result in float32.

    The tiles are the largest that fit into the memory that painting used, except for the pairs, which stay
    allocated.
    """
    most = painting._replace(pairs=0).bytes(size, value)
    plans = [Plan("tile", tile, 0) for tile in TILES]
    return next((plan for plan in plans if plan.bytes(size, 4) <= most), Plan("tile", REPORT_TILE, 0))


def shortage(size: Size, settings: Settings, value: int, most: int | None) -> str:
    """Return the error message for a picture that does not fit into memory, with a size that does."""
    pairs = settings.history if settings.optimizer == "lbfgs" else 0
    least = min(candidates(pairs), key=lambda plan: plan.bytes(size, value))
    needed = int(least.bytes(size, value) * SAFETY)
    message = f"a picture of {max(size)} px needs about {gigabytes(needed)}"
    most = needed // 2 if most is None else most
    message += f", and {gigabytes(most)} may be used"
    for part in range(95, 4, -5):
        smaller = (max(1, size[0] * part // 100), max(1, size[1] * part // 100))
        if least.bytes(smaller, value) * SAFETY <= most:
            return f"{message}; {option('size')} {max(smaller)} fits"
    return f"{message}; close other programs, raise {option('memory')} or use a machine with more"


def gigabytes(amount: int) -> str:
    """Format a number of bytes."""
    return f"{amount / 1e9:.1f} GB"
