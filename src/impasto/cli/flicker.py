"""`impasto flicker`: the warping error of a film beside its source, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from impasto.errors import PictureError
from impasto.media.clip import Clip
from impasto.media.image import check_output, save
from impasto.media.moments import seconds_of
from impasto.video.flicker import draw, flicker


def measure(result: str, source: str, flow: str, start: str, plot: str, *, as_json: bool) -> str:
    """Measure a film and return what there is to say, in words or as JSON; raises ImpastoError."""
    painted, clip = Clip.open(result), Clip.open(source)
    if plot:
        check_output(Path(plot), size=(1, 1), alpha=False, inputs=(result, source))
    begin = seconds_of(start, "start") if start else None
    found = flicker(islice(_arrays(clip, begin), _count(painted)), _arrays(painted), flow)
    if plot:
        save(draw(found), plot)
    if as_json:
        frames = {"result": list(found.result), "source": list(found.source), "shots": list(found.shots)}
        return json.dumps({"kind": "flicker", "mean": found.mean, "source_mean": found.source_mean, "flow": flow, "frames": frames})
    ratio = f", {found.mean / found.source_mean:.2f} times the clip's" if found.source_mean else ""
    shots = f", {len(found.shots)} shots" if len(found.shots) > 1 else ""
    return f"warping error {found.mean:.3g}{ratio} ({found.source_mean:.3g}), over {len(found.result) + 1} frames{shots}, by {flow}"


def _count(clip: Clip) -> int:
    count = sum(1 for _ in clip.frames())
    if count < 2:
        raise PictureError(f"'{clip.name}' has {count} frame, and flicker is between two; measure a longer film")
    return count


def _arrays(clip: Clip, start: Any = None) -> Iterator[np.ndarray[Any, Any]]:
    for shot in clip.frames(start):
        yield np.asarray(shot.image)
