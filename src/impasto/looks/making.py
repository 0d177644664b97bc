"""A look made of a painting: values first, all weights where those do not suffice, and the best is kept."""

from __future__ import annotations

import copy
import hashlib
import math
import time
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from impasto.convolution.tune import tuner
from impasto.encoder import load_encoder
from impasto.engine.device import choose_device
from impasto.engine.events import Event, Note, Preview, Step, note
from impasto.engine.schedule import Size, fit_long
from impasto.errors import LookError, PictureError
from impasto.looks import shelf
from impasto.looks.card import Card, shipped
from impasto.looks.crops import load_photo
from impasto.looks.look import SETS, Look, read_look, trunk_hash
from impasto.looks.manner import WORKING, Manner
from impasto.looks.measure import GOOD, Measure, Reached
from impasto.looks.network import fresh_values
from impasto.looks.state import State, read_state
from impasto.looks.training import GENTLE, OBJECTIVE, STRONG, Trained, Training
from impasto.media.image import Source, load
from impasto.media.paths import is_file

MEASURED = 60.0
"""The strength at which a look is judged."""

MIX = (MEASURED / 100 - GENTLE) / (STRONG - GENTLE)
"""The mix of the two sets that is trained for that strength."""

MOST_CONTENT = 0.75
"""Content error of a good look at that strength, at most."""

MEASURES, FEWEST, MEASURING = 16, 25, 0.25
"""Times that a training is measured at most, steps between two of them at least, and share of the time."""

GLANCE = 320
"""Side in pixels of the part of a photo on which looks to start from are compared."""

PATIENCE, GAIN = 4, 0.01
"""Measures without a gain of this part after which a training ends early."""

TIMED, LEAST = 6, 40
"""Steps that are timed to know how many fit into the time, and the fewest that are trained."""

SIDES, ENOUGH = (256, 192, 128), 300
"""Sides of crops: the largest with which so many steps fit. Small ones teach colours and strokes as well."""

STAGES = 2
"""Values alone in the first half of the steps, the kernels too in the second if those do not suffice."""

SMALL, FLAT, GREY = 200, 12.0, 4.0
"""Short side in pixels, and deviations of luma and chroma in levels, below which a painting gets a note."""

STATE, BEST = "state.safetensors", "best.safetensors"


