"""The default look on sixteen pairs of many subjects and manners: what both judges find, and a contact sheet.

    python benchmarks/look.py [--size 512] [--settings KEY=VALUE…] [--out out/look] [--sheet FILE] [NAME…]

With NAMEs, only those photos. Goal at 512 px: content at most 0.60, style at most 0.04. Pictures that exist
are not painted again, if they were painted with the same size and settings: beside each is a JSON file of
what was found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import impasto
from impasto.engine.allocator import hold_freed_memory
from pairs import LOOK, drawings, files_of, sheet
from second_judge import both_judges

COLUMNS = {"content": 3, "style": 4, "shape": 3, "manner": 3, "patch": 3, "worst": 3, "seconds": 1}
"""What is printed, and with how many decimals."""

ACROSS = 2
"""Pairs side by side on the sheet."""


def look(photo: Path, painting: Path, out: Path, changes: Mapping[str, object]) -> dict[str, float]:
    """Paint a pair where it was not done yet with these settings, and return what was found."""
    record = out.with_suffix(".json")
    if out.exists() and record.exists():
        kept = json.loads(record.read_text())
        if kept["settings"] == changes:
            return kept["found"]
    result = impasto.stylize(photo, painting, impasto.Settings().with_changes(**changes))
    result.save(out)
    found = both_judges(out, photo, painting) | {"seconds": result.seconds}
    record.write_text(json.dumps({"settings": changes, "found": found}, indent=1))
    return found


def line(name: str, found: Mapping[str, float]) -> str:
    numbers = (f"{found[column]:8.{decimals}f}" for column, decimals in COLUMNS.items())
    return f"{name:38}{''.join(numbers)}"


def mean(table: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {column: float(np.mean([found[column] for found in table])) for column in COLUMNS}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--size", default="512")
    parser.add_argument("--settings", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", type=Path, default=Path("out/look"))
    parser.add_argument("--sheet", type=Path, help="OUT/sheet.jpg if not given")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    changes = {"size": options.size} | dict(one.split("=", 1) for one in options.settings)
    hold_freed_memory()
    pairs = [pair for pair in LOOK if not options.names or pair[0] in options.names]
    drawn = drawings({name for pair in pairs for name in pair}, options.out / "drawn")
    table, cells = [], []
    print(f"{f'at {options.size} px':38}{''.join(f'{column:>8}' for column in COLUMNS)}")
    for pair in pairs:
        photo, painting = files_of(*pair, drawn)
        out = options.out / f"{pair[0]}+{pair[1]}.png"
        table.append(look(photo, painting, out, changes))
        cells.append((photo, painting, out))
        print(line(" + ".join(pair), table[-1]), flush=True)
    print(line("mean", mean(table)))
    rows = [sum(cells[i : i + ACROSS], ()) for i in range(0, len(cells), ACROSS)]
    sheet(rows, options.sheet or options.out / "sheet.jpg", 260, quality=76)


if __name__ == "__main__":
    main()
