"""Gradient descent on the pixels of one scale, as an iterator of events over a serialisable state."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from torch import Tensor

from impasto.engine.events import Event, ScaleDone, Step
from impasto.engine.lbfgs import FIRST_STEP, LBFGS, NEXT_STEP, Adam
from impasto.engine.schedule import Scale
from impasto.errors import Diverged, option
from impasto.losses.hold import Hold
from impasto.objective.whole import Evaluation
from impasto.settings import Settings

Objective = Callable[[Tensor], Evaluation]

WINDOW = 20
"""Steps over which the decrease of the loss is measured: that of single L-BFGS steps is irregular."""

PERFECT = 1e-6
"""A loss that is 0 up to rounding, so that no decrease is needed: the start is already the solution."""

CLEARLY = 2.0
"""Factor by which a loss that never decreased must exceed its start to count as diverged.

Near convergence, the loss fluctuates by less.
"""


@dataclass
class State:
    """State of a run, as plain data: the scale and its steps so far, the picture, and the optimiser.

    `best` is the picture `(1, 3, H, W)` with the lowest loss of this scale and `losses` are its losses;
    `best_losses` are the lowest losses up to each step. `carried` are the weights of held errors that
    previous scales estimated. `loss` is that of `picture`; `painted` is whether any step so far has
    improved on the start of its scale, or that start was already painted.
    """

    scales: tuple[Scale, ...]
    optimizer: LBFGS | Adam
    picture: Tensor
    index: int = 0
    step: int = 0
    gradient: Tensor | None = None
    best: Tensor | None = None
    best_loss: float = math.inf
    losses: dict[str, float] = field(default_factory=dict)
    best_losses: list[float] = field(default_factory=list)
    carried: dict[Hold, float] = field(default_factory=dict)
    seconds: float = 0.0
    scale_seconds: float = 0.0
    loss: float = math.inf
    painted: bool = False

    @property
    def kept(self) -> Tensor:
        """The picture to keep if the run ends now."""
        return self.picture if self.best is None else self.best


def begin(scales: tuple[Scale, ...], picture: Tensor, optimizer: LBFGS | Adam) -> State:
    """Return the state before the first step."""
    return State(scales, optimizer, picture)


def next_scale(state: State, picture: Tensor, optimizer: LBFGS | Adam) -> None:
    """Advance to the next scale, starting from `picture` with a new optimiser."""
    state.index, state.step, state.picture, state.optimizer = state.index + 1, 0, picture, optimizer
    state.gradient, state.best, state.best_loss, state.best_losses = None, None, math.inf, []
    state.scale_seconds = 0.0


def restart(state: State) -> None:
    """Restart within a scale from the best picture, because the objective has changed. Idempotent.

    Losses and curvature of the old objective are discarded; the next step evaluates the picture.
    """
    state.picture = state.kept
    state.optimizer.forget()
    state.gradient, state.best, state.best_loss, state.best_losses = None, None, math.inf, []


def fresh_optimizer(
    settings: Settings,
    pairs: int | None = None,
    half: bool = False,
    *,
    scale: int = 0,
    picture: Tensor | None = None,
) -> LBFGS | Adam:
    """Return a new optimiser for a scale, optionally with fewer `pairs` or at `half` precision.

    Scales are counted from 0. If a `picture` `(1, 3, H, W)` is given, the memory of the pairs is allocated.
    """
    if settings.optimizer == "adam":
        return Adam(settings.learning_rate)
    history = settings.history if pairs is None else pairs
    # The published methods, which have no strength, take every step in full.
    careful = settings.strength is not None
    optimizer = LBFGS(history, settings.learning_rate, half, first_step(settings, scale), careful)
    if picture is not None:
        optimizer.reserve(picture)
    return optimizer


def first_step(settings: Settings, scale: int) -> float:
    """Return the length in levels of the first step of a scale, counted from 0."""
    return max(FIRST_STEP, NEXT_STEP * (settings.strength or 0) / 100) if scale else FIRST_STEP


def optimise(objective: Objective, state: State, min_fall: float = 0.0) -> Iterator[Event]:
    """Run the remaining steps of the current scale, updating `state` in place and yielding an event for each.

    A step updates the picture from the last gradient, then evaluates it, so the loss of the picture in the
    state is always known; the first step evaluates the start. The picture stays as it is if the optimiser
    takes a step back. The scale ends early if WINDOW steps reduce the loss by less than the fraction
    `min_fall`. Stop iterating to cancel between steps. Raises Diverged if a loss is not finite, or if it
    never fell below its start and ends far above it.
    """
    while state.step < state.scales[state.index].steps and not _settled(state.best_losses, min_fall):
        started = time.perf_counter()
        picture = state.picture
        if state.gradient is not None:
            picture = state.optimizer.advance(picture, state.gradient)
        evaluation = objective(picture)
        _check_finite(evaluation, state)
        if state.gradient is None or state.optimizer.accepts(state.loss, evaluation.loss):
            state.picture, state.gradient, state.loss = picture, evaluation.gradient, evaluation.loss
        state.step += 1
        if evaluation.loss < state.best_loss:
            state.painted = state.painted or bool(state.best_losses)
            state.best, state.best_loss, state.losses = picture, evaluation.loss, evaluation.losses
        state.best_losses.append(state.best_loss)
        elapsed = time.perf_counter() - started
        state.seconds, state.scale_seconds = state.seconds + elapsed, state.scale_seconds + elapsed
        yield _step_event(state, evaluation)
    _check_fallen(state)
    height, width = state.scales[state.index].size
    # Record the actual number of steps, so that the step count of the next scale continues without a gap.
    scales = list(state.scales)
    scales[state.index] = scales[state.index]._replace(steps=state.step)
    state.scales = tuple(scales)
    yield ScaleDone(state.index + 1, len(state.scales), width, height, state.best_loss, state.seconds)


def _settled(losses: list[float], min_fall: float) -> bool:
    return len(losses) > WINDOW and losses[-1] > (1 - min_fall) * losses[-1 - WINDOW]


def _check_finite(evaluation: Evaluation, state: State) -> None:
    broken = [name for name, value in evaluation.losses.items() if not math.isfinite(value)]
    if not broken and not math.isfinite(float(evaluation.gradient.sum())):
        broken = ["the gradient"]
    if broken:
        raise Diverged(
            f"{', '.join(broken)} became {evaluation.losses.get(broken[0], math.nan)} "
            f"at step {state.step + 1} of scale {state.index + 1}; {_way_out(state, 'last finite')}"
        )


def _check_fallen(state: State) -> None:
    """Raise Diverged if no step improved on the start of the scale and the last one is clearly worse."""
    start = state.best_losses[0] if state.best_losses else math.inf
    if start <= PERFECT or state.best_loss < start or state.loss <= CLEARLY * start:
        return
    raise Diverged(
        f"the loss rose from {start:.4g} to {state.loss:.4g} in {len(state.best_losses)} steps "
        f"of scale {state.index + 1} and never fell below its start; {_way_out(state, 'best')}"
    )


def _way_out(state: State, which: str) -> str:
    outcome = (
        f"the {which} picture is kept" if state.painted else "nothing was painted, so no picture is written"
    )
    return f"{outcome}. Try a smaller {option('learning_rate')} or weights closer to those of a preset"


def _step_event(state: State, evaluation: Evaluation) -> Step:
    (height, width), steps = state.scales[state.index]
    before = sum(scale.steps for scale in state.scales[: state.index])
    # The time of a step is proportional to its pixels.
    per_pixel = state.scale_seconds / state.step / (height * width)
    later = sum(scale.steps * math.prod(scale.size) for scale in state.scales[state.index + 1 :])
    pixels = (steps - state.step) * height * width + later
    return Step(
        scale=state.index + 1,
        scales=len(state.scales),
        width=width,
        height=height,
        step=before + state.step,
        steps=sum(scale.steps for scale in state.scales),
        loss=evaluation.loss,
        losses=evaluation.losses,
        seconds=state.seconds,
        seconds_left=per_pixel * pixels,
    )