class Making:
    """The training of a look: iterate it for events, then take the `look`.

    It starts from the look of the package that fits the painting best. The same painting, photos and folder
    continue where it stopped. `unseen` photos are those on which it is measured. Without `kernels`, or where
    values suffice, the look shares the trunk of the package. With 0 minutes it is the one that fits best, in
    the painting's colours. Raises PictureError and LookError.
    """

    def __init__(
        self,
        painting: Source,
        photos: Sequence[Source],
        unseen: Sequence[Source],
        folder: Path,
        *,
        minutes: float = 20,
        kernels: bool = True,
        seed: int = 0,
        device: str = "auto",
    ) -> None:
        self.folder, self.minutes, self.kernels = folder, minutes, kernels
        self.settings = OBJECTIVE.with_changes(seed=seed)
        self.device = choose_device(device)
        picture = load(painting)
        self.manner = Manner.of_picture(picture)
        self.photos = [load_photo(photo) for photo in photos]
        if not self.photos:
            raise PictureError("no photo to train on was given", "name a folder that has some")
        self.unseen = [_pixels(photo) for photo in unseen]
        self._judge = load_encoder(["conv5_1"], device=self.device, tuner=tuner(self.device))
        self._measure = Measure(self._judge, self.manner, self.unseen)
        self.reached = Reached(math.inf, math.inf)
        self._dial: Tensor | None = None
        self._origin = _hash_of([self.manner.pixels, *(photo.pixels for photo in self.photos)], seed)
        self.state, self.best = self._kept()
        self._doubts = doubts(picture.size, self.manner)

    def __iter__(self) -> Iterator[Event]:
        """Train on and yield events."""
        yield from (Note("input", {"text": text}) for text in self._doubts)
        if self.state is None or self.best is None:
            self.state, reached, dial = self._start()
            if self.minutes:
                began = time.perf_counter()
                self._learn_from_measure(self.state)
                self._set_pace(self.state, time.perf_counter() - began)
            else:
                self.best, self.reached, self._dial = self.state, reached, dial
        elif self.state.step:
            yield note("input", text=f"training continues from step {self.state.step}")
        state = self.state
        while not self._is_over(state):
            done = yield from self._until_measured(state)
            if math.isfinite(done.loss):
                self._learn_from_measure(state)
                state.write(self.folder / STATE)
                yield Preview(done.step, self.preview())
            elif state.retried:
                yield note(
                    "diverged", part="training", why="its loss became infinite again; the best is kept"
                )
                break
            else:
                yield note("diverged", part="training", why="going back, with half the step size")
                self.state = state = self._gone_back()

    def _gone_back(self) -> State:
        assert self.best is not None
        state = copy.deepcopy(self.best)
        state.rate, state.retried = state.rate / 2, True
        return state

    def keep(self) -> None:
        """Write the state as it is, to continue from here; raises OutputError."""
        if self.state is not None and self.state.step:
            self.state.write(self.folder / STATE)

    @property
    def early(self) -> bool:
        """Whether the training ended before its time."""
        return self.state is not None and self.state.idle >= PATIENCE

    def _is_over(self, state: State) -> bool:
        """Whether the steps are done, or there was no gain for so long that more make no sense."""
        return state.step >= state.steps or self.early

    def _until_measured(self, state: State) -> Generator[Event, None, Trained]:
        """Train until the next measure is due or the loss is not finite; yield steps, and return the last."""
        for done in self._training(state):
            left = (state.steps - state.step) * state.seconds / state.step
            stage = 1 + state.own_trunk
            numbers = (done.step, state.steps, done.loss, done.losses, state.seconds, left)
            yield Step(stage, STAGES, state.side, state.side, *numbers)
            if not math.isfinite(done.loss) or done.step % state.every == 0:
                break
        return done

    def _learn_from_measure(self, state: State) -> None:
        """Measure a state, keep it if it is the best, and let its kernels learn if values do not suffice."""
        found = self._measure.reached(state.trunk, state.values[0], MIX)
        state.idle = 0 if _score(found) < (1 - GAIN) * _score(self.reached) else state.idle + 1
        if _score(found) < _score(self.reached):
            self.reached, self.best = found, copy.deepcopy(state)
            self.best.write(self.folder / BEST)
        halfway = 0 < state.steps // STAGES <= state.step
        if self.kernels and halfway and not state.own_trunk and self.reached.style > GOOD:
            state.own_trunk, state.idle = True, 0

    def look(self, name: str, title: str) -> Look:
        """Return the best look, with its dial and what it reaches; `title` is that of the painting."""
        assert self.best is not None
        state, halves = self.best, {name: one.half().float() for name, one in self.best.trunk.items()}
        own = halves if state.own_trunk else None
        trunk = own or shelf.shared_trunk()
        dial = self._measure.dial(trunk, state.values[0]) if self._dial is None else self._dial
        card = Card(
            title=title,
            content=round(self.reached.content, 3),
            style=round(self.reached.style, 3),
            recipe={"steps": state.step, "seconds": round(state.seconds)},
            thumbnail=self.manner.thumbnail(),
        )
        return Look(name, state.values[0], self.manner.colours, dial, trunk_hash(trunk), own, card)

    def preview(self) -> Tensor:
        """Return the unseen photos as painted now, side by side, `(1, 3, H, W)` in 0 to 255."""
        assert self.state is not None
        values = torch.lerp(self.state.values[0, 0], self.state.values[0, 1], MIX)
        painted = self._measure.painted(self.state.trunk, torch.stack([values] * SETS), 0.0)
        height = min(picture.shape[2] for picture in painted)
        return torch.cat([picture[:, :, :height] for picture in painted], 3)

    def _training(self, state: State) -> Training:
        parts = ([self.manner], self.photos, self.settings, state)
        encoder = self._judge.padded(self.settings.padding)
        return Training(encoder, *parts, steps=state.steps, kernels=state.own_trunk, side=state.side)

    def _kept(self) -> tuple[State | None, State | None]:
        """Return the state and the best one of the folder, if it has them; raises LookError."""
        found = [read_state(path) if is_file(path := self.folder / name) else None for name in (STATE, BEST)]
        if any(state is not None and state.origin != self._origin for state in found):
            raise LookError(
                f"'{self.folder}' keeps the training of another painting, or with other photos",
                "remove it, or choose another name",
            )
        if found[1] is not None:
            self.reached = self._measure.reached(found[1].trunk, found[1].values[0], MIX)
        return found[0], found[1]

    def _start(self) -> tuple[State, Reached, Tensor | None]:
        """Return the values of the look of the package that fits best, what it reaches here, and its dial."""
        kernels = {name: one.clone() for name, one in shelf.shared_trunk().items()}
        candidates = [look for path in shipped().values() if (look := read_look(path)).trunk is None]
        glance = Measure(self._judge, self.manner, [self.unseen[0][:, :, :GLANCE, :GLANCE]])
        if not candidates:
            values = fresh_values().repeat(1, SETS, 1)
            return State(values, kernels, origin=self._origin), glance.reached(kernels, values[0], MIX), None
        found = [glance.reached(kernels, look.values, MIX) for look in candidates]
        reached, best = min(zip(found, candidates, strict=True), key=lambda pair: _score(pair[0]))
        return State(best.values[None].clone(), kernels, origin=self._origin), reached, best.dial

    def _set_pace(self, state: State, measuring: float) -> None:
        """Decide how many steps fit into the time, of which crops, and after how many to measure."""
        whole = self.minutes * 60
        measures = min(MEASURES, max(1, int(MEASURING * whole / measuring)))
        state.side = min(SIDES)
        one = self._seconds_a_step(state) / state.side**2
        for side in SIDES:
            state.side, state.steps = side, round((whole - measures * measuring) / (one * side**2))
            if state.steps >= ENOUGH:
                break
        state.steps = max(LEAST, state.steps)
        state.every = max(FEWEST, state.steps // measures)

    def _seconds_a_step(self, state: State) -> float:
        """Return how long a step takes, by a few on a copy."""
        trial = copy.deepcopy(state)
        trial.steps = TIMED
        began = time.perf_counter()
        for _ in self._training(trial):
            pass
        return (time.perf_counter() - began) / TIMED


def doubts(size: Size, manner: Manner) -> list[str]:
    """Return what to expect of a painting of a height and width if it is small, flat or grey."""
    found = []
    luma_spread = float(manner.pixels.mean(1).std())
    chroma_spread = float((manner.pixels - manner.pixels.mean(1, keepdim=True)).std())
    if min(size) < SMALL:
        found.append(f"the painting is only {size[1]}x{size[0]} px, in which few strokes can be seen")
    if luma_spread < FLAT:
        found.append("the painting is nearly one flat tone; expect little but its colour")
    if chroma_spread < GREY:
        found.append("the painting is grey, and so will be the look")
    return found


def _score(reached: Reached) -> float:
    """The style error, and how far the content error is above that of a good look; lower is better."""
    return reached.style + 2 * max(0.0, reached.content - MOST_CONTENT)


def _hash_of(pictures: Sequence[Tensor], seed: int) -> str:
    found = hashlib.sha256(str(seed).encode())
    for picture in pictures:
        found.update(picture.numpy().tobytes())
    return found.hexdigest()


def _pixels(photo: Source) -> Tensor:
    picture = load(photo)
    return picture.pixels(fit_long(picture.size, WORKING))
