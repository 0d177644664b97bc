"""Frames of films below one another: the pictures of films in the docs.

    python benchmarks/strips.py NAME=FILM… --frames 1,3,5,7 -o SHEET [--box LEFT,TOP,RIGHT,BOTTOM]
                                [--width 360] [--across N]

A FILM is a video, or a folder of frames, such as film.py leaves with --keep.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from impasto.media.clip import Clip
from impasto.media.grid import Cell, grid


def main() -> None:
    options = _arguments()
    cells = [cell for name, path in options.films for cell in _row(name, Path(path), options)]
    across = options.across or len(options.frames)
    grid([cells[i : i + across] for i in range(0, len(cells), across)]).save(options.output, quality=85)


def _row(name: str, path: Path, options: argparse.Namespace) -> list[Cell]:
    frames = {
        i: _cut(frame.image, options)
        for i, frame in enumerate(Clip.open(path).frames(), 1)
        if i in options.frames
    }
    return [Cell(frames[i], f"{name}, frame {i}" if name else f"frame {i}") for i in options.frames]


def _cut(image: Image.Image, options: argparse.Namespace) -> Image.Image:
    cut = image.crop(options.box or (0, 0, *image.size))
    return cut.resize(
        (options.width, round(options.width * cut.height / cut.width)), Image.Resampling.LANCZOS
    )


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", nargs="+", metavar="NAME=FILM", type=lambda text: text.split("=", 1))
    parser.add_argument("--frames", type=_numbers, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--box", type=_numbers)
    parser.add_argument("--width", type=int, default=360)
    parser.add_argument("--across", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
