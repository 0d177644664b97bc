"""Style transfer for films, frame by frame and without flicker.

Ruder, Dosovitskiy, Brox: Artistic style transfer for videos, GCPR 2016 (arXiv:1604.08610).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.engine.events import (
    Event,
    FrameBegun,
    FrameDone,
    Note,
    Preview,
    ScaleDone,
    ShotBegun,
    Step,
    note,
)
from impasto.engine.schedule import Size, fit_long
from impasto.errors import Diverged, MemoryShortage, SettingsError
from impasto.losses.hold import Hold
from impasto.losses.moment import Moment
from impasto.media.clip import Clip
from impasto.media.film import Film, check_film, check_film_format, even
from impasto.media.image import Source, image_of
from impasto.media.moments import seconds_of
from impasto.media.paths import is_file
from impasto.recipe.change import Change, Now, changed_up_to, check_changes, in_effect, with_change, worded
from impasto.recipe.finder import input_of
from impasto.recipe.input import Input
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.colours import finished
from impasto.stills.stock import Stock
from impasto.stills.styles import Style, with_weights
from impasto.stills.stylize import Stylization, notes_of
from impasto.video.consistency import firmness, visible
from impasto.video.flow import METHODS, check_size
from impasto.video.flows import Flows, Pair
from impasto.video.frames import Frames, Reading
from impasto.video.names import FLOW
from impasto.video.passes import Neighbour, Place, Turn, joined, moment_of, places, seam_of, warped
from impasto.video.shots import Shot, Slopes, Weights, colours_of, shots_of

ENOUGH = 40
"""Steps that suffice for a frame that starts from a painted one, in a single pass."""

FALLS = 4
"""Factor of `min_fall` for such a frame: static frames end after about half of their steps."""


@dataclass(frozen=True)
class PaintedFilm:
    """The painted frames of a film, and the recipe to make it again."""

    filming: Filming
    recipe: Recipe

    @property
    def settings(self) -> Settings:
        """The settings that made it."""
        return self.filming.settings

    @property
    def facts(self) -> dict[str, Any]:
        """The size, number of frames, and seconds of painting in this process, as plain data."""
        height, width = self.filming.size
        return {
            "width": width,
            "height": height,
            "frames": self.filming.done,
            "seconds": self.filming.seconds,
        }

    @property
    def unread(self) -> list[str]:
        """What of the clip could not be read, in words."""
        return self.filming.reading.losses if self.filming.reading else []

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        strip: bool = False,
        recipe: bool = True,
        private: bool = False,
        replace: bool = False,
    ) -> Path:
        """Write the film with the sound of the clip and return its path; raises OutputError.

        It contains the recipe unless `recipe` is false, without names and paths of the inputs if `private`.
        """
        film, text = self.filming, self.recipe_for(private=private).to_text() if recipe else ""
        sound = film.clip if film.clip.sound else None
        start = film.start or 0
        with Film(path, film.size, film.rate, sound=sound, start=start, recipe=text, replace=replace) as file:
            for image, at, duration in film.pictures():
                file.add(image, at, duration)
        return Path(path)

    def recipe_for(self, *, strip: bool = False, private: bool = False) -> Recipe:
        """Return the recipe that `save` with the same arguments writes."""
        return self.recipe.without_names() if private else self.recipe


def size_of(clip: Clip, settings: Settings) -> Size:
    """Return the height and width of a film's frames; a codec needs even ones."""
    # The long side is even first, so that the size which the recipe keeps of it leads to the same again.
    return even(fit_long(clip.size, settings.size - settings.size % 2))


def sized(clip: Clip, settings: Settings) -> Settings:
    """Return the settings with the long side of a film's frames as their size, as its recipe has them."""
    return settings.with_changes(size=max(size_of(clip, settings)))


class Model(Protocol):
    """The run of a blank frame, by which a film checks its settings and inputs."""

    inputs: tuple[Input, ...]
    sources: tuple[Source, ...]
    weights: list[float]
    device: torch.device

    def decide(self) -> None:
        """Decide what is left to the machine."""

    @property
    def network(self) -> str:
        """SHA-256 of the weights of its network."""

    @property
    def asked(self) -> Recipe:
        """The recipe before painting, without the automatic choices."""

    @property
    def decided(self) -> Recipe:
        """The recipe before painting, with the automatic choices."""

    @property
    def decided_settings(self) -> Settings:
        """Its settings, with the automatic choices."""


