"""What several runs in one process have in common, made once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path

import torch

from impasto.convolution.tune import Tuner
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.fields import LAYERS
from impasto.objective.targets import Targets


class Shared:
    """The encoder of the last run, and the style targets that were asked for last."""

    def __init__(self) -> None:
        self.targets = Targets()
        self._encoder: tuple[Hashable, VGG19] | None = None

    def encoder(self, layers: Iterable[str], device: torch.device, tuner: Tuner, **network: str) -> VGG19:
        """Return the encoder of `load_encoder`, loaded only where that of the last run was another; raises WeightsError."""
        deepest = max(layers, key=LAYERS.index)
        key = (deepest, str(device), tuple(sorted(network.items())), _stamp(network.get("weights", "")))
        if self._encoder is None or self._encoder[0] != key:
            self._encoder = None  # gone before the next one comes
            self._encoder = key, load_encoder([deepest], device=device, tuner=tuner, **network)
        return self._encoder[1].tuned(tuner)


def _stamp(file: str) -> Hashable:
    """Return what changes when a file of weights does."""
    try:
        found = Path(file).stat() if file else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
