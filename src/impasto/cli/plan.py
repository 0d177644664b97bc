"""`impasto plan`: estimate memory and time of a run."""

from __future__ import annotations

from collections.abc import Iterator

from impasto.cli.carry_out import memory_of
from impasto.cli.progress import duration
from impasto.cli.stylize import style_and_weight
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.plan import gigabytes
from impasto.engine.speed import SIZE, seconds_per_step
from impasto.engine.threads import use_threads
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.stylize import Stylization

HEADINGS = ("scale", "size", "steps", "computed", "pairs", "memory", "time")


def foresee(content: str, styles: list[str], settings: Settings, run: RunOptions) -> Iterator[str]:
    """Yield the lines of a table with one row per scale, and a total; raises ImpastoError."""
    hold_freed_memory()
    use_threads(settings.threads)
    stylization = Stylization(
        content, [style_and_weight(s) for s in styles], settings, device=run.device, memory=memory_of(run)
    )
    value, per_pixel = (
        stylization.tuner.value_bytes,
        seconds_per_step(settings, stylization.tuner) / (SIZE[0] * SIZE[1]),
    )
    rows, most, total = [HEADINGS], 0, 0.0
    for i, (scale, plan) in enumerate(zip(stylization.scales, stylization.plans, strict=True), start=1):
        height, width = scale.size
        needed, seconds = (
            plan.bytes(scale.size, value),
            scale.steps * height * width * per_pixel * plan.work(),
        )
        most, total = max(most, needed), total + seconds
        computed, _, pairs = str(plan).partition("/")
        rows.append(
            (
                f"{i}",
                f"{width}x{height}",
                f"{scale.steps}",
                computed,
                pairs,
                gigabytes(needed),
                duration(seconds),
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    allowed = f" of {gigabytes(stylization.memory)}" if stylization.memory is not None else ""
    yield f"at most {gigabytes(most)}{allowed}, about {duration(total)} on this machine"
