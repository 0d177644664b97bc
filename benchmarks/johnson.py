"""Seconds to the `johnson` loss that pastiche 1.6.0 reaches in 300 steps, ours coarse to fine, in one run.

    pip install pastiche==1.6.0
    python benchmarks/johnson.py [--size 512] [--steps 300] [--start-size 128] [--most 300]

Both start from the photo, with the same objective: pastiche's layer weights are set so that its sums are
johnson's, and total variation is 0 on both. Its result is judged as saved, by the reference in float32; ours
is judged in the same way every fifth step of the last scale, until it is no worse. Seconds are of the whole
process: start, weights, targets.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image

import impasto
from impasto.stills.stylize import Stylization

EXAMPLES = Path(__file__).parents[1] / "examples"
CHANNELS = (64, 128, 256, 512, 512)
EVERY = 5


def settings(size: int, start_size: int, steps: int) -> impasto.Settings:
    return impasto.preset("johnson").with_changes(
        init="content", tv_weight=0.0, size=size, start_size=start_size, steps=steps, history=100
    )


def judged(picture: Path, photo: Path, painting: Path, size: int) -> float:
    """Return the johnson loss of a picture as saved, by the reference in float32."""
    return sum(
        impasto.stylize(photo, painting, settings(size, 0, 1).with_changes(init=str(picture))).losses.values()
    )


def ours(
    photo: Path, painting: Path, size: int, start_size: int, steps: int, goal: float, started: float
) -> None:
    """Paint until a saved picture is no worse than `goal`; print the loss and seconds without judging."""
    run = Stylization(photo, painting, settings(size, start_size, steps))
    judging = loss = 0.0
    for event in run:
        if (
            event.kind == "step"
            and event.scale == event.scales
            and event.step % EVERY == 0
            and event.loss < 1.02 * goal
        ):
            before = time.time()
            loss = sum(run.pastiche().losses.values())
            judging += time.time() - before
            if loss <= goal:
                break
    print(
        json.dumps(
            {
                "seconds": time.time() - started - judging,
                "loss": loss,
                "steps": event.step,
                "reached": 0 < loss <= goal,
            }
        )
    )


def pastiche(photo: Path, painting: Path, out: Path, size: int, steps: int) -> float:
    styles = [str(100 / n**2) for n in CHANNELS]
    options = [
        "--size",
        str(size),
        "--num-steps",
        str(steps),
        "--no-verbose",
        "--content-layer-weights",
        "5",
        "--style-layer-weights",
        *styles,
    ]
    command = [
        sys.executable,
        "-m",
        "pastiche",
        "-c",
        str(photo),
        "-s",
        str(painting),
        "-o",
        str(out),
        *options,
    ]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512, help="long side; the photo is cut to 4:3")
    parser.add_argument("--steps", type=int, default=300, help="steps of pastiche")
    parser.add_argument("--start-size", type=int, default=128, help="long side of our first scale")
    parser.add_argument("--most", type=int, default=300, help="steps that ours are shared out from")
    parser.add_argument(
        "--pair",
        nargs=2,
        default=("eilean_donan.webp", "cafe_terrace_at_night.webp"),
        metavar=("PHOTO", "PAINTING"),
    )
    parser.add_argument(
        "--peer", type=Path, help="where pastiche's result is kept; not painted again where it is there"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child = json.loads(options.child)
        return ours(
            Path(child["photo"]),
            Path(child["painting"]),
            options.size,
            options.start_size,
            options.most,
            child["goal"],
            child["started"],
        )
    print(
        f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} "
        f"threads; torch {torch.__version__}, pastiche 1.6.0"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, painting, out = (
            folder / "photo.png",
            folder / "painting.png",
            options.peer or folder / "out.png",
        )
        Image.open(EXAMPLES / "photos" / options.pair[0]).convert("RGB").resize(
            (options.size, options.size * 3 // 4)
        ).save(photo)
        Image.open(EXAMPLES / "paintings" / options.pair[1]).convert("RGB").save(painting)
        start = judged(photo, photo, painting, options.size)
        theirs = 0.0 if out.exists() else pastiche(photo, painting, out, options.size, options.steps)
        goal = judged(out, photo, painting, options.size)
        print(f"pastiche  {theirs:6.1f} s, {options.steps} steps: loss {start:.4g} -> {goal:.4g}", flush=True)
        child = json.dumps(
            {"photo": str(photo), "painting": str(painting), "goal": goal, "started": time.time()}
        )
        done = json.loads(
            subprocess.run(
                [sys.executable, __file__, *sys.argv[1:], "--child", child],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        reached = "reached" if done["reached"] else "not reached"
        print(
            f"impasto   {done['seconds']:6.1f} s, {done['steps']} steps from {options.start_size} px: "
            f"loss {done['loss']:.4g}, {reached}"
        )
        if theirs:
            print(f"ratio     1/{theirs / done['seconds']:.1f}")


if __name__ == "__main__":
    main()
