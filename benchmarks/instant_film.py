"""Instant films beside the same frames painted one by one: warping error, and frames a second with flow.

    python benchmarks/instant_film.py [--clip FILE] [--frames 24] [--size 480] [--look night_cafe]
                                      [--set NAME=VALUE] [--keep FOLDER]

The warping error is measured by DeepFlow, another flow than films are painted with. Sharpness is the mean
difference of neighbouring pixels' luma, of the film over that of its frames one by one.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from clips import KNOWN
from impasto import instant
from impasto.engine.allocator import hold_freed_memory
from impasto.media.clip import Clip
from impasto.settings.presets import preset
from impasto.stills.stock import Stock
from impasto.video.flicker import warping_errors
from impasto.video.instant import InstantFilming


def main() -> None:
    """Print a row for each clip."""
    options = _arguments()
    hold_freed_memory()
    changes = dict(pair.split("=", 1) for pair in options.set)
    settings = preset("instant").with_changes(**dict(size=options.size, instant=True) | changes)
    print(f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads, {changes}")
    print(f"{'clip':10} {'source':>9} {'film':>9} {'alone':>9} {'ratio':>6} {'sharp':>6} {'frames/s':>9}")
    clips = {"clip": options.clip} if options.clip else {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for name in [*clips, *KNOWN]:
            source = clips.get(name) or KNOWN[name](options.frames).write(folder / name / "clip")
            _compare(name, source, folder / name, settings, options)


def _compare(name, source, folder, settings, options) -> None:
    rate = Clip.open(source).rate
    part = (
        settings.with_changes(end=str(float(Fraction(options.frames) / rate))) if name == "clip" else settings
    )
    film = InstantFilming(source, options.look, part, folder=folder / "film")
    began = time.perf_counter()
    for _ in film:
        pass
    seconds = time.perf_counter() - began
    painted = [np.asarray(image) for image, _, _ in film.pictures()]
    frames, stock = [film.frames.array(i) for i in range(film.count)], Stock()
    still = settings.with_changes(size=max(film.size), instant=False)
    alone = [np.asarray(instant(frame, options.look, still, stock=stock).image) for frame in frames]
    _save(painted, folder / "painted")
    _save(alone, folder / "alone")
    errors = [warping_errors(frames, pictures, "deepflow").mean for pictures in (frames, painted, alone)]
    sharp = _sharpness(painted) / _sharpness(alone)
    numbers = " ".join(f"{error:9.6f}" for error in errors)
    rate_of_film = len(painted) / seconds
    print(f"{name:10} {numbers} {errors[1] / errors[2]:6.3f} {sharp:6.3f} {rate_of_film:9.2f}", flush=True)


def _save(pictures: list[np.ndarray], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(pictures, 1):
        Image.fromarray(picture).save(folder / f"{i:04d}.png")


def _sharpness(pictures: list[np.ndarray]) -> float:
    luma = np.stack(pictures).astype(float).mean(3)
    return float(np.abs(np.diff(luma, axis=1)).mean() + np.abs(np.diff(luma, axis=2)).mean())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--look", default="night_cafe")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
