"""The default look on eight pairs, three of them in plain styles: errors as saved, and a contact sheet.

    python benchmarks/look.py [--size 512] [--out out/look] [--sheet docs/gallery/default.jpg] [NAME…]

With NAMEs, only those photos. Goal at 512 px: content at most 0.60, style at most 0.04; steps and seconds
until the losses of the run itself come under both are reported too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import impasto
from impasto.engine.allocator import hold_freed_memory
from judge import judge
from pairs import PAIRS, files_of, sheet
from plain import write

CONTENT, STYLE = 0.60, 0.04


def paint(photo: Path, painting: Path, out: Path, size: int) -> None:
    run, reached = impasto.Stylization(photo, painting, impasto.Settings(size=size)), ""
    for event in run:
        if (
            isinstance(event, impasto.Step)
            and event.scale == event.scales
            and not reached
            and _within(event.losses)
        ):
            reached = f"goal after {event.step} steps, {event.seconds:.0f} s"
    result = run.pastiche()
    result.save(out)
    errors = judge(out, photo, painting)
    judged = f"content {errors.content:.3f}  style {errors.style:.4f}  weight {result.content_weight:.3f}"
    print(
        f"{photo.stem:13} {painting.stem:26} {size:5} px  {judged}  {result.seconds:6.1f} s  "
        f"{reached or 'goal not reached'}",
        flush=True,
    )


def _within(losses: dict[str, float]) -> bool:
    return (
        losses["content conv4_2"] <= CONTENT
        and sum(value for name, value in losses.items() if name.startswith("style")) <= STYLE
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--out", type=Path, default=Path("out/look"))
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    hold_freed_memory()
    rows, plain = [], write(options.out / "plain")
    for photo_name, painting_name in PAIRS:
        photo, painting = files_of(photo_name, painting_name, plain)
        if options.names and photo.stem not in options.names:
            continue
        out = options.out / f"{photo.stem}+{painting.stem}-{options.size}.png"
        if not out.exists():
            paint(photo, painting, out, options.size)
        rows.append((photo, painting, out))
    if options.sheet:
        sheet(rows, options.sheet, 260, quality=76)


if __name__ == "__main__":
    main()
