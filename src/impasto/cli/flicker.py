"""`impasto flicker`: print or plot the warping error of a film and of its source."""

from __future__ import annotations

import json
from pathlib import Path

import click

from impasto.errors import ClipError
from impasto.media.image import check_output, save
from impasto.video.flicker import Flicker, draw, flicker


def measure(result: str, source: str, flow: str, start: str, fps: float, plot: str, *, as_json: bool) -> None:
    """Measure a film and print the result as text or JSON; raises ImpastoError."""
    if plot:
        check_output(Path(plot), size=(1, 1), alpha=False, inputs=(result, source))
    found = flicker(result, source, flow, start=start, fps=fps)
    if plot:
        save(draw(found), plot)
    click.echo(_as_json(found, flow) if as_json else _in_words(found, flow))
    if found.notes:
        raise ClipError(f"not all of it could be measured: {'; '.join(found.notes)}", "take another copy")


def _as_json(found: Flicker, flow: str) -> str:
    frames = {"result": list(found.result), "source": list(found.source), "shots": list(found.shots)}
    return json.dumps(
        {
            "kind": "flicker",
            "mean": found.mean,
            "source_mean": found.source_mean,
            "flow": flow,
            "frames": frames,
        }
    )


def _in_words(found: Flicker, flow: str) -> str:
    ratio = (
        f", {found.mean / found.source_mean:.2f} times the clip's {found.source_mean:.3g}"
        if found.source_mean
        else ""
    )
    shots = f" in {len(found.shots)} shots" if len(found.shots) > 1 else ""
    return f"warping error {found.mean:.3g}{ratio}, over {len(found.result) + 1} frames{shots}, by {flow}"
