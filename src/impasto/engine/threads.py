"""The number of CPU threads of the process."""

from __future__ import annotations

import torch


def use_threads(count: int) -> None:
    """Set the number of CPU threads of this process, unless it is 0.

    It affects every run of the process, so it is for its owner to call: a program, a worker, or a function
    that paints in one call. Call it before creating a run, since the choice of convolutions depends on it.
    """
    if count:
        torch.set_num_threads(count)
