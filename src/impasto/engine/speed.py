"""Timing of a step on this machine, for estimates: machines differ by an order of magnitude."""

from __future__ import annotations

import dataclasses
import time

import torch

from impasto.convolution.tune import Tuner
from impasto.encoder import load_encoder
from impasto.losses.scene import Scene
from impasto.objective.build import objective_for
from impasto.settings import Settings

SIZE = (288, 384)
"""Height and width of the picture that is timed."""


def seconds_per_step(settings: Settings, tuner: Tuner) -> float:
    """Return the seconds of one step at SIZE, the best of three after a warm-up; scales with the pixels."""
    settings = dataclasses.replace(settings, recolour=False)
    layers = [layer.name for layer in (*settings.content_layers, *settings.painted_layers)]
    encoder = load_encoder(
        layers,
        weights=settings.weights,
        pooling=settings.pooling,
        padding=settings.padding,
        device=tuner.device,
        tuner=tuner,
    )
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0)).to(tuner.device) * 255
    objective = objective_for(
        Scene(encoder=encoder, settings=settings, content=picture, styles=[picture.flip(3)], shares=[1.0])
    )
    times = []
    for _ in range(4):
        started = time.perf_counter()
        objective(picture)  # reads the losses back, which synchronises with the GPU
        times.append(time.perf_counter() - started)
    return min(times[1:])
