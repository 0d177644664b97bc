"""A clip, painted in the manner of paintings, frame by frame and without flicker (Ruder, Dosovitskiy and Brox: Artistic style transfer for videos, 2016)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from impasto.engine.events import Event, FrameBegun, FrameDone, Note, Preview, ScaleDone, ShotBegun, Step
from impasto.engine.schedule import fit_long
from impasto.errors import Diverged, MemoryShortage, SettingsError
from impasto.losses.hold import Hold
from impasto.losses.moment import Moment
from impasto.media.clip import Clip
from impasto.media.film import even
from impasto.media.image import Source, image_of
from impasto.media.moments import seconds_of
from impasto.media.paths import is_file
from impasto.recipe.finder import input_of
from impasto.settings import Settings
from impasto.stills.colours import finished
from impasto.stills.stock import Stock
from impasto.stills.styles import Style, with_weights
from impasto.stills.stylize import Stylization
from impasto.video.consistency import firmness, visible
from impasto.video.flows import Flows, Pair
from impasto.video.frames import FLOW, Frames, Reading
from impasto.video.passes import Neighbour, Turn, joined, moment_of, seam_of, warped
from impasto.video.shots import Shot, Slopes, Weights, colours_of, shots_of

PART, PART_OF_SEVERAL = 8, 16
"""Of a picture's steps a later frame takes the eighth part at most, in each of several passes the sixteenth: it starts in the manner."""

FALLS = 4
"""How many times the fall of a picture's loss a later frame must still show, or it ends: where all is at rest, after half of the normal steps."""


