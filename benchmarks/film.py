"""Films beside the same frames painted one by one: warping error, style and content error, seconds a frame.

    python benchmarks/film.py [--clip FILE] [--frames 12] [--size 480] [--style PAINTING] [--only NAME]
                              [--set NAME=VALUE] [--film-alone] [--keep FOLDER]

The warping error is measured by DeepFlow, another flow than films are painted with, and where the motion is
known by that motion itself, which alone holds for fast ones: DeepFlow loses them. *back* is that of what the
frame before hid, and the one four before did not. Errors are those of the best step, content against the
photo as it was recoloured; after them those of what moves or has just come to sight, apart from the rest.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from clips import KNOWN, Known
from impasto.engine.events import FrameDone
from impasto.media.clip import Clip
from impasto.media.image import load
from impasto.settings import Settings
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization
from impasto.video.flicker import warping_error, warping_errors
from impasto.video.frame import pixels
from impasto.video.stylize import Filming
from moving import moving

STYLE = Path(__file__).parents[1] / "examples" / "paintings" / "cafe_terrace_at_night.webp"


def main() -> None:
    arguments = _arguments()
    changes = dict(pair.split("=", 1) for pair in arguments.set)
    settings = Settings(size=arguments.size).with_changes(**changes)
    print(
        f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads; "
        f"{arguments.frames} frames, {arguments.size} px, {changes}"
    )
    print(
        f"{'clip':10} {'':8} {'DeepFlow':>9} {'DIS':>9} {'exact':>9} {'back':>9} {'content':>8} "
        f"{'style':>8} {'of what':>8} {'moves':>8} {'s first':>8} {'s later':>8}"
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for name, known in _clips(arguments):
            source = known.write(folder / name / "clip") if known else arguments.clip
            _compare(name, source, known, folder / name, settings, arguments)


def _compare(
    name: str,
    source: Path,
    known: Known | None,
    folder: Path,
    settings: Settings,
    arguments: argparse.Namespace,
) -> None:
    end = {} if known else {"end": str(float(arguments.frames / Clip.open(source).rate))}
    film = Filming(source, arguments.style, settings.with_changes(**end), folder=folder / "film")
    done = [event for event in film if isinstance(event, FrameDone)]
    painted = [np.asarray(image) for image, _, _ in film.pictures()]
    frames = [np.asarray(load(film.frames.source(i)).image) for i in range(film.count)]
    rows = {"film": (painted, [event.losses for event in done], [event.seconds for event in done])}
    if not arguments.film_alone:
        rows["alone"] = _alone(frames, film, arguments.style)
    _line(name, "source", frames, frames, known, [], [], arguments.style)
    for kind, (pictures, losses, seconds) in rows.items():
        _line(name, kind, frames, pictures, known, losses, seconds, arguments.style)
        place = folder / kind
        place.mkdir(parents=True, exist_ok=True)
        for i, picture in enumerate(pictures):
            Image.fromarray(picture).save(place / f"{i + 1:04d}.png")


def _alone(
    frames: list[np.ndarray], film: Filming, style: Path
) -> tuple[list[np.ndarray], list[dict[str, float]], list[float]]:
    """Every frame as a photo of its own, with the same settings."""
    pictures, losses, seconds, stock = [], [], [], Stock()
    for frame in frames:
        began = time.perf_counter()
        run = Stylization(frame, style, film.settings, stock=stock)
        for _ in run:
            pass
        seconds.append(time.perf_counter() - began)
        pictures.append(np.asarray(run.image()))
        losses.append(run.state.losses)
    return pictures, losses, seconds


def _line(
    name: str,
    kind: str,
    frames: list,
    pictures: list,
    known: Known | None,
    losses: list[dict[str, float]],
    seconds: list[float],
    painting: Path,
) -> None:
    errors = [warping_errors(frames, pictures, method).mean for method in ("deepflow", "dis")]
    exact = f"{_exact(known, pictures):9.6f} {_back(known, pictures):9.6f}" if known else " " * 19
    content, style = (
        fmean(sum(v for k, v in one.items() if k.startswith(kind)) for one in losses) if losses else 0
        for kind in ("content", "style")
    )
    first, later = (seconds[0], fmean(seconds[1:])) if len(seconds) > 1 else (0, 0)
    inside = moving(frames, pictures, painting) if losses else None
    apart = f"{inside.content:8.4f} {inside.style:8.4f}" if inside else " " * 17
    print(
        f"{name:10} {kind:8} {errors[0]:9.6f} {errors[1]:9.6f} {exact} {content:8.4f} {style:8.4f} {apart} "
        f"{first:8.1f} {later:8.2f}",
        flush=True,
    )


def _exact(known: Known, pictures: list[np.ndarray]) -> float:
    """The warping error by the motion that the clip was made with."""
    return fmean(_change(pictures, i, i - 1, *known.flow(i, i - 1)) for i in range(1, len(pictures)))


def _back(known: Known, pictures: list[np.ndarray]) -> float:
    """How much of what comes to sight again is another than before it was hidden; 0 where nothing does."""
    found = []
    for i in range(4, len(pictures)):
        flow, weights = known.flow(i, i - 4)
        weights = weights * (1 - known.flow(i, i - 1)[1])
        found += [_change(pictures, i, i - 4, flow, weights)] if weights.any() else []
    return fmean(found) if found else 0.0


def _change(pictures: list[np.ndarray], i: int, j: int, flow: torch.Tensor, weights: torch.Tensor) -> float:
    """The mean of ((x − ω(x'))/255)² of two pictures, by the flow and weights between their frames."""
    size = pictures[i].shape[:2]
    scale = torch.tensor([size[1] / flow.shape[3], size[0] / flow.shape[2]]).view(1, 2, 1, 1)
    flow, weights = (
        F.interpolate(flow, size, mode="bilinear") * scale,
        F.interpolate(weights, size, mode="nearest"),
    )
    error = warping_error(pixels(pictures[i], size), pixels(pictures[j], size), flow, weights)
    return float("nan") if error is None else error


def _clips(arguments: argparse.Namespace) -> Iterator[tuple[str, Known | None]]:
    names = [arguments.only] if arguments.only else [*(["clip"] if arguments.clip else []), *KNOWN]
    for name in names:
        yield name, KNOWN[name](arguments.frames) if name in KNOWN else None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--style", type=Path, default=STYLE)
    parser.add_argument("--only", choices=["clip", *KNOWN])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--film-alone", action="store_true")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
