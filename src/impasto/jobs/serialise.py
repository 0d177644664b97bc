"""Convert a state to a JSON table and safetensors, and back; pickle could run code that it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from impasto.engine.lbfgs import LBFGS, Adam
from impasto.engine.optimise import State
from impasto.engine.schedule import Scale
from impasto.losses.hold import Hold

_NUMBERS = ("index", "step", "best_loss", "losses", "best_losses", "seconds", "scale_seconds")
_SINCE = ("loss", "painted")
"""Numbers that older checkpoints lack."""

_LBFGS, _ADAM = (
    ("history", "rate", "half", "first", "careful", "shortened", "learnt", "forgotten", "curvatures"),
    ("rate", "count", "decay"),
)

Read = Callable[[str], Mapping[str, Tensor]]
"""Returns the tensors of a file by its name."""


def at_end(state: State) -> bool:
    """Whether the scale has ended, so that the next one needs only the best picture."""
    return state.step >= state.scales[state.index].steps


def table_of(state: State) -> dict[str, Any]:
    """Return a state without its tensors, and whether its pictures are the same; floats stay exact."""
    optimizer = state.optimizer
    names = _LBFGS if isinstance(optimizer, LBFGS) else _ADAM
    return {name: getattr(state, name) for name in (*_NUMBERS, *_SINCE)} | {
        "scales": [[*scale.size, scale.steps] for scale in state.scales],
        "optimizer": {"kind": type(optimizer).__name__} | {name: getattr(optimizer, name) for name in names},
        "carried": {str(hold): excess for hold, excess in state.carried.items()},
        "best_is_picture": state.best is state.picture,
    }


def tensors_of(state: State) -> dict[str, Tensor]:
    """Return the tensors of a state without the pairs of L-BFGS; at a scale's end only the picture."""
    if at_end(state):
        return {"picture": state.kept}
    optimizer = state.optimizer
    found = {
        "picture": state.picture,
        "gradient": state.gradient,
        "best": None if state.best is state.picture else state.best,
    }
    if isinstance(optimizer, LBFGS):
        found |= {"last_step": optimizer.last_step, "last_gradient": optimizer.last_gradient}
    else:
        found |= {"mean": optimizer.mean, "square": optimizer.square}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def pairs_of(state: State) -> dict[str, dict[str, Tensor]]:
    """Return the pairs of L-BFGS by file name; a pair never changes, so each is written once."""
    optimizer = state.optimizer
    if (
        not isinstance(optimizer, LBFGS)
        or optimizer.steps is None
        or optimizer.differences is None
        or at_end(state)
    ):
        return {}
    rows = {_pair(state.index, number): number % optimizer.history for number in optimizer.held}
    return {
        name: {"step": optimizer.steps[row], "difference": optimizer.differences[row]}
        for name, row in rows.items()
    }


def state_from(table: Mapping[str, Any], tensors: Mapping[str, Tensor], read: Read) -> State:
    """Return the state of a table and tensors, with pairs from `read`.

    Raises KeyError, TypeError or ValueError.
    """
    scales = tuple(Scale((height, width), steps) for height, width, steps in table["scales"])
    optimizer = _optimizer(dict(table["optimizer"]))
    state = State(scales, optimizer, tensors["picture"], **{name: table[name] for name in _NUMBERS})
    state.carried = {Hold.parse(text): float(excess) for text, excess in table["carried"].items()}
    # A run of an older version counts as having painted something, so that its result is written.
    state.loss, state.painted = float(table.get("loss", state.best_loss)), bool(table.get("painted", True))
    if at_end(state):
        state.best = state.picture
        return state
    state.gradient = tensors.get("gradient")
    state.best = state.picture if table["best_is_picture"] else tensors.get("best")
    if isinstance(optimizer, Adam):
        optimizer.mean, optimizer.square = tensors.get("mean"), tensors.get("square")
        return state
    optimizer.last_step, optimizer.last_gradient = tensors.get("last_step"), tensors.get("last_gradient")
    optimizer.reserve(state.picture)
    assert optimizer.steps is not None and optimizer.differences is not None
    for number in optimizer.held:
        pair, row = read(_pair(state.index, number)), number % optimizer.history
        optimizer.steps[row], optimizer.differences[row] = pair["step"], pair["difference"]
    return state


def _optimizer(table: dict[str, Any]) -> LBFGS | Adam:
    kinds: dict[str, type[LBFGS | Adam]] = {kind.__name__: kind for kind in (LBFGS, Adam)}
    return kinds[table.pop("kind")](**table)


def _pair(index: int, number: int) -> str:
    return f"pair-{index}-{number}.safetensors"
