"""Shots and their content weights, which are the same for all frames of a shot to avoid flicker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from impasto.engine.events import Event, Step, note
from impasto.engine.schedule import fit_long
from impasto.errors import Diverged, MemoryShortage
from impasto.losses.hold import Hold
from impasto.media.part import write_whole
from impasto.settings import Settings
from impasto.stills.stylize import Stylization
from impasto.video.frames import Frames
from impasto.video.names import SHOTS

GROWN = "{} grown"
"""The key of a shot's content weights at full size.

The key of a shot is the index of its first frame, followed by the settings changed while the film was
painted.
"""

KEYS = 3
"""Number of frames of a shot on which its content weights are measured."""

MOST = 2.0
"""Maximum factor by which content weights change from the first scale to the last."""

SEEN, LONGEST = 48, 96
"""Maximum number of frames for the palette of a shot, and their maximum long side in pixels."""


@dataclass(frozen=True)
class Shot:
    """The frames from `first` to `end`, exclusive, counted from 0."""

    first: int
    end: int

    def spread(self, most: int) -> list[int]:
        """Return at most `most` frames, evenly spaced over the shot."""
        count = min(most, self.end - self.first)
        return [self.first + (2 * k + 1) * (self.end - self.first) // (2 * count) for k in range(count)]


def shots_of(firsts: Sequence[int], count: int) -> list[Shot]:
    """Return the shots of a film of `count` frames."""
    return [Shot(first, end) for first, end in zip(firsts, [*firsts[1:], count], strict=True)]


def colours_of(frames: Frames, shot: Shot) -> Tensor:
    """Return N frames of a shot at a small size, for its palette: float32 `(N, 3, H', W')` in 0 to 255."""
    size = fit_long(frames.size, min(LONGEST, max(frames.size)))
    parts = [
        torch.nn.functional.interpolate(frames.pixels(frames.source(i)), size, mode="area")
        for i in shot.spread(SEEN)
    ]
    return torch.cat(parts)


def grown(
    mean: Mapping[Hold, float], small: Mapping[Hold, float], full: Mapping[Hold, float]
) -> dict[Hold, float]:
    """Scale the `mean` content weights of a shot from the first scale to full size.

    The same content error needs different weights at different scales. The factor is the ratio of the summed
    weights of the first frame at its last scale (`full`) and its first scale (`small`), limited to MOST
    either way, since it comes from a single frame.
    """
    before, after = sum(small.values()), sum(full.values())
    factor = min(MOST, max(1 / MOST, after / before)) if before else 1.0
    return {key: value * factor for key, value in mean.items()}


class Slopes:
    """Content weights of a shot, measured at the first scale on KEYS frames: iterate, then use `mean`.

    A strength sets the content error, and the weight follows from it. Individual weights would make
    neighbouring frames look different; the mean is the same for all frames, with about the requested error.
    """

    def __init__(self, shot: Shot, run: Callable[[int, Settings], Stylization], settings: Settings) -> None:
        self._shot, self._run, self._settings = shot, run, settings
        self._found: list[Mapping[Hold, float]] = []

    def __iter__(self) -> Iterator[Event]:
        for i in self._shot.spread(KEYS):
            run = self._run(i, self._settings)
            try:
                yield from (event for event in run if isinstance(event, Step))
            except Diverged as error:
                if run.state is None or not run.state.losses:
                    raise Diverged(f"frame {i + 1}: {error.what}", error.way_out) from error
                yield note("diverged", part=f"frame {i + 1}", why=str(error))
            except MemoryShortage as error:
                raise MemoryShortage(f"frame {i + 1}: {error.what}", error.way_out) from error
            self._found.append(run.slopes)

    @property
    def mean(self) -> dict[Hold, float]:
        """The mean weights."""
        return {key: sum(one[key] for one in self._found) / len(self._found) for key in self._found[0]}


class Weights:
    """The content weights of the shots of a film, stored in its folder by the key of the shot."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SHOTS
        self._kept: dict[str, dict[Hold, float]] = {}
        # If the file is missing or damaged, the weights are measured again.
        with suppress(OSError, ValueError, TypeError, AttributeError):
            self._kept = {
                str(name): _read(weights)
                for name, weights in json.loads(self._path.read_text(encoding="utf-8")).items()
            }

    def found(self, key: str) -> dict[Hold, float]:
        """Return the weights at the first scale, empty if unknown."""
        return self._kept.get(key, {})

    def grown(self, key: str) -> dict[Hold, float]:
        """Return the weights at full size, empty if unknown.

        They are known once the first frame of the shot is painted. With settings changed later, the factor
        between the scales is that of the initial settings.
        """
        if grown := self._kept.get(GROWN.format(key)):
            return dict(grown)
        shot = key.split(" ", 1)[0]
        before = next(
            (one for one in self._kept if one.endswith(GROWN.format("")) and one.split(" ", 1)[0] == shot), ""
        )
        if not before or key not in self._kept:
            return {}
        start, end = self._kept[before.removesuffix(GROWN.format(""))], self._kept[before]
        factor = sum(end.values()) / sum(start.values()) if sum(start.values()) else 1.0
        return {hold: value * factor for hold, value in self._kept[key].items()}

    def keep(self, key: str, found: Mapping[Hold, float]) -> None:
        """Store the weights at the first scale."""
        self._write(key, found)

    def grow(self, key: str, small: Mapping[Hold, float], full: Mapping[Hold, float]) -> None:
        """Store the weights at full size, given those of the first frame at its first and last scale."""
        if found := self.found(key):
            self._write(GROWN.format(key), grown(found, small, full))

    def _write(self, name: str, weights: Mapping[Hold, float]) -> None:
        self._kept[name] = dict(weights)
        table = {
            one: {str(hold): weight for hold, weight in found.items()} for one, found in self._kept.items()
        }
        write_whole(self._path, lambda file: file.write(json.dumps(table).encode()))


def _read(table: Mapping[str, float]) -> dict[Hold, float]:
    return {Hold.parse(text): float(weight) for text, weight in table.items()}
