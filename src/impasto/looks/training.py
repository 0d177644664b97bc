"""Training of looks: kernels and values of the network, by the losses of the engine."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.encoder.vgg19 import VGG19
from impasto.engine.lbfgs import Adam
from impasto.looks.crops import SIDE, Photo, draw
from impasto.looks.grain import PERIOD
from impasto.looks.manner import Manner
from impasto.looks.network import painted_fast
from impasto.looks.state import State
from impasto.losses.scene import Scene
from impasto.losses.targets import Targets
from impasto.objective.build import Objective, objective_for
from impasto.settings import Settings
from impasto.settings.layers import Layer
from impasto.settings.method import MANNER_LAYERS

OBJECTIVE = Settings(style_layers=(*MANNER_LAYERS, Layer("conv4_1", 0.5)), protect="none")
"""The settings of the losses; the strength is that of each step.

conv4_1 is added to the layers of `stylize` because forms of that size do not come by themselves here. conv5_1
is not: the statistics of a crop are too far from those of a whole painting there.
"""

BLOCK, FREE, ANCHOR = 16, 24.0, 100.0
"""Side of a block in pixels, levels by which its mean colour may change, and the weight of what is more.

Without it a network paints dark smooth places in one strong colour, where that costs the least content.
"""

GENTLE, STRONG = 0.40, 0.85
"""Content errors at which the two sets of a look's values are held."""

KERNEL_RATE = 0.2
"""Step size of kernels as a part of that of values."""

DECAY = 0.99
"""Adam's β₂: the usual 0.999 would remember more steps than a short training has."""

WARM, WARMEST = 50, 0.125
"""Steps over which the step size rises, and the share of all steps that they are at most."""

FALLS = 0.5
"""Share of the steps after which the step size falls to 0, in proportion to those that are left."""

CLIP, USUAL = 2.0, 50
"""Norm of a gradient, as a multiple of its average over so many steps, to which it is scaled down."""


class Trained(NamedTuple):
    """One step: the manner that it was of, the mix of its two sets, the loss, and the weighted losses."""

    step: int
    manner: int
    mix: float
    loss: float
    losses: dict[str, float]


class Training:
    """Gradient descent on a `state` over crops of photos; iterate it for steps.

    Each step draws a manner, a crop, and a mix of the gentle and the strong set, and holds the content error
    at the same mix of GENTLE and STRONG: so all strengths between are learnt, not only the ends.
    """

    def __init__(
        self,
        encoder: VGG19,
        manners: Sequence[Manner],
        photos: Sequence[Photo],
        settings: Settings,
        state: State,
        *,
        steps: int,
        kernels: bool,
        side: int = SIDE,
    ) -> None:
        self.encoder, self.manners, self.photos, self.settings = encoder, manners, photos, settings
        self.state, self.steps, self.kernels, self.side = state, steps, kernels, side
        self._targets = Targets()
        self._generator = torch.Generator().manual_seed(settings.seed)
        if state.randomness is not None:
            self._generator.set_state(state.randomness)

    def __iter__(self) -> Iterator[Trained]:
        """Train until `steps`; the state is complete whenever a step is yielded."""
        while self.state.step < self.steps:
            began = time.perf_counter()
            done = self._step()
            self.state.seconds += time.perf_counter() - began
            yield done

    def _step(self) -> Trained:
        state, generator = self.state, self._generator
        manner = int(torch.randint(len(self.manners), (), generator=generator))
        mix = float(torch.rand((), generator=generator))
        crop = draw(self.photos, self.manners[manner].colours, generator, self.side)
        top, left = torch.randint(PERIOD, (2,), generator=generator).tolist()
        learnt = {name: one.detach().requires_grad_() for name, one in self.state.named(self.kernels).items()}
        values = torch.lerp(learnt["values"][manner, 0], learnt["values"][manner, 1], mix)
        painted = painted_fast(crop, state.trunk | learnt, values, at=(top, left))
        found = self._objective(crop, manner, mix)(painted.detach())
        colour = strayed(painted, crop)
        gradients = torch.autograd.grad(
            [painted, colour], list(learnt.values()), [found.gradient, torch.ones_like(colour)]
        )
        state.step += 1
        self._learn(dict(zip(learnt, gradients, strict=True)))
        state.randomness = generator.get_state()
        error = float(colour.detach())
        return Trained(state.step, manner, mix, found.loss + error, found.losses | {"colour": error})

    def _objective(self, crop: Tensor, manner: int, mix: float) -> Objective:
        strength = 100 * (GENTLE + mix * (STRONG - GENTLE))
        scene = Scene(
            encoder=self.encoder,
            settings=self.settings.with_changes(strength=strength),
            content=crop,
            styles=[self.manners[manner].pixels],
            shares=[1.0],
            size=(crop.shape[2], crop.shape[3]),
            targets=self._targets,
        )
        with torch.no_grad():
            return objective_for(scene)

    def _learn(self, gradients: dict[str, Tensor]) -> None:
        """Take a step of Adam, the same share of it for all kernels."""
        state = self.state
        left = (self.steps - state.step + 1) / max(1.0, self.steps * (1 - FALLS))
        rate = state.rate * min(1.0, state.step / max(1.0, min(WARM, WARMEST * self.steps)), left)
        self._clip(list(gradients.values()))
        learnt = state.named(True)
        for name, gradient in gradients.items():
            adam = state.optimizers.setdefault(name, Adam(rate, decay=DECAY))
            adam.rate = rate * (1 if name == "values" else KERNEL_RATE)
            learnt[name].copy_(adam.advance(learnt[name], gradient))

    def _clip(self, gradients: Sequence[Tensor]) -> None:
        """Scale gradients down to CLIP times their usual norm, of which a moving average is kept.

        The content error of a crop with next to nothing on it, such as a sky, is many times its limit.
        """
        state, norm = self.state, math.sqrt(sum(float(one.square().sum()) for one in gradients))
        limit = CLIP * state.norm if state.norm else norm
        for one in gradients:
            one.mul_(min(1.0, limit / max(norm, 1e-30)))
        usual = min(norm, limit)
        state.norm = state.norm + (usual - state.norm) / min(state.step, USUAL)


def strayed(painted: Tensor, crop: Tensor) -> Tensor:
    """Return by how much the mean colours of blocks differ from the crop's beyond FREE levels, weighted."""
    change = F.avg_pool2d(painted - crop.clamp(0, 255), BLOCK)
    return ANCHOR * ((change.abs() - FREE).clamp_min(0) / 255).square().mean()
