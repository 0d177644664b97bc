"""What a training has learnt so far, and its file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from impasto.engine.lbfgs import Adam
from impasto.errors import LookError
from impasto.looks.crops import SIDE
from impasto.looks.look import SETS
from impasto.looks.network import KERNELS, VALUES
from impasto.media.part import write_whole

RATE = 5e-3
"""Adam's step size for values; kernels have a part of it."""

_NUMBERS = (
    *("step", "rate", "norm", "seconds", "steps", "every", "side"),
    *("own_trunk", "idle", "retried", "origin"),
)
_ADAM = "rate", "count", "decay"


@dataclass
class State:
    """All that a training has learnt: `values` `(M, 2, VALUES)` of M manners, kernels, and their optimisers.

    `norm` is the usual norm of a gradient. Of a look being made, `steps` are all that fit into its time, 0
    until that is known, on crops of `side` pixels, and it is measured after `every` so many; `own_trunk` says
    that the kernels learn too, `idle` counts measures without a gain, `retried` is set after it diverged
    once, and `origin` is a hash of the painting and the photos.
    """

    values: Tensor
    trunk: dict[str, Tensor]
    step: int = 0
    optimizers: dict[str, Adam] = field(default_factory=dict)
    rate: float = RATE
    norm: float = 0.0
    randomness: Tensor | None = None
    seconds: float = 0.0
    steps: int = 0
    every: int = 0
    side: int = SIDE
    own_trunk: bool = False
    idle: int = 0
    retried: bool = False
    origin: str = ""

    def named(self, kernels: bool) -> dict[str, Tensor]:
        """Return what is learnt, by name: the values, and with `kernels` those too."""
        return {"values": self.values} | (self.trunk if kernels else {})

    def write(self, path: Path) -> None:
        """Write the state as one file, all or nothing; raises OutputError."""
        tensors = {"values": self.values} | {f"trunk.{name}": one for name, one in self.trunk.items()}
        for name, adam in self.optimizers.items():
            if adam.mean is not None and adam.square is not None:
                tensors |= {f"mean.{name}": adam.mean, f"square.{name}": adam.square}
        if self.randomness is not None:
            tensors["randomness"] = self.randomness
        adams = {
            name: {number: getattr(adam, number) for number in _ADAM}
            for name, adam in self.optimizers.items()
        }
        numbers = json.dumps({name: getattr(self, name) for name in _NUMBERS} | {"adams": adams})
        content = save({name: one.contiguous() for name, one in tensors.items()}, {"numbers": numbers})
        write_whole(path, lambda file: file.write(content))


def read_state(path: Path) -> State:
    """Read a state from its file; raises LookError."""
    try:
        with safe_open(path, "pt") as archive:
            numbers = json.loads((archive.metadata() or {})["numbers"])
            tensors: dict[str, Tensor] = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
        trunk = {name: tensors[f"trunk.{name}"] for name in (*KERNELS, "bias")}
        if any(trunk[name].shape != shape for name, shape in KERNELS.items()):
            raise ValueError("its kernels are those of another network")
        if tensors["values"].shape[1:] != (SETS, VALUES):
            raise ValueError("its values are those of another network")
        adams = {
            name: Adam(**table, mean=tensors[f"mean.{name}"], square=tensors[f"square.{name}"])
            for name, table in numbers["adams"].items()
        }
        return State(
            values=tensors["values"],
            trunk=trunk,
            optimizers=adams,
            randomness=tensors.get("randomness"),
            **{name: numbers[name] for name in _NUMBERS},
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise LookError(f"cannot resume training from '{path}': {error}", "start anew") from None
