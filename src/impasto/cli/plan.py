"""`impasto plan`: estimate memory and time of a run."""

from __future__ import annotations

from collections.abc import Iterator

from impasto.cli.carry_out import memory_of
from impasto.cli.progress import duration
from impasto.cli.stylize import style_and_weight
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.plan import gigabytes
from impasto.engine.threads import use_threads
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.foresight import foresee
from impasto.stills.stylize import Stylization

HEADINGS = ("scale", "size", "steps", "computed", "pairs", "memory", "time")


def lines(content: str, styles: list[str], settings: Settings, run: RunOptions) -> Iterator[str]:
    """Yield the lines of a table with one row per scale, and a total; raises ImpastoError."""
    hold_freed_memory()
    use_threads(settings.threads)
    found = foresee(
        Stylization(
            content,
            [style_and_weight(s) for s in styles],
            settings,
            device=run.device,
            memory=memory_of(run),
        )
    )
    rows = [HEADINGS]
    for i, scale in enumerate(found.scales, start=1):
        computed, _, pairs = scale.plan.partition("/")
        size, cost = f"{scale.width}x{scale.height}", (gigabytes(scale.memory), duration(scale.seconds))
        rows.append((f"{i}", size, f"{scale.steps}", computed, pairs, *cost))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    allowed = f" of {gigabytes(found.allowed)}" if found.allowed is not None else ""
    yield f"at most {gigabytes(found.memory)}{allowed}, about {duration(found.seconds)} on this machine"
