"""How this machine computes; recorded in results, so that a run can be reproduced byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import KINDS
from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Settings of the computation on this machine."""

    GROUP: ClassVar = "Machine"

    precision: Annotated[
        str,
        Option(
            help="Precision of the convolutions; auto uses the fastest available. Losses are always float32.",
            choices=("auto", "float32"),
            kinds=KINDS,
        ),
    ] = "auto"
    threads: Annotated[
        int, Option(help="Number of CPU threads; 0 for one per core.", low=0, high=1024, kinds=KINDS)
    ] = 0
    plan: Annotated[
        str,
        Option(
            help="How to compute each scale: keep, recompute:TILE or tile:TILE. "
            "Default: the fastest that fits in memory.",
            metavar="PLAN[,…]",
        ),
    ] = ""
    convolutions: Annotated[
        str,
        Option(
            help="Implementation of each convolution. Default: the fastest on this machine.",
            metavar="NAME=WAY,…",
            recorded=True,
        ),
    ] = ""