class Filming:
    """A run over a clip and its styles: iterate it for events, then use `pictures` or save the `result`.

    Frames are saved in `folder` as they are painted, so that an interrupted run resumes there, with the same
    bytes on the same machine. Memory does not depend on the length of the clip. `settings` include the part
    of the clip and the temporal losses. With `previews`, each frame is also yielded as a Preview.

    Raises PictureError, SettingsError, WeightsError or MemoryShortage on construction.
    """

    def __init__(
        self,
        clip: str | Path,
        style: Style | Sequence[Style],
        settings: Settings | None = None,
        *,
        folder: str | Path = "",
        device: str = "auto",
        memory: int | None = None,
        previews: bool = False,
        changes: Sequence[Change] = (),
        stock: Stock | None = None,
    ) -> None:
        asked = settings or Settings()
        asked.check_shape("video")
        self.clip, self.folder, self.stock = Clip.open(clip), Path(folder), stock or Stock()
        self.styles, self.memory, self.previews = with_weights(style), memory, previews
        self.start, self.end = (
            seconds_of(text, name) if text else None
            for name, text in (("start", asked.start), ("end", asked.end))
        )
        self.clip.frames(self.start, self.end, asked.fps or None)  # raises an error without frames
        self.size = size_of(self.clip, asked)
        Flows(self.frames.array, asked.flow).close()  # raises an error if the method is unavailable
        if asked.flow in METHODS:
            check_size(self.clip.name, self.size)
        try:
            self.model = self._model(self._blank(), sized(self.clip, asked), device)
        except MemoryShortage as error:
            raise MemoryShortage(
                f"cannot paint the frames of '{self.clip.path}': {error.what}", error.way_out
            ) from error
        self.inputs: tuple[Input, ...] = (input_of("content", clip), *self.model.inputs[1:])
        self.strip = False  # films carry no metadata of the clip
        self.model.decide()
        self.settings = self.model.decided_settings
        self.changes = check_changes(self.settings, self.model.weights, changes)
        self.notes: list[Note] = []
        self.seconds = 0.0
        self.reading: Reading | None = None
        self._begun, self._newest = (0, 0), (0, 0)
        self.weights: Weights  # read from the folder when iteration starts
        self._seconds: dict[bool, list[float]] = {True: [], False: []}

    def _model(self, blank: Image.Image, settings: Settings, device: str) -> Model:
        """Return the run of a blank frame, whose settings are those of all frames."""
        options = dict[str, Any](device=device, memory=self.memory, stock=self.stock)
        return Stylization(blank, list(self.styles), settings, command="video", **options)

    def _notes(self) -> Iterator[Event]:
        """Yield notes on the pictures of all frames."""
        assert isinstance(self.model, Stylization)
        return notes_of(self.model.pictures)

    def _blank(self) -> Image.Image:
        """Return a blank frame, for which the settings are checked and the automatic choices are made."""
        blank = Image.fromarray(np.zeros((*self.size, 3), np.uint8))
        blank.filename = f"{self.clip.name}.png"  # type: ignore[attr-defined]  # the name in error messages
        return blank

    def __iter__(self) -> Iterator[Event]:
        """Read the clip, paint the missing frames, and yield events.

        Raises the errors of a Stylization, and PictureError for the clip and the flow.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.reading = self.frames.take(self.clip, self.start, self.end, self.settings.fps)
        notes, self.notes = self.notes, []
        yield from notes
        yield from (note("clip", text=text) for text in self.reading.notes)
        yield from self._notes()
        shots, self.weights = shots_of(self.reading.firsts, self.count), Weights(self.folder)
        with Flows(self.frames.array, self.settings.flow, self.folder / FLOW) as flows:
            flows.check(
                (i, j)
                for turn in self.turns
                for shot in shots
                for i in turn.order(shot)
                for j in turn.neighbours(i, shot, self.offsets)
            )
            flows.check(self._seam)
            colours = {shot: colours_of(self.frames, shot) for shot in shots}
            if self.settings.strength is not None:
                for shot in shots:
                    yield from self._fit((1, shot.first), shot, colours[shot])
            for place in self._places:
                if place.turn <= self.settings.passes:
                    yield from self._frame(place, colours[place.shot], flows)
            yield from self._join(shots[0], colours[shots[0]], flows)
            if flows.trouble:
                yield note("flow", text=flows.trouble)

    @property
    def command(self) -> str:
        """The kind of the run."""
        return "video"

    @property
    def network(self) -> str:
        """SHA-256 of the encoder's weights."""
        return self.model.network

    @property
    def device(self) -> torch.device:
        """The device on which frames are painted."""
        return self.model.device

    @property
    def asked(self) -> Recipe:
        """The recipe before painting, without the automatic choices."""
        return self._recipe(self.model.asked)

    @property
    def decided(self) -> Recipe:
        """The recipe before painting, with the automatic choices for this machine."""
        return self._recipe(self.model.decided)

    def _recipe(self, frame: Recipe) -> Recipe:
        """Return the recipe of the film, from that of a frame."""
        return replace(frame, inputs=self.inputs, strip=self.strip, changes=self.changes)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Offsets of the previous frames to which a frame is held."""
        return self.settings.offsets

    def decide(self) -> None:
        """Do nothing: the choices are made on construction."""

    def changed(self, settings: Mapping[str, float], styles: Sequence[float] = ()) -> tuple[Change, ...]:
        """Return `changes` with new ones from the next frame on, unchanged after the last frame.

        Raises SettingsError.
        """
        turn, position = self.place
        if turn == self._turns:
            return self.changes
        change = Change(scale=turn + 1, step=position, settings=settings, styles=tuple(styles))
        return with_change(self.settings, self.model.weights, self.changes, change)

    @property
    def place(self) -> tuple[int, int]:
        """Index of the pass of the next frame, and its position in the pass; past the end if none is left."""
        found = self._places
        open_ = (one[:2] for one in found if one[:2] > self._begun and not self._is_painted(one))
        turn, position = next(open_, (self._turns + 1 if found else 1, 0))
        return turn - 1, position

    @property
    def options(self) -> dict[str, Any]:
        """Memory, steps between previews and stock, to construct another run."""
        return dict(memory=self.memory, preview_every=int(self.previews), stock=self.stock)

    @property
    def over(self) -> bool:
        """Whether all frames have been started."""
        return self.place[0] == self._turns

    @property
    def units(self) -> int:
        """The number of painted frames over all passes."""
        return sum(map(self._is_painted, self._places))

    @property
    def painted(self) -> bool:
        """Whether the last pass has painted a frame."""
        return self.reading is not None and self.done > 0

    @property
    def name(self) -> tuple[str, str]:
        """Stem and suffix of a file name for the film."""
        paths = (self.clip.path, *(source for source, _ in self.styles))
        return "+".join(Path(path).stem for path in paths if isinstance(path, str | Path)), ".mp4"

    def check_output(self, path: Path, inputs: tuple[Source, ...] = (), *, replace: bool = False) -> None:
        """Raise OutputError if the film cannot be written to `path`; `replace` allows a folder of frames."""
        check_film(path, self.size, inputs, replace=replace)

    def check_format(self, path: Path) -> None:
        """Raise OutputError if the format of a name cannot hold the film."""
        check_film_format(path, self.size)

    def image(self) -> Image.Image:
        """Return the most recently painted frame; raises SettingsError if there is none."""
        turn, i = self._newest
        if not turn:
            raise SettingsError("no frame has been painted yet; iterate the film first")
        return image_of(self._finished(i, self.frames.pixels(self.frames.painted(turn, i))))

    def result(self) -> PaintedFilm:
        """Return the film so far; raises SettingsError if the last pass has not painted a frame."""
        if not self.painted:
            raise SettingsError("no frame is finished yet; iterate the film further")
        turn, position = self.place
        changes = tuple(change for change in self.changes if change.place <= (turn + 1, position))
        return PaintedFilm(self, replace(self.decided, finished=self.finished, changes=changes))

    @property
    def _places(self) -> list[Place]:
        """The places of all frames in the order of painting; empty until the clip is read."""
        reading = self.reading or self.frames.listed()
        if reading is None:
            return []
        return places(reading.firsts, len(reading.times), self.settings.passes, loop=self.settings.loop)

    def _is_painted(self, place: Place) -> bool:
        return is_file(self.frames.painted(place.turn, place.frame))

    @property
    def _turns(self) -> int:
        return self.settings.passes + (1 if self.settings.loop else 0)

    def _now(self, place: tuple[int, int]) -> Now:
        return in_effect(self.settings, self.model.weights, self.changes, place)

    def _key(self, place: tuple[int, int], shot: Shot) -> str:
        """Return the key of a shot's weights: its first frame, and the changes up to a place."""
        return f"{shot.first} {worded(*changed_up_to(self.changes, place))}".rstrip()

    @property
    def frames(self) -> Frames:
        """The frames stored in the folder."""
        return Frames(self.folder, self.size)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The clip, the styles and the files named in the settings."""
        return (self.clip.path, *self.model.sources[1:])

    @property
    def rate(self) -> Fraction:
        """Average frame rate in frames per second."""
        return Fraction(self.settings.fps).limit_denominator(1001) if self.settings.fps else self.clip.rate

    @property
    def count(self) -> int:
        """The number of frames; raises SettingsError until the clip is read."""
        if self.reading is None:
            raise SettingsError("nothing has been read of the clip yet; iterate the film first")
        return len(self.reading.times)

    @property
    def turns(self) -> list[Turn]:
        """The passes."""
        return [Turn(number, self.settings.passes) for number in range(1, self.settings.passes + 1)]

    @property
    def done(self) -> int:
        """The number of frames painted by the last pass, counted from the first frame without gaps."""
        return next(
            (i for i in range(self.count) if not is_file(self.frames.painted(self.settings.passes, i))),
            self.count,
        )

    @property
    def finished(self) -> bool:
        """Whether all frames are painted, including those that join the end to the start of a loop."""
        return self.reading is not None and self.done == self.count and self._joined

    def pictures(self) -> Iterator[tuple[Image.Image, Fraction, Fraction]]:
        """Yield the frames that are `done`, with time and duration in seconds.

        Frames of the join are used if all of them are painted.
        """
        assert self.reading is not None
        last, seam = self.settings.passes, len(self._seam) if self._joined else 0
        for i, (at, duration) in zip(range(self.done), self.reading.shown(), strict=False):
            path = self.frames.painted(last + 1 if i < seam else last, i)
            yield image_of(self._finished(i, self.frames.pixels(path))), at, duration

    @property
    def _seam(self) -> list[Pair]:
        """For a loop, pairs of a frame of the first shot that is painted again, and the frame before it."""
        assert self.reading is not None
        return (
            [(i, (i - 1) % self.count) for i in range(seam_of(self.reading.firsts, self.count))]
            if self.settings.loop
            else []
        )

    @property
    def _joined(self) -> bool:
        return all(is_file(self.frames.painted(self.settings.passes + 1, i)) for i, _ in self._seam)

    def _finished(self, i: int, pixels: Tensor) -> Tensor:
        return finished(pixels, self.frames.pixels(self.frames.source(i)), self.settings)

    def _fit(self, place: tuple[int, int], shot: Shot, colours: Tensor) -> Iterator[Event]:
        """Find the content weights of a shot at a place, at the first scale, unless they are known."""
        key, now = self._key(place, shot), self._now(place)
        if self.settings.strength is None or self.weights.found(key):
            return
        shots = [one.first for one in shots_of(self.reading.firsts, self.count)]  # type: ignore[union-attr]
        yield ShotBegun(shots.index(shot.first) + 1, len(shots), shot.first + 1, shot.end)
        search = Slopes(
            shot,
            lambda i, settings: self._run(i, Moment(colours), now._replace(settings=settings)),
            self._coarse(now.settings),
        )
        yield from search
        self.weights.keep(key, search.mean)

    def _frame(self, place: Place, colours: Tensor, flows: Flows) -> Iterator[Event]:
        (number, position, i, shot), turn = place, Turn(place.turn, self.settings.passes)
        at, key = (number, position), self._key((number, position), shot)
        if self._is_painted(place) and self._is_known(key):
            return
        yield from self._fit(at, shot, colours)
        yield from self._paint(at, i, self._moment(key, turn, i, shot, colours, flows), key)

    def _is_known(self, key: str) -> bool:
        """Whether the content weights of a shot are known, by its key."""
        return self.settings.strength is None or bool(self.weights.grown(key))

    def _moment(self, key: str, turn: Turn, i: int, shot: Shot, colours: Tensor, flows: Flows) -> Moment:
        """Return the context of a frame; that of the first of a shot is only the palette."""
        beside = turn.neighbours(i, shot, self.offsets)
        moved = [self._warped(turn.number, i, j, flows) for j in beside]
        upcoming = i + turn.step
        if shot.first <= upcoming < shot.end:
            flows.ahead((upcoming, j) for j in turn.neighbours(upcoming, shot, self.offsets))
        else:
            flows.ahead(())
        if turn.number == 1 and not moved:
            return Moment(colours)
        own = self.frames.pixels(self.frames.painted(turn.number - 1, i)) if turn.number > 1 else None
        return moment_of(Moment(colours, self.weights.grown(key)), turn, moved, own)

    def _warped(self, turn: int, i: int, j: int, flows: Flows) -> Neighbour:
        flow, frames = flows.flow(i, j), self.frames
        alike = visible(
            frames.pixels(frames.source(i)), frames.pixels(frames.source(j)), flow, self.settings.visibility
        )
        firm = firmness(flow, self.settings.blur_relief)
        return warped(frames.pixels(frames.painted(turn, j)), flow, flows.reliability(i, j), alike, firm)

    def _join(self, shot: Shot, colours: Tensor, flows: Flows) -> Iterator[Event]:
        """Paint the first frames again after the last one, so that a loop has no visible cut."""
        turn, pairs = self.settings.passes + 1, self._seam
        for position, (i, before) in enumerate(pairs):
            if is_file(self.frames.painted(turn, i)):
                continue
            place = (turn, position)
            yield from self._fit(place, shot, colours)
            moment = Moment(colours, self.weights.grown(self._key(place, shot)))
            own = self.frames.pixels(self.frames.painted(turn - 1, i))
            neighbour = self._warped(turn if i else turn - 1, i, before, flows)
            flows.ahead(pairs[i + 1 : i + 2])
            part = (i + 1) / (len(pairs) + 1)
            yield from self._paint(place, i, joined(moment, neighbour, own, part), self._key(place, shot))

    def _paint(self, place: tuple[int, int], i: int, moment: Moment, key: str) -> Iterator[Event]:
        turn, self._begun, now = place[0], place, self._now(place)
        where = (i + 1, self.count, turn, self._turns)
        yield FrameBegun(*where, self._seconds_left(turn))
        began, first = time.perf_counter(), moment.start is None
        small: dict[Hold, float] = {}
        run = self._run(i, moment, now if first else now._replace(settings=self._fine(now.settings)))
        try:
            for event in run:
                if isinstance(event, Step):
                    yield event
                elif first and isinstance(event, ScaleDone):
                    small = small or run.slopes
        except Diverged as error:
            if run.state is None or (first and not run.painted):
                raise Diverged(f"frame {i + 1}: {error.what}", error.way_out) from error
            yield note("diverged", part=f"frame {i + 1}", why=str(error))
        except MemoryShortage as error:
            raise MemoryShortage(f"frame {i + 1}: {error.what}", error.way_out) from error
        assert run.state is not None
        if first:
            self.weights.grow(key, small, run.slopes)
        self.frames.keep(turn, i, run.state.kept)
        seconds = time.perf_counter() - began
        self._seconds[first].append(seconds)
        self.seconds, self._newest = self.seconds + seconds, (turn, i)
        yield FrameDone(*where, seconds, dict(run.state.losses))
        if self.previews:
            yield Preview(i + 1, self._finished(i, run.state.kept.cpu()))

    def _coarse(self, settings: Settings) -> Settings:
        """Return the settings of the first scale of a frame alone."""
        assert isinstance(self.model, Stylization)
        scale, plan = self.model.scales[0], settings.plan.split(",")[0]
        return settings.with_changes(size=max(scale.size), start_size=0, steps=scale.steps, plan=plan)

    def _fine(self, settings: Settings) -> Settings:
        """Return the settings of a frame that starts from a painted one: only the last scale, fewer steps."""
        settings = settings.with_changes(start_size=0, plan=settings.plan.split(",")[-1])
        if settings.frame_steps:
            return settings.with_changes(steps=settings.frame_steps)
        min_fall = min(1.0, FALLS * settings.min_fall)
        return settings.with_changes(steps=frame_steps(settings), min_fall=min_fall)

    def _run(self, i: int, moment: Moment, now: Now) -> Stylization:
        """Return the run of frame i."""
        styles = [(source, weight) for (source, _), weight in zip(self.styles, now.weights, strict=True)]
        return Stylization(
            self.frames.source(i),
            styles,
            now.settings,
            command="video",
            device=self.model.device.type,
            memory=self.memory,
            stock=self.stock,
            moment=moment,
        )

    def _seconds_left(self, turn: int) -> float | None:
        """Estimate the seconds left over all frames; None until a frame has started from a painted one."""
        later = self._seconds[False]
        if not later or self.reading is None:
            return None
        wanted = [(number, k) for number in range(turn, self.settings.passes + 1) for k in range(self.count)]
        wanted += [(self.settings.passes + 1, k) for k, _ in self._seam]
        left = sum(not is_file(self.frames.painted(*one)) for one in wanted)
        firsts = [k for k in self.reading.firsts if not is_file(self.frames.painted(1, k))]
        first = max(self._seconds[True], default=later[-1])
        return (left - len(firsts)) * sum(later) / len(later) + len(firsts) * first


def frame_steps(settings: Settings) -> int:
    """Return the steps of a frame that starts from a painted one.

    That is ENOUGH, or an eighth of the total if it is more, and at most a quarter of the total. Each of
    several passes takes half as many.
    """
    total, passes = settings.total_steps, 2 if settings.passes > 1 else 1
    return max(1, min(total // 4, max(ENOUGH, total // 8)) // passes)
