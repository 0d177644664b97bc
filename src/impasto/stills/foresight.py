"""What a run will take: memory and time of each scale, on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from impasto.engine.speed import SIZE, seconds_per_step
from impasto.stills.stylize import Stylization


@dataclass(frozen=True)
class ScaleAhead:
    """A scale: its size, its steps, how it is computed, bytes of memory and seconds."""

    width: int
    height: int
    steps: int
    plan: str
    memory: int
    seconds: float


@dataclass(frozen=True)
class Foresight:
    """The scales of a run, and the bytes of memory that it may use, None if unknown."""

    scales: tuple[ScaleAhead, ...]
    allowed: int | None

    @property
    def memory(self) -> int:
        """Bytes at the scale that needs the most."""
        return max((scale.memory for scale in self.scales), default=0)

    @property
    def seconds(self) -> float:
        """Seconds of all scales."""
        return sum(scale.seconds for scale in self.scales)


def foresee(run: Stylization) -> Foresight:
    """Return what a run that has not begun will take, from the time of one step."""
    value = run.tuner.value_bytes
    per_pixel = seconds_per_step(run.settings, run.tuner) / (SIZE[0] * SIZE[1])
    scales = []
    for scale, plan in zip(run.scales, run.plans, strict=True):
        height, width = scale.size
        seconds = scale.steps * height * width * per_pixel * plan.work()
        facts = plan.bytes(scale.size, value), seconds
        scales.append(ScaleAhead(width, height, scale.steps, str(plan), *facts))
    return Foresight(tuple(scales), run.memory)
