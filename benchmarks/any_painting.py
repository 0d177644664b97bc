"""Looks of paintings that none was trained on: what they reach on six unseen photos, after some minutes.

    python benchmarks/any_painting.py [PAINTING...] [--minutes 0,1] [--keep FOLDER]

Without arguments, the four paintings of the examples whose looks are not in the package. Errors are those of
the judge at a strength of 60, over five layers, as for the looks of the package; the looks are made as
`impasto instant PHOTO --style PAINTING` does, and seconds are those of the whole making, its dial included.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from pathlib import Path

import torch

from impasto.convolution.tune import tuner
from impasto.encoder import load_encoder
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.schedule import fit_long
from impasto.looks.look import Look
from impasto.looks.making import Making
from impasto.looks.manner import WORKING, Manner
from impasto.looks.measure import Measure, Reached
from impasto.looks.photos import TRAINED_ON, UNSEEN, bundled
from impasto.looks.shelf import trunk_of
from impasto.media.image import image_of, load, save

HERE = Path(__file__).parent
PAINTINGS = (
    "langlois_bridge_at_arles",
    "painter_on_the_road_to_tarascon",
    "portrait_of_pere_tanguy",
    "vestibule_of_the_asylum",
)
PHOTOS = "avignon", "bridge", "citrus", "dog", "lemurs", "mariachi"
"""The photos on which the looks of the package are measured as well, and none was trained."""


def main() -> None:
    """Print a row for each painting and number of minutes."""
    options = _arguments()
    hold_freed_memory()
    files = options.paintings or [HERE.parent / f"examples/paintings/{name}.webp" for name in PAINTINGS]
    print(f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(
        f"{'painting':34} {'minutes':>7} {'content':>8} {'style':>6} {'steps':>6} {'seconds':>8}", flush=True
    )
    pictures = [load(HERE / "pictures" / f"{name}.webp") for name in PHOTOS]
    photos = [picture.pixels(fit_long(picture.size, WORKING)) for picture in pictures]
    encoder = load_encoder(["conv5_1"], tuner=tuner(torch.device("cpu")))
    for file in files:
        measure = Measure(encoder, Manner.load(file), photos)
        for minutes in map(float, options.minutes.split(",")):
            _row(file, minutes, measure, options.keep)


def _row(painting: Path, minutes: float, measure: Measure, keep: Path | None) -> None:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        photos = bundled(TRAINED_ON), bundled(UNSEEN)
        making = Making(painting, *photos, Path(folder), minutes=minutes, kernels=False)
        for _ in making:
            pass
        look = making.look(painting.stem, painting.stem)
        seconds = time.perf_counter() - began
    reached, pictures = _reached(look, measure)
    numbers = f"{reached.content:8.3f} {reached.style:6.3f} {making.best.step:6} {seconds:8.0f}"
    print(f"{painting.stem:34} {minutes:7g} {numbers}", flush=True)
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        look.write(keep / f"{painting.stem}-{minutes:g}.look")
        height = min(picture.shape[2] for picture in pictures)
        side_by_side = torch.cat([picture[:, :, :height] for picture in pictures], 3)
        save(image_of(side_by_side), keep / f"{painting.stem}-{minutes:g}.jpg")


def _reached(look: Look, measure: Measure) -> tuple[Reached, list[torch.Tensor]]:
    """Return what a look reaches at a strength of 60 by its own dial, and the photos as painted so."""
    values, kept = look.at(60)
    given = trunk_of(look), torch.stack([values, values]), -kept
    return measure.reached(*given), measure.painted(*given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paintings", type=Path, nargs="*")
    parser.add_argument("--minutes", default="0,1")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
