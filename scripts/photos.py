"""Gather photos to train looks on from packages of Debian.

    python scripts/photos.py FOLDER

Their licences are in the packages' copyright files: public domain, CC0, CC BY, CC BY-SA, GPL. None of them
is shipped. Those of `benchmarks/pictures` and `examples/photos` are left out, so that what looks are measured
on stays unseen.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]

FILES = {
    "mate-backgrounds": ["usr/share/backgrounds/mate/nature/*.jpg"],
    "plasma-workspace-wallpapers": ["usr/share/wallpapers/*/contents/images/2560x1600.jpg"],
    "gcompris-qt-data": ["usr/share/gcompris-qt/rcc/erase.rcc", "usr/share/gcompris-qt/rcc/explore_*.rcc"],
}
"""The packages, and the files of each; those of the last are archives of monuments, animals and music."""

SIDE, LEAST = 800, 400
"""Long side in pixels at which photos are written, and the least of those that are taken."""

ALIKE = 12.0
"""Mean difference in levels, of copies of 16x16 pixels, below which two photos are the same."""


def main() -> None:
    """Write the photos into the folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    own = (*(ROOT / "benchmarks/pictures").glob("*.webp"), *(ROOT / "examples/photos").iterdir())
    known = [_small(Image.open(file).convert("RGB")) for file in own]
    for package, patterns in FILES.items():
        for i, photo in enumerate(photos_of(package, patterns)):
            small = _small(photo)
            if all(float(np.abs(small - one).mean()) > ALIKE for one in known):
                known.append(small)
                photo.thumbnail((SIDE, SIDE))
                photo.save(folder / f"{package}-{i:03d}.png")


def photos_of(package: str, patterns: list[str]) -> Iterator[Image.Image]:
    """Download a package and yield its photos."""
    with TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True)
        (archive,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        for file in sorted(one for pattern in patterns for one in Path(folder).glob(pattern)):
            for content in _pictures(file):
                photo = Image.open(io.BytesIO(content))
                if photo.mode == "RGB" and min(photo.size) >= LEAST:
                    yield photo


def _pictures(file: Path) -> Iterator[bytes]:
    """Yield the file, or all WebP pictures in it if it is an archive of Qt."""
    content = file.read_bytes()
    if file.suffix != ".rcc":
        yield content
        return
    for found in re.finditer(rb"RIFF(.{4})WEBP", content, re.DOTALL):
        yield content[found.start() : found.start() + 8 + int.from_bytes(found[1], "little")]


def _small(photo: Image.Image) -> np.ndarray:
    return np.asarray(photo.resize((16, 16), Image.Resampling.BOX), dtype=float)


if __name__ == "__main__":
    main()
