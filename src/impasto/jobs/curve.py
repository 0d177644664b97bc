"""The curve of a job's losses: one row per step in a file in its folder."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from impasto.engine.events import Step

CURVE = "losses.csv"

LONGEST = 50_000_000
"""Most bytes of a file that are read; a row has about 60."""


@dataclass(frozen=True)
class Point:
    """A step of the curve: `step` counts over all scales, `memory` is the peak in bytes so far."""

    step: int
    scale: int
    seconds: float
    memory: int
    loss: float
    content: float
    style: float


HEAD = ",".join(field.name for field in fields(Point))


def add(folder: Path, event: Step, memory: int) -> None:
    """Add a step to the curve of a job folder; if it cannot be written, the curve has a gap.

    The row is not synced to the disk, so a loss of power may cost the last ones.
    """
    content, style = (
        sum(value for name, value in event.losses.items() if name.startswith(kind))
        for kind in ("content", "style")
    )
    point = Point(event.step, event.scale, event.seconds, memory, event.loss, content, style)
    with suppress(OSError), (folder / CURVE).open("a", encoding="utf-8") as file:
        row = ",".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in astuple(point))
        file.write(row + "\n" if file.tell() else f"{HEAD}\n{row}\n")


def read(folder: Path) -> list[Point]:
    """Return the curve of a job folder, empty if there is none; invalid rows are skipped.

    Of steps that were painted again after a kill, the last rows count.
    """
    try:
        with (folder / CURVE).open(encoding="utf-8", errors="replace") as file:
            lines = file.read(LONGEST).splitlines()
    except OSError:
        return []
    points: list[Point] = []
    for point in filter(None, map(_point, lines)):
        while points and points[-1].step >= point.step:
            points.pop()
        points.append(point)
    return points


def _point(line: str) -> Point | None:
    try:
        step, scale, seconds, memory, loss, content, style = line.split(",")
        point = Point(
            int(step), int(scale), float(seconds), int(memory), float(loss), float(content), float(style)
        )
    except ValueError:
        return None
    return point if all(map(math.isfinite, astuple(point))) else None
