"""Loss against seconds for a few schedules: how many scales, from which size, and when a scale ends early.

    pip install matplotlib
    python benchmarks/schedule.py [--size 512] [--plot docs/gallery/schedule.png] [--pair PHOTO PAINTING]

The objective is the default's at the full size, so losses can be compared there alone: a curve begins when
its last scale does. The peer is the one-scale schedule that published programs use.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import impasto
from impasto.engine import schedule
from impasto.engine.allocator import hold_freed_memory
from impasto.stills.stylize import Stylization
from step import EXAMPLES

SCHEDULES = {
    "one scale": dict(start_size=0, steps=150),
    "from 256 px, by √2 (default)": dict(),
    "from 256 px, by 2": dict(ratio=2.0),
    "from 128 px, by √2": dict(start_size=128),
    "from 256 px, half the steps": dict(steps=165),
    "default, ended early at 2% in 20 steps": dict(min_fall=0.02),
    "default, ended early at 5% in 20 steps": dict(min_fall=0.05),
}


def curve(
    photo: Path, painting: Path, size: int, ratio: float = schedule.RATIO, **changes: object
) -> tuple[list[tuple[float, float]], str]:
    """Return (seconds, loss) of each step at the full size, and the steps of each scale."""
    usual, schedule.RATIO = schedule.RATIO, ratio
    try:
        run = Stylization(photo, painting, impasto.Settings(size=size).with_changes(**changes))
    finally:
        schedule.RATIO = usual
    events = list(run)
    steps = [event for event in events if isinstance(event, impasto.Step)]
    scales = range(1, len(run.scales) + 1)
    counts = "+".join(str(sum(step.scale == scale for step in steps)) for scale in scales)
    return [(step.seconds, step.loss) for step in steps if step.scale == len(run.scales)], counts


def plot(curves: dict[str, list[tuple[float, float]]], size: int, target: Path) -> None:
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7.5, 4.2), layout="constrained")
    for name, points in curves.items():
        lowest = [
            (seconds, min(loss for _, loss in points[: i + 1])) for i, (seconds, loss) in enumerate(points)
        ]
        axis.plot(*zip(*lowest, strict=True), label=name)
    final = min(loss for points in curves.values() for _, loss in points)
    axis.set(
        xlabel="seconds", ylabel=f"lowest loss so far at {size} px", xlim=0, ylim=(final * 0.95, final * 2.5)
    )
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.savefig(target, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--plot", type=Path)
    parser.add_argument(
        "--pair",
        nargs=2,
        default=("eilean_donan.webp", "cafe_terrace_at_night.webp"),
        metavar=("PHOTO", "PAINTING"),
    )
    options = parser.parse_args()
    hold_freed_memory()
    photo, painting = EXAMPLES / "photos" / options.pair[0], EXAMPLES / "paintings" / options.pair[1]
    curves = {}
    for name, changes in SCHEDULES.items():
        curves[name], counts = curve(photo, painting, options.size, **changes)
        print(
            f"{name:42} steps {counts:14} {curves[name][-1][0]:6.1f} s  loss "
            f"{min(loss for _, loss in curves[name]):.4f}",
            flush=True,
        )
    if options.plot:
        plot(curves, options.size, options.plot)


if __name__ == "__main__":
    main()