class Filming:
    """A run over a clip and its styles: iterate it for events, then take its `pictures`, one for each frame.

    All that it makes is kept in its `folder`, frame by frame, so that after any stop it goes on there, on the same machine to
    the same bytes; memory does not grow with the length. `settings` name the part of the clip, what its frames are painted
    like, and how they hold together. Raises PictureError, SettingsError, WeightsError or MemoryShortage before the work begins.
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
        self.clip.frames(self.start, self.end, asked.fps or None)  # which says where nothing is in the span
        # The long side is even first, so that the size which the recipe keeps of it leads to the same again.
        self.size = even(fit_long(self.clip.size, asked.size - asked.size % 2))
        Flows(self.frames.array, asked.flow).close()  # which says where there is no such method
        try:
            self.model = Stylization(
                self._blank(),
                list(self.styles),
                asked.with_changes(size=max(self.size)),
                command="video",
                device=device,
                memory=memory,
                stock=self.stock,
            )
        except MemoryShortage as error:
            raise MemoryShortage(f"cannot paint the frames of '{self.clip.path}': {error}") from error
        self.model.inputs = (input_of("content", clip), *self.model.inputs[1:])
        self.model.decide()
        self.settings = self.model.resolved.with_changes(convolutions=self.model.tuner.known)
        self.notes: list[str] = []
        self.reading: Reading | None = None
        self.weights: Weights  # of the folder, from when the film is iterated on
        self._seconds: dict[bool, list[float]] = {True: [], False: []}

    def _blank(self) -> Image.Image:
        """Return a blank frame: with it goes wrong all that could with a real one, and for it the machine decides what it does for every frame."""
        blank = Image.fromarray(np.zeros((*self.size, 3), np.uint8))
        blank.filename = f"{self.clip.name}.png"  # type: ignore[attr-defined]  # where Pillow keeps the name that errors tell
        return blank

    def __iter__(self) -> Iterator[Event]:
        """Read the clip, then paint what is not painted yet, and yield events; raises what a Stylization does, and PictureError for the clip."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.reading = self.frames.take(self.clip, self.start, self.end, self.settings.fps)
        yield from map(Note, (*self.reading.notes, *self.model.pictures.notes))
        shots, self.weights = shots_of(self.reading.firsts, self.count), Weights(self.folder)
        with Flows(self.frames.array, self.settings.flow, self.folder / FLOW) as flows:
            flows.check(
                (i, j)
                for turn in self.turns
                for shot in shots
                for i in turn.order(shot)
                for j in turn.neighbours(i, shot, self.settings.offsets)
            )
            flows.check(self._seam)
            colours = [colours_of(self.frames, shot) for shot in shots]
            if self.settings.strength is not None:
                for number, (shot, its) in enumerate(zip(shots, colours, strict=True), 1):
                    yield from self._fit(number, len(shots), shot, its)
            for turn in self.turns:
                for shot, its in zip(shots, colours, strict=True):
                    for i in turn.order(shot):
                        yield from self._frame(turn, i, shot, its, flows)
            yield from self._join(Moment(colours[0], self.weights.grown(0)), flows)
            if flows.trouble:
                yield Note(flows.trouble)

    @property
    def frames(self) -> Frames:
        """The frames in the folder."""
        return Frames(self.folder, self.size)

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that goes in: the clip, the styles and the files that the settings name."""
        return (self.clip.path, *self.model.sources[1:])

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average."""
        return Fraction(self.settings.fps).limit_denominator(1001) if self.settings.fps else self.clip.rate

    @property
    def count(self) -> int:
        """The number of frames; raises SettingsError before the clip is read."""
        if self.reading is None:
            raise SettingsError("nothing has been read of the clip yet; iterate the film first")
        return len(self.reading.times)

    @property
    def turns(self) -> list[Turn]:
        """The passes."""
        return [Turn(number, self.settings.passes) for number in range(1, self.settings.passes + 1)]

    @property
    def done(self) -> int:
        """How many frames the last pass has painted, from the first on."""
        return next(
            (i for i in range(self.count) if not is_file(self.frames.painted(self.settings.passes, i))),
            self.count,
        )

    @property
    def finished(self) -> bool:
        """Whether every frame is painted to its end, and the end joined to the start where that is asked for."""
        return self.reading is not None and self.done == self.count and self._joined

    def pictures(self) -> Iterator[tuple[Image.Image, Fraction, Fraction]]:
        """Yield the frames that are `done`, each with its time and its duration in seconds; joined ones once all of the join is painted."""
        assert self.reading is not None
        last, seam = self.settings.passes, len(self._seam) if self._joined else 0
        for i, (at, duration) in zip(range(self.done), self.reading.shown(), strict=False):
            path = self.frames.painted(last + 1 if i < seam else last, i)
            yield image_of(self._finished(i, self.frames.pixels(path))), at, duration

    @property
    def _seam(self) -> list[Pair]:
        """The frames of the first shot that are painted once more where a film repeats, each with the one before it."""
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

    def _fit(self, number: int, of: int, shot: Shot, colours: Tensor) -> Iterator[Event]:
        """Find the content weights that all frames of a shot have, at the first scale, unless they were found before."""
        if self.weights.sought(shot.first):
            return
        yield ShotBegun(number, of, shot.first + 1, shot.end)
        search = Slopes(shot, lambda i, settings: self._run(i, Moment(colours), settings), self._coarse)
        yield from search
        self.weights.keep(shot.first, search.mean)

    def _frame(self, turn: Turn, i: int, shot: Shot, colours: Tensor, flows: Flows) -> Iterator[Event]:
        known = self.settings.strength is None or self.weights.grown(shot.first)
        if is_file(self.frames.painted(turn.number, i)) and known:
            return
        yield from self._paint(turn.number, i, self._moment(turn, i, shot, colours, flows))

    def _moment(self, turn: Turn, i: int, shot: Shot, colours: Tensor, flows: Flows) -> Moment:
        """Return what the film asks of a frame: of the first of a shot its colours alone, from which its weights are then known."""
        beside = turn.neighbours(i, shot, self.settings.offsets)
        moved = [self._warped(turn.number, i, j, flows) for j in beside]
        upcoming = i + turn.step
        flows.ahead(
            (upcoming, j)
            for j in (
                turn.neighbours(upcoming, shot, self.settings.offsets)
                if shot.first <= upcoming < shot.end
                else ()
            )
        )
        if turn.number == 1 and not moved:
            return Moment(colours)
        own = self.frames.pixels(self.frames.painted(turn.number - 1, i)) if turn.number > 1 else None
        return moment_of(Moment(colours, self.weights.grown(shot.first)), turn, moved, own)

    def _warped(self, turn: int, i: int, j: int, flows: Flows) -> Neighbour:
        flow, frames = flows.flow(i, j), self.frames
        alike = visible(
            frames.pixels(frames.source(i)), frames.pixels(frames.source(j)), flow, self.settings.visibility
        )
        firm = firmness(flow, self.settings.blur_relief)
        return warped(frames.pixels(frames.painted(turn, j)), flow, flows.reliability(i, j), alike, firm)

    def _join(self, moment: Moment, flows: Flows) -> Iterator[Event]:
        """Paint the first frames once more after the last one."""
        turn, pairs = self.settings.passes + 1, self._seam
        for i, before in pairs:
            if is_file(self.frames.painted(turn, i)):
                continue
            own = self.frames.pixels(self.frames.painted(turn - 1, i))
            neighbour = self._warped(turn if i else turn - 1, i, before, flows)
            flows.ahead(pairs[i + 1 : i + 2])
            yield from self._paint(turn, i, joined(moment, neighbour, own, (i + 1) / (len(pairs) + 1)))

    def _paint(self, turn: int, i: int, moment: Moment) -> Iterator[Event]:
        turns = self.settings.passes + (1 if self.settings.loop else 0)
        place = (i + 1, self.count, turn, turns)
        yield FrameBegun(*place, self._seconds_left(turn))
        began, first = time.perf_counter(), moment.start is None
        small: dict[Hold, float] = {}
        run = self._run(i, moment, self.settings if first else self._fine)
        try:
            for event in run:
                if isinstance(event, Step):
                    yield event
                elif first and isinstance(event, ScaleDone):
                    small = small or run.slopes
        except Diverged as error:
            if run.state is None or (first and not run.painted):
                raise Diverged(f"frame {i + 1}: {error}") from error
            yield Note(f"frame {i + 1}: {error}")
        except MemoryShortage as error:
            raise MemoryShortage(f"frame {i + 1}: {error}") from error
        assert run.state is not None
        if first:
            self.weights.grow(i, small, run.slopes)
        self.frames.keep(turn, i, run.state.kept)
        seconds = time.perf_counter() - began
        self._seconds[first].append(seconds)
        yield FrameDone(*place, seconds, dict(run.state.losses))
        if self.previews:
            yield Preview(i + 1, self._finished(i, run.state.kept.cpu()))

    @property
    def _coarse(self) -> Settings:
        """The settings of a shot's first frame at its first scale alone."""
        scale = self.model.scales[0]
        return self.settings.with_changes(
            size=max(scale.size), start_size=0, steps=scale.steps, plan=self.settings.plan.split(",")[0]
        )

    @property
    def _fine(self) -> Settings:
        """The settings of a later frame: at its size alone, and in fewer steps."""
        settings = self.settings.with_changes(start_size=0, plan=self.settings.plan.split(",")[-1])
        if settings.frame_steps:
            return settings.with_changes(steps=settings.frame_steps)
        part = PART_OF_SEVERAL if settings.passes > 1 else PART
        return settings.with_changes(
            steps=max(1, settings.total_steps // part), min_fall=min(1.0, FALLS * settings.min_fall)
        )

    def _run(self, i: int, moment: Moment, settings: Settings) -> Stylization:
        """Return the run of one frame."""
        device = self.model.device.type
        source, styles = self.frames.source(i), list(self.styles)
        return Stylization(
            source,
            styles,
            settings,
            command="video",
            device=device,
            memory=self.memory,
            stock=self.stock,
            moment=moment,
        )

    def _seconds_left(self, turn: int) -> float | None:
        """Return the time that is left over all frames, once one of the later ones is painted."""
        later = self._seconds[False]
        if not later or self.reading is None:
            return None
        wanted = [(number, k) for number in range(turn, self.settings.passes + 1) for k in range(self.count)]
        wanted += [(self.settings.passes + 1, k) for k, _ in self._seam]
        left = sum(not is_file(self.frames.painted(*one)) for one in wanted)
        firsts = [k for k in self.reading.firsts if not is_file(self.frames.painted(1, k))]
        first = max(self._seconds[True], default=later[-1])
        return (left - len(firsts)) * sum(later) / len(later) + len(firsts) * first
