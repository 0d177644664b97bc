"""A blind panel: which of two folders' results people prefer, pair by pair, without knowing whose they are.

    python benchmarks/panel.py sheets FOLDER_A FOLDER_B -o OUT [--seed N]
    python benchmarks/panel.py count OUT VOTES…

`sheets` takes two folders as look.py leaves them and draws a sheet for each pair that both have: photo and
painting above, the results below as A and B, on sides drawn by lot. OUT/key.json says whose is where and is
not for the viewers. Each viewer writes a file of lines such as "sheet-03 A", or "sheet-03 =" where neither is
better. `count` prints each folder's votes, by pair and in all, and the probability that a fair coin is as
far from even in either direction (a sign test, ties left out): of the votes, and of the pairs by their
majorities, since several votes on one pair are not independent.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from impasto.media.grid import Cell, grid
from pairs import drawings, files_of

SIDES = "A", "B"
TIE = "="
CELL = 512
"""Pixels a side within which each picture is shown."""


class Vote(NamedTuple):
    """A viewer's preference on a sheet: a side, or TIE."""

    sheet: str
    choice: str


def allot(pairs: Sequence[str], folders: Sequence[str], seed: int | None) -> dict[str, dict[str, str]]:
    """Return the key: for each sheet its pair and the folder on each side, in an order drawn by lot."""
    generator = np.random.default_rng(seed)
    shuffled = (pairs[i] for i in generator.permutation(len(pairs)))
    return {
        f"sheet-{number:02}": {"pair": pair}
        | dict(zip(SIDES, (folders[i] for i in generator.permutation(2)), strict=True))
        for number, pair in enumerate(shuffled, 1)
    }


def draw(pictures: Sequence[Path]) -> Image.Image:
    """Return a sheet of the photo, the painting, A and B."""
    opened = [Image.open(path).convert("RGB") for path in pictures]
    shown = [picture.resize(_within(picture.size), Image.Resampling.LANCZOS) for picture in opened]
    cells = [Cell(one, name) for one, name in zip(shown, ("photo", "painting", *SIDES), strict=True)]
    return grid([cells[:2], cells[2:]])


def _within(size: tuple[int, int]) -> tuple[int, int]:
    return round(size[0] * CELL / max(size)), round(size[1] * CELL / max(size))


def sheets(folders: Sequence[Path], out: Path, seed: int | None) -> None:
    one, other = ({path.stem for path in folder.glob("*+*.png")} for folder in folders)
    pairs = sorted(one & other)
    if not pairs:
        raise SystemExit("error: the two folders have no pair in common")
    out.mkdir(parents=True, exist_ok=True)
    key = allot(pairs, [str(folder) for folder in folders], seed)
    drawn = drawings({name for pair in pairs for name in pair.split("+")}, out / "drawn")
    for sheet, entry in key.items():
        results = [Path(entry[side]) / f"{entry['pair']}.png" for side in SIDES]
        draw([*files_of(*entry["pair"].split("+"), drawn), *results]).save(out / f"{sheet}.png")
    (out / "key.json").write_text(json.dumps(key, indent=1))


def read(votes: Path, known: Iterable[str]) -> Iterator[Vote]:
    """Yield a viewer's votes; a line that is none, and a sheet voted on twice, are refused."""
    open_sheets = set(known)
    for number, text in enumerate(votes.read_text().splitlines(), 1):
        words = text.split()
        if not words:
            continue
        if len(words) != 2 or words[0] not in open_sheets or words[1] not in (*SIDES, TIE):
            raise SystemExit(f"error: {votes}, line {number}: {text!r} is no vote, or a second one")
        open_sheets.remove(words[0])
        yield Vote(*words)


def tally(votes: Iterable[Vote], key: Mapping[str, Mapping[str, str]]) -> dict[str, Counter[str]]:
    """Return for each pair how many votes each folder has, and TIE."""
    found: dict[str, Counter[str]] = {entry["pair"]: Counter() for entry in key.values()}
    for sheet, choice in votes:
        entry = key[sheet]
        found[entry["pair"]][TIE if choice == TIE else entry[choice]] += 1
    return found


def sign_test(wins: int, losses: int) -> float:
    """Return the probability that so many fair tosses come out as unevenly or more, either way."""
    tosses, most = wins + losses, max(wins, losses)
    return min(1.0, 2 * sum(comb(tosses, k) for k in range(most, tosses + 1)) / 2**tosses)


def count(out: Path, votes: Sequence[Path]) -> None:
    key = json.loads((out / "key.json").read_text())
    found = tally((vote for path in votes for vote in read(path, key)), key)
    one, other = sorted({entry[side] for entry in key.values() for side in SIDES})
    wide = max(len(one), len(other), 8)
    print(f"{'pair':40} {one:>{wide}} {other:>{wide}}  neither")
    total = sum(found.values(), Counter())
    majorities = Counter(_majority(votes_on, one, other) for votes_on in found.values())
    for name, votes_on in [*sorted(found.items()), ("in all", total), ("pairs by majority", majorities)]:
        print(f"{name:40} {votes_on[one]:{wide}} {votes_on[other]:{wide}} {votes_on[TIE]:8}")
    of_votes, of_pairs = (sign_test(table[one], table[other]) for table in (total, majorities))
    print(f"sign test, two-sided: votes p = {of_votes:.3g}, pairs p = {of_pairs:.3g}")


def _majority(votes: Mapping[str, int], one: str, other: str) -> str:
    return TIE if votes[one] == votes[other] else max(one, other, key=lambda folder: votes[folder])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("sheets")
    drawing.add_argument("folders", nargs=2, type=Path, metavar="FOLDER")
    drawing.add_argument("-o", "--out", type=Path, required=True)
    drawing.add_argument("--seed", type=int)
    counting = commands.add_parser("count")
    counting.add_argument("out", type=Path)
    counting.add_argument("votes", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    if options.command == "sheets":
        sheets(options.folders, options.out, options.seed)
    else:
        count(options.out, options.votes)


if __name__ == "__main__":
    main()
