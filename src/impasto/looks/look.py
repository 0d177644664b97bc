"""A look: the values by which the trunk paints in one manner, and its file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from impasto.colour import Palette
from impasto.errors import LookError
from impasto.looks.card import KEY, LARGEST, VERSION, Card, about_of
from impasto.looks.network import KERNELS, VALUES, Trunk
from impasto.media.part import write_whole

SETS = 2
"""Sets of values of a look, gentle and strong; all strengths between them are interpolated."""

_SHAPES = {"values": (SETS, VALUES), "mean": (3,), "covariance": (3, 3), "dial": None}
_TRUNK = {**KERNELS, "bias": (3,)}


@dataclass(frozen=True)
class Look:
    """A manner of painting, as data.

    `values` `(2, VALUES)` are the gentle and the strong set; `palette` is that of the painting, into which a
    photo is recoloured first. `dial` `(N, 2)` are mixes and the content error that each leads to, both
    rising; from 0 to 1 a mix is that of the two sets, from -1 to 0 that of the photo and the gentle picture.
    `trunk` is the network that the values belong to: the look's own, or if None the shared one whose hash is
    `trunk_sha256`.
    """

    name: str
    values: Tensor
    palette: Palette
    dial: Tensor
    trunk_sha256: str
    trunk: Trunk | None = None
    card: Card = field(default_factory=Card)

    def at(self, strength: float) -> tuple[Tensor, float]:
        """Return the values `(VALUES,)` for a strength, 0 to 100, and the share of the photo to blend in.

        Beyond an end of the dial they are those of that end.
        """
        mixes, errors = self.dial.T.tolist()
        mix = float(np.interp(strength / 100, errors, mixes))
        return torch.lerp(self.values[0], self.values[1], max(mix, 0.0)), max(0.0, -mix)

    def write(self, path: Path) -> None:
        """Write the look as one file, all or nothing; raises OutputError."""
        write_whole(path, lambda file: file.write(self.as_bytes()))

    def as_bytes(self) -> bytes:
        """Return the look's file: a safetensors archive whose header has the card as JSON."""
        tensors = {
            "values": self.values.float().contiguous(),
            "mean": self.palette.mean.float().contiguous(),
            "covariance": self.palette.covariance.float().contiguous(),
            "dial": self.dial.float().contiguous(),
        }
        if self.trunk is not None:
            tensors |= {f"trunk.{name}": kernel.half().contiguous() for name, kernel in self.trunk.items()}
        about = {"version": VERSION, "name": self.name, "trunk": self.trunk_sha256, "card": asdict(self.card)}
        return save(tensors, {KEY: json.dumps(about, sort_keys=True)})


def read_look(path: Path) -> Look:
    """Read a look and check all of it before anything runs; raises LookError."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise LookError(f"cannot read look '{path}': {error.strerror or error}", "check the path") from None
    if size > LARGEST:
        raise LookError(f"'{path}' is no look: it has {size} bytes, and none has over {LARGEST}")
    try:
        with safe_open(path, "pt") as archive:
            about = about_of(path, archive.metadata() or {})
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise LookError(f"'{path}' is no look, or is damaged: {error}", "get the file again") from None
    trunk = {name.removeprefix("trunk."): found for name, found in tensors.items() if "." in name}
    _check(path, {name: found for name, found in tensors.items() if "." not in name}, _SHAPES)
    if trunk:
        _check(path, trunk, _TRUNK)
    try:
        return Look(
            name=about.name,
            values=tensors["values"].float(),
            palette=Palette(tensors["mean"].float(), tensors["covariance"].float()),
            dial=_dial(tensors["dial"].float()),
            trunk_sha256=about.trunk_sha256,
            trunk={name: found.float() for name, found in trunk.items()} or None,
            card=about.card,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise LookError(f"look '{path}' is damaged: {error}", "get the file again") from None


def trunk_hash(trunk: Trunk) -> str:
    """Return the SHA-256 of a trunk's kernels, in float32."""
    found = hashlib.sha256()
    for name in sorted(trunk):
        found.update(trunk[name].float().contiguous().numpy().tobytes())
    return found.hexdigest()


def _check(path: Path, tensors: Mapping[str, Tensor], shapes: Mapping[str, Sequence[int] | None]) -> None:
    if missing := sorted(shapes.keys() - tensors.keys()):
        raise LookError(f"look '{path}' lacks '{missing[0]}'", "get the file again")
    for name, found in tensors.items():
        if name not in shapes:
            raise LookError(f"look '{path}' has '{name}', which no look has", "get the file again")
        expected = shapes[name]
        if expected is not None and tuple(found.shape) != tuple(expected):
            raise LookError(
                f"'{name}' of look '{path}' has the shape {tuple(found.shape)}, expected {tuple(expected)}"
            )
        if not found.dtype.is_floating_point or not bool(found.isfinite().all()):
            raise LookError(f"'{name}' of look '{path}' is not all finite numbers", "get the file again")


def _dial(dial: Tensor) -> Tensor:
    if dial.dim() != 2 or dial.shape[1] != 2 or len(dial) < SETS or not bool((dial.diff(dim=0) > 0).all()):
        raise ValueError("its dial does not rise")
    return dial
