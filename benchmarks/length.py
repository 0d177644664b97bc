"""Memory of a film against its length: peak of the whole process for 10 and 100 frames of a rotating photo.

python benchmarks/length.py [--size 128] [--frames 10 30 100]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from clips import turning
from film import STYLE
from peak import peak


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--frames", type=int, nargs="+", default=[10, 30, 100])
    arguments = parser.parse_args()
    for count in arguments.frames:
        with tempfile.TemporaryDirectory() as name:
            clip = turning(count).write(Path(name) / "clip")
            options = (
                "--size",
                arguments.size,
                "--quality",
                "draft",
                "--frame-steps",
                3,
                "--quiet",
                "-o",
                Path(name) / "film.mp4",
            )
            bytes_, _ = peak("impasto", "video", clip, STYLE, *options)
        print(f"{count:4} frames of {arguments.size} px: {bytes_ / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
