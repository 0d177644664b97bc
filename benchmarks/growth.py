"""Seconds per step and peak memory as the picture grows, ours beside pastiche 1.6.0, drawn as a plot.

    pip install pastiche==1.6.0 matplotlib
    python benchmarks/growth.py [--plot docs/gallery/growth.png] [--peer-most 1024]

Seconds are those that a run of three steps reports for its last two (ours), and the difference of two whole
processes (pastiche); memory is the peak of the whole process. Ours plans its memory by itself, within what is
free.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from memory import photo_of
from peak import peak
from step import EXAMPLES, peer, per_step

SIZES = (256, 362, 512, 724, 1024, 1448, 2048)
STEPS = 4


def ours(photo: Path, painting: Path, folder: Path, size: int) -> tuple[float, int, str]:
    """Return the seconds of a step, the process's peak bytes and its plan."""
    arguments = (
        "stylize",
        photo,
        painting,
        "-o",
        folder / "out.png",
        "--size",
        size,
        "--start-size",
        0,
        "--steps",
        STEPS,
        "--json",
    )
    measured, text = peak("impasto", *arguments)
    events = [json.loads(line) for line in text.splitlines()]
    times = [event["seconds"] for event in events if event["kind"] == "step"]
    return (times[-1] - times[0]) / (len(times) - 1), measured, events[-1]["settings"]["plan"]


def plot(
    mine: list[tuple[float, float, float]], theirs: list[tuple[float, float, float]], target: Path
) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axis, column, name in ((axes[0], 1, "seconds per step"), (axes[1], 2, "peak memory, GB")):
        for rows, label in ((mine, "impasto"), (theirs, "pastiche 1.6.0")):
            axis.plot([row[0] for row in rows], [row[column] for row in rows], "o-", label=label)
        axis.set(xlabel="megapixels", ylabel=name, xlim=0, ylim=0)
        axis.grid(alpha=0.3)
    axes[0].legend()
    figure.savefig(target, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--largest", type=int, default=max(SIZES))
    parser.add_argument(
        "--peer-most", type=int, default=1024, help="the largest size at which the peer runs; 0 for none"
    )
    options = parser.parse_args()
    mine, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        painting = EXAMPLES / "paintings/cafe_terrace_at_night.webp"
        print(
            "pixels       impasto: s a step   s a megapixel   peak      plan                pastiche: s "
            "a step   peak     ratios",
            flush=True,
        )
        for size in (size for size in SIZES if size <= options.largest):
            photo = photo_of(folder, size)
            area = size * (size * 3 // 4) / 1e6
            seconds, bytes_, plan = ours(photo, painting, folder, size)
            mine.append((area, seconds, bytes_ / 1e9))
            line = (
                f"{size}x{size * 3 // 4:<6} {seconds:18.3f} {seconds / area:15.2f} {bytes_ / 1e9:7.2f} GB   "
                f"{plan:18}"
            )
            if size <= options.peer_most:
                slow = per_step(peer, photo, painting, folder, size, STEPS)
                arguments = (
                    "-c",
                    photo,
                    "-s",
                    painting,
                    "-o",
                    folder / "out.png",
                    "--size",
                    size,
                    "--num-steps",
                    2,
                    "--no-verbose",
                )
                large, _ = peak("pastiche", *arguments)
                theirs.append((area, slow, large / 1e9))
                line += f" {slow:18.3f} {large / 1e9:7.2f} GB   {seconds / slow:.2f} {bytes_ / large:.2f}"
            print(line, flush=True)
    if options.plot:
        plot(mine, theirs, options.plot)


if __name__ == "__main__":
    main()
