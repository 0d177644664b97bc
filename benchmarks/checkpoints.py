"""The cost of a job folder: the same run with and without one, alternately, and the time spent writing.

    python benchmarks/checkpoints.py [--size 512] [--steps 0] [--rounds 5] [--folder DIR]

Both are painted in this process by the default settings. A round paints one after the other, every second
round the other way about, and its ratio is of those two; the median of all is what counts, beside the spread.
Writing is timed by itself, since a ratio near 1 drowns in what else the machine does. `--folder` says on
which disk the jobs lie.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import torch

import impasto
from impasto.jobs.checkpoints import Checkpoints

EXAMPLES = Path(__file__).parents[1] / "examples"
PHOTO, PAINTING = EXAMPLES / "photos/eilean_donan.webp", EXAMPLES / "paintings/cafe_terrace_at_night.webp"


class Writing:
    """Times each checkpoint that is written."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.bytes = 0
        write = Checkpoints.write

        def timed(checkpoints, state, more):
            self.bytes += checkpoints.bytes(state)
            started = time.perf_counter()
            write(checkpoints, state, more)
            self.seconds.append(time.perf_counter() - started)

        Checkpoints.write = timed


def paint(settings: impasto.Settings, folder: Path | None) -> float:
    """Paint, in a job if a folder is given, and return the seconds from the first target to the last step."""
    run = impasto.Stylization(PHOTO, PAINTING, settings)
    run.decide()
    started = time.perf_counter()
    if folder is None:
        for _ in run:
            pass
    else:
        with impasto.Job.start(folder, run) as job:
            for _ in job:
                pass
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--steps", type=int, default=0, help="0 for as many as the default takes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    settings = impasto.Settings(size=options.size, steps=options.steps)
    print(
        f"impasto {impasto.__version__}, torch {torch.__version__}, {platform.machine()}, "
        f"{torch.get_num_threads()} threads, {options.size} px"
    )
    paint(settings.with_changes(steps=min(settings.total_steps, 8)), None)  # to tune, and to warm up
    ratios, plain, kept, writing, shares, largest = [], [], [], Writing(), [], 0
    for number in range(options.rounds):
        folder = Path(tempfile.mkdtemp(prefix="impasto-", dir=options.folder)) / "job"
        written, took = sum(writing.seconds), {}
        for place in (None, folder) if number % 2 == 0 else (folder, None):
            took[place] = paint(settings, place)
        largest = max(largest, sum(path.stat().st_size for path in folder.iterdir()))
        shutil.rmtree(folder.parent)
        plain.append(took[None])
        kept.append(took[folder])
        ratios.append(took[folder] / took[None])
        shares.append((sum(writing.seconds) - written) / took[folder])
        print(
            f"round {number + 1}: {plain[-1]:.2f} s without, {kept[-1]:.2f} s with a job folder, "
            f"{ratios[-1]:.4f}",
            flush=True,
        )
    print(
        f"ratio            {statistics.median(ratios):.4f} ({min(ratios):.4f} to {max(ratios):.4f}), "
        "goal under 1.02"
    )
    print(
        f"writing          {statistics.median(shares):.2%} of the run ({min(shares):.2%} to "
        f"{max(shares):.2%})"
    )
    count, amount = len(writing.seconds) / options.rounds, writing.bytes / options.rounds / 1e6
    print(f"checkpoints      {count:.1f} a run, the longest {max(writing.seconds):.2f} s, {amount:.0f} MB")
    print(f"at the end       {largest / 1e6:.0f} MB in the folder")


if __name__ == "__main__":
    main()
