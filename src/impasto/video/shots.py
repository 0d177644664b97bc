"""Shots: what is fitted to a picture is fitted to a whole shot, or the film would breathe."""

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

SHOTS, GROWN = "shots.json", "{} grown"
"""Where the content weights of shots are kept, and the name there of those at the film's size.

The key of a shot is the number of its first frame, followed by settings that were changed while the film was painted.
"""

KEYS = 3
"""Frames of a shot on which its content weight is found."""

MOST = 2.0
"""By which factor at most content weights change from the first scale to the last."""

SEEN, LONGEST = 48, 96
"""Frames of a shot at most whose colours count, and their long side in pixels: a palette needs no more."""


@dataclass(frozen=True)
class Shot:
    """The frames from `first` up to before `end`, numbered from 0."""

    first: int
    end: int

    def spread(self, most: int) -> list[int]:
        """Return at most so many frames, evenly over the shot, each in the middle of its part."""
        count = min(most, self.end - self.first)
        return [self.first + (2 * k + 1) * (self.end - self.first) // (2 * count) for k in range(count)]


def shots_of(firsts: Sequence[int], count: int) -> list[Shot]:
    """Return the shots of a film of so many frames."""
    return [Shot(first, end) for first, end in zip(firsts, [*firsts[1:], count], strict=True)]


def colours_of(frames: Frames, shot: Shot) -> Tensor:
    """Return the colours of a shot: N frames of it, small, float32 `(N, 3, H', W')` in 0 to 255."""
    size = fit_long(frames.size, min(LONGEST, max(frames.size)))
    parts = [
        torch.nn.functional.interpolate(frames.pixels(frames.source(i)), size, mode="area")
        for i in shot.spread(SEEN)
    ]
    return torch.cat(parts)


def grown(
    mean: Mapping[Hold, float], small: Mapping[Hold, float], full: Mapping[Hold, float]
) -> dict[Hold, float]:
    """Return the `mean` content weights of a shot, found at the first scale, as they are at its size.

    What holds an error at one scale holds another at the next: as the weights of the first frame, by all of them together,
    go from its first scale (`small`) to its last (`full`), so do all frames' weights; not by more than MOST either way, for
    it is but one frame.
    """
    before, after = sum(small.values()), sum(full.values())
    factor = min(MOST, max(1 / MOST, after / before)) if before else 1.0
    return {key: value * factor for key, value in mean.items()}


class Slopes:
    """The content weights of a shot, found at the first scale on some of its frames: iterate for events, then take the `mean`.

    A strength names the content error of a picture, at which its weight comes to rest. With a weight of its own each frame
    would have another manner than its neighbours; with the mean of several all have one, and about the error asked for.
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
    """The content weights of a film's shots in its folder, each by a key of the shot; none if they are not known yet."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / SHOTS
        self._kept: dict[str, dict[Hold, float]] = {}
        with suppress(
            OSError, ValueError, TypeError, AttributeError
        ):  # not known yet, or damaged: they are found again
            self._kept = {
                str(name): _read(weights)
                for name, weights in json.loads(self._path.read_text(encoding="utf-8")).items()
            }

    def found(self, key: str) -> dict[Hold, float]:
        """Return those that were found at the first scale, empty if they were not yet."""
        return self._kept.get(key, {})

    def grown(self, key: str) -> dict[Hold, float]:
        """Return those at the film's size, empty if they are not known yet.

        They are known once the first frame of the shot is painted; with other settings they have grown as much since.
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
        """Keep what was found at the first scale."""
        self._write(key, found)

    def grow(self, key: str, small: Mapping[Hold, float], full: Mapping[Hold, float]) -> None:
        """Keep what they become at the film's size: as those of the first frame did from its first scale to its last."""
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
