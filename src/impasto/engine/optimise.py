"""Gradient descent on the pixels of one scale, as an iterator of events over a state that can be saved."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from torch import Tensor

from impasto.engine.events import Event, ScaleDone, Step
from impasto.engine.lbfgs import LBFGS, Adam
from impasto.engine.schedule import Scale
from impasto.errors import Diverged
from impasto.losses.hold import Hold
from impasto.objective.whole import Evaluation
from impasto.settings import Settings

Objective = Callable[[Tensor], Evaluation]

WINDOW = 20
"""Steps over which the fall of the loss is judged: single steps of L-BFGS fall by fits and starts."""

PERFECT = 1e-6
"""A loss that no step need lower: that of a start which is what is asked for, but for rounding."""

CLEARLY = 2.0
"""How many times its start a loss that never fell must be for the run to have diverged: near its end a run goes up and down by less."""


@dataclass
class State:
    """Where a run stands, as plain data: the scale and the steps taken in it, the picture, and what the optimiser knows.

    `best` is the picture `(1, 3, H, W)` of the lowest loss in this scale, the one to keep, and `losses` are its own;
    `best_losses` are the lowest after each of its steps. `carried` is what the scales before found out about the weight of
    a held error. `loss` is that of the last step; `painted` says whether some step so far has bettered what its scale
    started from, or whether that was painted before.
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
        """The picture to keep if the run ended now."""
        return self.picture if self.best is None else self.best


def begin(scales: tuple[Scale, ...], picture: Tensor, optimizer: LBFGS | Adam) -> State:
    """Return the state before the first step."""
    return State(scales, optimizer, picture)


def next_scale(state: State, picture: Tensor, optimizer: LBFGS | Adam) -> None:
    """Move on to the next scale, at which `picture` is the start; curvature is learnt anew."""
    state.index, state.step, state.picture, state.optimizer = state.index + 1, 0, picture, optimizer
    state.gradient, state.best, state.best_loss, state.best_losses, state.scale_seconds = (
        None,
        None,
        math.inf,
        [],
        0.0,
    )


def restart(state: State) -> None:
    """Begin anew within a scale, from the best picture, where the objective is another from now on: losses and curvature were the old one's.

    Twice is as good as once. The next step evaluates that picture.
    """
    state.picture = state.kept
    state.optimizer.forget()
    state.gradient, state.best, state.best_loss, state.best_losses = None, None, math.inf, []


def fresh_optimizer(
    settings: Settings, pairs: int | None = None, half: bool = False, *, picture: Tensor | None = None
) -> LBFGS | Adam:
    """Return the optimiser of these settings without any memory, with fewer pairs or at half precision where it must be.

    Where it will move a `picture` `(1, 3, H, W)`, the memory of its pairs is set aside.
    """
    if settings.optimizer == "adam":
        return Adam(settings.learning_rate)
    optimizer = LBFGS(settings.history if pairs is None else pairs, settings.learning_rate, half)
    if picture is not None:
        optimizer.reserve(picture)
    return optimizer


def optimise(objective: Objective, state: State, min_fall: float = 0.0) -> Iterator[Event]:
    """Take the steps that are left in the current scale, changing `state` and reporting each; raises Diverged.

    The scale ends early once WINDOW steps together have lowered the loss by less than the part `min_fall` of it.

    A step moves the picture by what the last gradient taught, then evaluates it: the picture in the state is always
    one whose loss is known. Stop iterating to cancel between steps. The first step evaluates the start: a scale that
    never fell below its loss, and ends far above it, has diverged.
    """
    while state.step < state.scales[state.index].steps and not _settled(state.best_losses, min_fall):
        started = time.perf_counter()
        picture = (
            state.picture
            if state.gradient is None
            else state.optimizer.advance(state.picture, state.gradient)
        )
        evaluation = objective(picture)
        _check_finite(evaluation, state)
        state.picture, state.gradient = picture, evaluation.gradient
        state.step += 1
        state.loss = evaluation.loss
        if evaluation.loss < state.best_loss:
            state.painted = state.painted or bool(state.best_losses)
            state.best, state.best_loss, state.losses = picture, evaluation.loss, evaluation.losses
        state.best_losses.append(state.best_loss)
        elapsed = time.perf_counter() - started
        state.seconds, state.scale_seconds = state.seconds + elapsed, state.scale_seconds + elapsed
        yield _step_event(state, evaluation)
    _check_fallen(state)
    height, width = state.scales[state.index].size
    # The scale is as long as it turned out to be, so that steps go on counting without a gap.
    state.scales = tuple(
        scale._replace(steps=state.step) if i == state.index else scale
        for i, scale in enumerate(state.scales)
    )
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
    """Raise Diverged where no step has bettered what the scale started from, and the last one is clearly worse."""
    start = state.best_losses[0] if state.best_losses else math.inf
    if start <= PERFECT or state.best_loss < start or state.loss <= CLEARLY * start:
        return
    raise Diverged(
        f"the loss rose from {start:.4g} to {state.loss:.4g} in {len(state.best_losses)} steps of scale {state.index + 1} "
        f"and never fell below its start; {_way_out(state, 'best')}"
    )


def _way_out(state: State, which: str) -> str:
    kept = (
        f"the {which} picture is kept" if state.painted else "nothing was painted, so no picture is written"
    )
    return f"{kept}. Try a smaller --learning-rate or weights closer to those of a preset"


def _step_event(state: State, evaluation: Evaluation) -> Step:
    (height, width), steps = state.scales[state.index]
    before = sum(scale.steps for scale in state.scales[: state.index])
    # A step costs in proportion to its pixels, so the steps of finer scales are counted at their own price.
    per_pixel = state.scale_seconds / state.step / (height * width)
    pixels = (steps - state.step) * height * width + sum(
        s.steps * s.size[0] * s.size[1] for s in state.scales[state.index + 1 :]
    )
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
