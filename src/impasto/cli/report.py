"""The HTML page of a comparison, as one self-contained file."""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, ImageChops
from torch import Tensor

from impasto.cli.comparison import HEADS, Entry, differences
from impasto.jobs.curve import Point
from impasto.media.image import Picture, Source, load
from impasto.media.part import write_whole
from impasto.recipe.input import printable
from impasto.stills.flaws import FLAWED

SIDE, SMALL_SIDE, QUALITY = 720, 280, 80
"""Long side in pixels of results and of inputs on the page, and their JPEG quality."""

MAP_SIDE = 200
"""Long side in pixels of the maps of flaws on the page."""

MARK = (230, 30, 0)
"""Red, green and blue of a flaw on the grey result."""

CHART = (440, 220)
"""Width and height of the chart in SVG units."""

MOST_POINTS = 400


@dataclass(frozen=True)
class Shown:
    """A picture on the page: its data URI, displayed size and alternative text."""

    uri: str
    width: int
    height: int
    alt: str
    name: str


@dataclass(frozen=True)
class Line:
    """A curve of the chart: its letter, SVG path and end point."""

    letter: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """Loss curves on a logarithmic scale, the range of the loss, and a text alternative."""

    lines: list[Line]
    highest: float
    lowest: float
    steps: int
    words: str
    width: int = CHART[0]
    height: int = CHART[1]


def write_page(entries: Sequence[Entry], path: Path) -> Path:
    """Write the page atomically and return its path; raises OutputError."""
    text = page(entries)
    write_whole(path, lambda file: file.write(text.encode()))
    return path


def page(entries: Sequence[Entry]) -> str:
    """Return the page as HTML. Names and recipes are escaped, since they may be untrusted."""
    environment = Environment(
        loader=PackageLoader("impasto.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names, rows = differences(entries)
    sources = _unique(
        [("photo", entry.content) for entry in entries]
        + [("painting", source) for entry in entries for source, _ in entry.styles]
    )
    return environment.get_template("report.html").render(
        entries=entries,
        heads=[*HEADS, *entries[0].judgement.layers],
        pictures=[_shown(entry.path, SIDE, f"Result {entry.letter}", entry.name) for entry in entries],
        flaws=[_marked(entry) for entry in entries],
        inputs=[_shown(source, SMALL_SIDE, kind.capitalize()) for kind, source in sources],
        names=names,
        rows=rows,
        chart=chart([(entry.letter, entry.points) for entry in entries]),
    )


def chart(curves: Sequence[tuple[str, Sequence[Point]]]) -> Chart | None:
    """Return a chart of the curves, or None if there are none."""
    kept = [(letter, [point for point in points if point.loss > 0]) for letter, points in curves]
    kept = [(letter, points) for letter, points in kept if len(points) > 1]
    if not kept:
        return None
    losses = [point.loss for _, points in kept for point in points]
    highest, lowest, steps = max(losses), min(losses), max(points[-1].step for _, points in kept)
    span = math.log(highest / lowest) or 1.0

    def place(point: Point) -> tuple[float, float]:
        return point.step / steps * CHART[0], math.log(highest / point.loss) / span * CHART[1]

    lines = [_line(letter, [place(point) for point in _thinned(points)]) for letter, points in kept]
    words = "; ".join(
        f"{letter} from {points[0].loss:.3g} to {points[-1].loss:.3g} in {points[-1].step} steps"
        for letter, points in kept
    )
    return Chart(lines, highest, lowest, steps, words)


def _line(letter: str, places: Sequence[tuple[float, float]]) -> Line:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return Line(letter, way, *places[-1])


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return about MOST_POINTS points of a curve at most, including the last."""
    return [*points[:: max(1, len(points) // MOST_POINTS)], points[-1]]


def _unique(sources: Iterable[tuple[str, Source]]) -> list[tuple[str, Source]]:
    return list(
        {
            os.path.realpath(source) if isinstance(source, str | Path) else str(id(source)): (kind, source)
            for kind, source in sources
        }.values()
    )


def _shown(source: Source, side: int, kind: str, name: str = "") -> Shown:
    picture = load(source)
    width, height = picture.image.size
    image, name = _small(picture, side), name or printable(picture.name)
    return Shown(_uri(image), *image.size, alt=f"{kind}: {name}, {width} by {height} pixels", name=name)


def _marked(entry: Entry) -> list[Shown]:
    """Return the result in grey once for each kind of flaw, which is marked by its strength."""
    grey = _small(load(entry.path), MAP_SIDE).convert("L").convert("RGB")
    return [
        Shown(
            _uri(_with_marks(grey, found)),
            *grey.size,
            alt=f"Map of result {entry.letter}: {entry.flaws.said(kind)}",
            name=entry.flaws.said(kind),
        )
        for kind, found in entry.flaws.maps.items()
    ]


def _with_marks(grey: Image.Image, found: Tensor) -> Image.Image:
    least = FLAWED / 2  # what every result has a little of is not shown
    strength = ((found - least) / (1 - least)).clamp_min(0)
    mask = Image.fromarray((strength * 255).byte().numpy()).resize(grey.size, Image.Resampling.BILINEAR)
    return Image.composite(Image.new("RGB", grey.size, MARK), grey, mask)


def _small(picture: Picture, side: int) -> Image.Image:
    """Return the picture on white, at most `side` pixels long."""
    image = picture.image.copy()
    if picture.alpha is not None:
        image.paste("white", mask=ImageChops.invert(picture.alpha))
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def _uri(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
