"""How this machine computes; what it decided is recorded, so that it can compute the same bytes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Settings of the machine."""

    GROUP: ClassVar = "Machine"

    precision: Annotated[
        str,
        Option(
            help="Type of the convolutions: the fastest available, or float32. Pixels and losses are always float32.",
            choices=("auto", "float32"),
        ),
    ] = "auto"
    threads: Annotated[int, Option(help="CPU threads; 0 for one per core.", low=0, high=1024)] = 0
    plan: Annotated[
        str,
        Option(
            help="How each scale is computed: keep, recompute:TILE or tile:TILE. Default: chosen by memory.",
            metavar="PLAN[,…]",
        ),
    ] = ""
    convolutions: Annotated[
        str,
        Option(
            help="Implementation of each convolution. Default: timed on this machine.",
            metavar="NAME=WAY,…",
            recorded=True,
        ),
    ] = ""
