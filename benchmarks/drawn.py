"""One landscape drawn in six manners, which no painting of the examples has.

    python benchmarks/drawn.py [FOLDER]

A pencil drawing, a mosaic, a watercolour, a woodblock print, cubist facets and a fauve's patches of colour.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from plain import FACTOR, SIDE, write

LARGE = SIDE * FACTOR
Polygon = list[tuple[float, float]]

AT_NOON = {
    "sky": "#9cc4dd", "sun": "#f6dd8c", "mountain": "#7d8fb0", "hill": "#6f9a64", "lake": "#4f86a8",
    "field": "#c8b45c", "path": "#e3d3ab", "wall": "#efe6d2", "shade": "#b9a892", "roof": "#b4513a",
    "door": "#5a4636", "trunk": "#5c4330", "crown": "#3f6b3d", "light": "#7fa452",
}  # fmt: skip
"""Colours of the landscape's parts."""

SLOPES = {"sky": 0.05, "mountain": -0.7, "hill": 0.5, "field": 0.25, "path": 1.2, "wall": 1.57, "roof": -0.6}
"""Angles of strokes in some parts; 0 is level."""


def parts() -> dict[str, list[Polygon]]:
    """Return the polygons of the landscape by part, from the farthest, in 0 to LARGE."""
    x = np.linspace(-0.02, 1.02, 90)
    mountain = 0.42 - 0.17 * np.abs(np.sin(5.1 * x + 0.4)) - 0.02 * np.sin(31 * x)
    hill, shore = 0.47 - 0.07 * np.sin(4.2 * x + 2.2), 0.62 + 0.03 * np.sin(5 * x + 1)
    trees = ((0.15, 0.5, 0.15), (0.31, 0.55, 0.09), (0.9, 0.53, 0.1))
    return {
        "sky": [_scaled([(-0.1, -0.1), (1.1, -0.1), (1.1, 1.1), (-0.1, 1.1)])],
        "sun": [_blob(0.77, 0.15, 0.075, 0)],
        "mountain": [_below(x, mountain)],
        "hill": [_below(x, hill)],
        "lake": [_below(x, np.full_like(x, 0.535))],
        "field": [_below(x, shore)],
        "path": [_scaled([(0.6, 0.69), (0.655, 0.69), (0.6, 0.8), (0.75, 1.02), (0.3, 1.02), (0.5, 0.8)])],
        "wall": [_scaled([(0.52, 0.5), (0.69, 0.5), (0.69, 0.7), (0.52, 0.7)])],
        "shade": [_scaled([(0.69, 0.5), (0.8, 0.53), (0.8, 0.68), (0.69, 0.7)])],
        "roof": [_scaled([(0.49, 0.51), (0.58, 0.39), (0.75, 0.4), (0.83, 0.53), (0.7, 0.505)])],
        "door": [
            _scaled([(0.6, 0.6), (0.65, 0.6), (0.65, 0.7), (0.6, 0.7)]),
            _scaled([(0.545, 0.56), (0.575, 0.56), (0.575, 0.61), (0.545, 0.61)]),
        ],
        "trunk": [
            _scaled([(a - r / 9, b), (a + r / 9, b), (a + r / 6, b + 2 * r), (a - r / 6, b + 2 * r)])
            for a, b, r in trees
        ],
        "crown": [_blob(a, b, r, 0.16) for a, b, r in trees],
        "light": [_blob(a + r / 4, b - r / 4, r / 2, 0.2) for a, b, r in trees],
    }


def _scaled(corners: Sequence[tuple[float, float]]) -> Polygon:
    return [(a * LARGE, b * LARGE) for a, b in corners]


def _below(x: np.ndarray, y: np.ndarray) -> Polygon:
    return _scaled([*zip(x, y, strict=True), (1.02, 1.02), (-0.02, 1.02)])


def _blob(x: float, y: float, radius: float, rough: float) -> Polygon:
    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    reach = radius * (1 + rough * (np.sin(7 * turns + x * 40) + np.sin(3 * turns + y * 90)) / 1.5)
    return _scaled(list(zip(x + reach * np.cos(turns), y + reach * np.sin(turns), strict=True)))


def flat(colours: Mapping[str, str]) -> Image.Image:
    """Return the landscape in flat colours, `LARGE` a side."""
    image = Image.new("RGB", (LARGE, LARGE))
    draw = ImageDraw.Draw(image)
    for name, polygons in parts().items():
        for polygon in polygons:
            draw.polygon(polygon, fill=colours[name])
    return image


def lit(image: Image.Image) -> np.ndarray:
    """Return the picture as levels, brighter to the upper right, as a sun would have it."""
    y, x = np.mgrid[0 : 1 : LARGE * 1j, 0 : 1 : LARGE * 1j]
    return np.asarray(image, float) * (0.82 + 0.3 * x - 0.2 * y)[..., None]


def angles() -> np.ndarray:
    """Return the direction of strokes at each pixel, in 256 steps of π."""
    image = Image.new("L", (LARGE, LARGE))
    draw = ImageDraw.Draw(image)
    for name, polygons in parts().items():
        for polygon in polygons:
            draw.polygon(polygon, fill=round(SLOPES.get(name, 0.9) / np.pi * 256) % 256)
    return np.asarray(image) / 256 * np.pi


def cloudy(generator: np.random.Generator, cells: int) -> np.ndarray:
    """Return smooth noise in 0 to 1 of so many cells a side."""
    coarse = Image.fromarray(generator.integers(0, 256, (cells, cells), dtype=np.uint8))
    return np.asarray(coarse.resize((LARGE, LARGE), Image.Resampling.BICUBIC), float) / 255


def outlines(colours: Mapping[str, str], width: int) -> Image.Image:
    """Return the borders of the flat parts, white on black."""
    edges = flat(colours).filter(ImageFilter.FIND_EDGES).convert("L").point(lambda level: 255 * (level > 6))
    ImageDraw.Draw(edges).rectangle((0, 0, LARGE - 1, LARGE - 1), outline=0, width=4)
    return edges.filter(ImageFilter.MaxFilter(width))


def finished(levels: np.ndarray | Image.Image) -> Image.Image:
    """Return the picture in 8 bits at its final size."""
    if not isinstance(levels, Image.Image):
        levels = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    return levels.resize((SIDE, SIDE), Image.Resampling.LANCZOS).convert("RGB")


def pencil(seed: int = 3) -> Image.Image:
    """Return a drawing of strokes, closer where it is darker, with loose outlines, on grained paper."""
    generator = np.random.default_rng(seed)
    tones, slopes = lit(flat(AT_NOON)).mean(2), angles()
    sheet = Image.new("L", (LARGE, LARGE), 255)
    for _ in range(4):
        layer = Image.new("L", (LARGE, LARGE), 255)
        draw = ImageDraw.Draw(layer)
        for y, x in generator.integers(0, LARGE, (7500, 2)):
            if generator.uniform(60, 215) > tones[y, x]:
                angle, half = slopes[y, x] + generator.normal(0, 0.1), generator.uniform(18, 46)
                along = np.array([np.cos(angle), np.sin(angle)]) * half
                draw.line([x - along[0], y - along[1], x + along[0], y + along[1]], fill=130, width=3)
        sheet = ImageChops.multiply(sheet, layer)
    draw = ImageDraw.Draw(sheet)
    for polygons in list(parts().values())[1:]:
        for polygon in polygons:
            for _ in range(2):
                loose = np.array(polygon) + generator.normal(0, 2.5, (len(polygon), 2))
                draw.line([tuple(point) for point in [*loose, loose[0]]], fill=70, width=4)
    grain = generator.normal(0, 22, (LARGE, LARGE))
    levels = np.asarray(sheet.filter(ImageFilter.GaussianBlur(0.8)), float)
    return finished(244 - (250 - levels).clip(0) * 0.84 + grain * (0.35 + (255 - levels) / 255))


def mosaic(seed: int = 4) -> Image.Image:
    """Return square stones of uneven colour, laid in rows that wave, in dark mortar."""
    generator = np.random.default_rng(seed)
    colours, side = lit(flat(AT_NOON)), 25
    image = Image.new("RGB", (LARGE, LARGE), "#3b342d")
    draw = ImageDraw.Draw(image)
    for row in range(-6, LARGE // side + 6):
        for column in range(-1, LARGE // side + 2):
            x = (column + row % 2 / 2) * side + generator.normal(0, 1.2)
            slope = 0.28 * np.cos(x / 170)
            y = row * side + 48 * np.sin(x / 170) + generator.normal(0, 1.2)
            own = colours[int(np.clip(y, 0, LARGE - 1)), int(np.clip(x, 0, LARGE - 1))]
            stone = own * generator.normal(1, 0.1) + generator.normal(0, 9, 3)
            angle = slope + generator.normal(0, 0.06)
            corners = _square(x, y, side * generator.uniform(0.4, 0.44), angle)
            draw.polygon(corners, fill=tuple(stone.clip(0, 255).astype(int)))
            shine = tuple((stone + 32).clip(0, 255).astype(int))
            draw.line([corners[0], corners[1]], fill=shine, width=3)
    return finished(np.asarray(image, float) + generator.normal(0, 7, (LARGE, LARGE, 1)))


def _square(x: float, y: float, half: float, angle: float) -> Polygon:
    turns = angle + np.pi / 4 + np.arange(2, 6) * np.pi / 2
    reach = half * np.sqrt(2)
    return list(zip(x + reach * np.cos(turns), y + reach * np.sin(turns), strict=True))


def watercolour(seed: int = 5) -> Image.Image:
    """Return washes that overlap, run out unevenly, pool at their borders and leave paper between them."""
    generator = np.random.default_rng(seed)
    paper = np.full((LARGE, LARGE, 3), (250.0, 247, 239))
    grain = np.asarray(
        Image.fromarray(generator.integers(0, 256, (LARGE // 4, LARGE // 4), dtype=np.uint8))
        .resize((LARGE, LARGE), Image.Resampling.BICUBIC), float
    ) / 255  # fmt: skip
    for name, polygons in parts().items():
        pigment = np.array([int(AT_NOON[name][i : i + 2], 16) for i in (1, 3, 5)]) / 255
        covered = np.zeros((LARGE, LARGE))
        for polygon in polygons:
            for _ in range(3):
                covered += _wash(polygon, generator) / 3
        rim = (covered - np.asarray(_soft(covered, 10), float) / 255).clip(0)
        pools = 0.3 + 0.7 * cloudy(generator, 7) + 0.25 * cloudy(generator, 60)
        depth = covered * pools * (0.85 + 0.3 * grain) + 1.2 * rim
        # Near parts are opaque enough to hide what lies behind them, though never wholly.
        hidden = (covered * (0.0 if name == "sky" else 0.88))[..., None]
        paper = paper * (1 - hidden) + np.array([250.0, 247, 239]) * hidden
        paper *= pigment ** (1.25 * depth[..., None])
    return finished(paper + 10 * (grain[..., None] - 0.5))


def _wash(polygon: Polygon, generator: np.random.Generator) -> np.ndarray:
    """Return where one wash lies, 0 to 1: the polygon with a border that has run."""
    mask = Image.new("L", (LARGE, LARGE))
    centre = np.array(polygon).mean(0)
    inset = centre + (np.array(polygon) - centre) * generator.uniform(0.94, 1.0)
    ImageDraw.Draw(mask).polygon([tuple(point) for point in inset], fill=255)
    ragged = np.asarray(_soft(np.asarray(mask) / 255, 7), float) / 255
    uneven = 0.5 * cloudy(generator, 30) + 0.3 * cloudy(generator, 80) + 0.1
    return ((ragged - uneven) * 16 + 0.5).clip(0, 1)


def _soft(levels: np.ndarray, radius: float) -> Image.Image:
    return Image.fromarray((levels * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))


PRINTED = AT_NOON | {
    "sky": "#e9d9b4", "sun": "#cf4f35", "mountain": "#4d6b8c", "hill": "#8fa279", "lake": "#1f4a78",
    "field": "#d3b878", "path": "#ecdfbd", "wall": "#ecdfbd", "shade": "#b9a67e", "roof": "#6d7f86",
    "door": "#2f3a4a", "trunk": "#4a3b33", "crown": "#33584e", "light": "#5f8468",
}  # fmt: skip
"""Inks of the woodblock print."""


def woodblock(seed: int = 6) -> Image.Image:
    """Return flat inks that fade at the top as if wiped, with waves, dark outlines and the wood's grain."""
    generator = np.random.default_rng(seed)
    image = flat(PRINTED)
    _waves(image)
    levels = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), float)
    y, x = np.mgrid[0 : 1 : LARGE * 1j, 0 : 1 : LARGE * 1j]
    wiped = (1 - y / 0.22).clip(0, 1)[..., None] ** 1.3
    sky = (np.asarray(flat(dict.fromkeys(PRINTED, "#000000") | {"sky": "#ffffff"})) / 255) * wiped
    levels = levels * (1 - sky) + np.array([28.0, 62, 108]) * sky
    wood = np.sin(2 * np.pi * (34 * y + 1.6 * np.sin(2.2 * x + 1) + 2.2 * cloudy(generator, 5)))
    levels = levels + (4 * wood + 9 * (cloudy(generator, 90) - 0.5))[..., None]
    lines = np.asarray(outlines(PRINTED, 5), float)[..., None] / 255
    worn = lines * (0.8 + 0.2 * (cloudy(generator, 60) > 0.35))[..., None]
    return finished(levels * (1 - worn) + np.array([30.0, 36, 58]) * worn)


def _waves(image: Image.Image) -> None:
    """Draw the waves of the lake and the furrows of the field, and fade the mountain's snow."""
    draw = ImageDraw.Draw(image)
    flat_lake = np.asarray(image) == np.array([0x1F, 0x4A, 0x78])
    lake = Image.fromarray((flat_lake.all(2) * 255).astype(np.uint8))
    lines = Image.new("L", (LARGE, LARGE))
    pen = ImageDraw.Draw(lines)
    for y in range(int(0.54 * LARGE), int(0.68 * LARGE), 13):
        x = np.arange(-20, LARGE + 20, 6)
        pen.line(list(zip(x, y + 5 * np.abs(np.sin(x / 26 + y)), strict=True)), fill=255, width=3)
    image.paste("#e6ddc0", mask=ImageChops.multiply(lake, lines))
    for row in range(9):
        x = np.arange(-20, LARGE + 20, 8)
        y = LARGE * (0.75 + 0.035 * row) + 16 * np.sin(x / 150 + row / 3)
        draw.line(list(zip(x, y, strict=True)), fill="#a98a4e", width=3)
    for polygon in parts()["path"]:
        draw.polygon(polygon, fill=PRINTED["path"])


CUBIST = ("#6b5a45", "#a08a66", "#c9b48c", "#857a6b", "#5d6660", "#3d3a35", "#d8cbb0", "#8f6a45")
"""Ochres, greys and browns of analytic cubism."""


def cubist(seed: int = 7) -> Image.Image:
    """Return the landscape broken into facets, each shifted and shaded from one of its edges to the other."""
    generator = np.random.default_rng(seed)
    palette = np.array([[int(one[i : i + 2], 16) for i in (1, 3, 5)] for one in CUBIST], float)
    grey = lit(flat(AT_NOON)).mean(2)
    levels = np.zeros((LARGE, LARGE, 3))
    y, x = np.mgrid[0:LARGE, 0:LARGE]
    lines = Image.new("L", (LARGE, LARGE))
    for facet in _split(_scaled([(0, 0), (1, 0), (1, 1), (0, 1)]), generator, 7):
        mask = Image.new("L", (LARGE, LARGE))
        ImageDraw.Draw(mask).polygon(facet, fill=255)
        inside = np.nonzero(np.asarray(mask))
        if not len(inside[0]):
            continue
        turn = generator.uniform(0, 2 * np.pi)
        ramp = x[inside] * np.cos(turn) + y[inside] * np.sin(turn)
        ramp = (ramp - ramp.min()) / max(np.ptp(ramp), 1)
        shift = generator.integers(-90, 90, 2)
        seen = grey[(inside[0] + shift[0]).clip(0, LARGE - 1), (inside[1] + shift[1]).clip(0, LARGE - 1)]
        colour = palette[generator.integers(len(palette))]
        shade = 0.55 + 0.5 * ramp + 0.5 * (seen / 255 - 0.5)
        levels[inside] = colour * shade[:, None]
        ImageDraw.Draw(lines).line([*facet, facet[0]], fill=int(generator.integers(90, 230)), width=5)
    dark = np.asarray(lines.filter(ImageFilter.GaussianBlur(1.2)), float)[..., None] / 255
    strokes = 16 * (np.asarray(_dabs(generator), float)[..., None] / 255 - 0.5)
    return finished((levels + strokes) * (1 - dark) + np.array([38.0, 33, 28]) * dark)


def _split(polygon: Polygon, generator: np.random.Generator, depth: int) -> Iterator[Polygon]:
    """Yield the pieces of a convex polygon cut again and again, mostly along one of two diagonals."""
    if not depth or (depth < 3 and generator.random() < 0.25):
        yield polygon
        return
    points = np.array(polygon)
    middle = points.mean(0) + generator.normal(0, 25, 2)
    angle = generator.choice([0.5, 1.15, 2.0, 2.6, 1.57]) + generator.normal(0, 0.18)
    sides = (points - middle) @ np.array([-np.sin(angle), np.cos(angle)])
    one, other = [], []
    for i, (point, side) in enumerate(zip(points, sides, strict=True)):
        (one if side >= 0 else other).append(tuple(point))
        j = (i + 1) % len(points)
        if side * sides[j] < 0:
            cut = tuple(point + (points[j] - point) * side / (side - sides[j]))
            one.append(cut)
            other.append(cut)
    for piece in (one, other):
        if len(piece) > 2:
            yield from _split(piece, generator, depth - 1)


def _dabs(generator: np.random.Generator) -> Image.Image:
    """Return short brush strokes of random grey in one direction and another."""
    image = Image.new("L", (LARGE, LARGE), 128)
    draw = ImageDraw.Draw(image)
    for x, y in generator.integers(0, LARGE, (9000, 2)):
        angle = 0.3 if (x // 160 + y // 160) % 2 else 1.9
        reach = 22 * np.array([np.cos(angle), np.sin(angle)])
        grey = int(generator.integers(60, 200))
        draw.line([x - reach[0], y - reach[1], x + reach[0], y + reach[1]], fill=grey, width=9)
    return image


WILD = {
    "sky": ("#f3a6b8", "#7fd0c4", "#f6d7a0"), "sun": ("#fff06a", "#ff9d2e"),
    "mountain": ("#6a3fa0", "#2b59c3", "#d8457f"), "hill": ("#e2452f", "#f28c28", "#c9266b"),
    "lake": ("#12908e", "#2b59c3", "#f0f2e0"), "field": ("#f7c51e", "#8cc63f", "#f28c28"),
    "path": ("#f4a8c0", "#f7e9c8"), "wall": ("#fbf0d0", "#f3a6b8", "#9fd8e8"),
    "shade": ("#6a3fa0", "#2b59c3"),
    "roof": ("#d92b2b", "#ff6a2b"), "door": ("#1b3a6b", "#0f7a4f"), "trunk": ("#c2262e", "#3a2a7a"),
    "crown": ("#0f7a4f", "#1f9d55", "#12498a"), "light": ("#b6d433", "#f7c51e", "#35b37e"),
}  # fmt: skip
"""Unmixed colours of each part for the fauve, whatever it is in nature."""


def fauve(seed: int = 8) -> Image.Image:
    """Return broad separate strokes of unmixed colour on bare canvas, with blue contours."""
    generator = np.random.default_rng(seed)
    codes = {name: f"#{i:02x}0000" for i, name in enumerate(WILD)}
    where, slopes = np.asarray(flat(codes))[..., 0], angles()
    image = Image.new("RGB", (LARGE, LARGE), "#efe3c6")
    draw, pots = ImageDraw.Draw(image), list(WILD.values())
    for y, x in generator.integers(0, LARGE, (3600, 2)):
        pot = pots[where[y, x]]
        colour = pot[generator.choice(len(pot), p=_mostly_first(len(pot)))]
        fine = len(pot) == 2
        _stroke(draw, x, y, slopes[y, x] + generator.normal(0, 0.25), 14 if fine else 30, colour, generator)
    for name in ("mountain", "roof", "wall", "shade", "crown", "path"):
        for polygon in parts()[name]:
            for start in range(0, len(polygon), 6):
                stretch = (polygon + polygon[:1])[start : start + 7]
                draw.line(stretch, fill="#1a2f6e", width=int(generator.integers(6, 14)), joint="curve")
    canvas = 7 * np.sin(np.arange(LARGE) * np.pi / 3)
    bristles = generator.normal(0, 9, (LARGE, LARGE // 8)).repeat(8, 1)
    return finished(np.asarray(image, float) + (canvas[:, None] * 0.5 + canvas * 0.5 + bristles)[..., None])


def _mostly_first(count: int) -> list[float]:
    return [0.68, *[0.32 / (count - 1)] * (count - 1)]


def _stroke(
    draw: ImageDraw.ImageDraw, x: int, y: int, angle: float, width: int, colour: str,
    generator: np.random.Generator,
) -> None:  # fmt: skip
    """Draw one stroke with round ends that bends a little."""
    reach, bend = generator.uniform(1.0, 2.2) * width, generator.normal(0, 0.3)
    along = np.linspace(-1, 1, 9)
    turned = angle + bend * along
    path = np.stack([x + reach * along * np.cos(turned), y + reach * along * np.sin(turned)], 1)
    draw.line([tuple(point) for point in path], fill=colour, width=width, joint="curve")
    for end in (path[0], path[-1]):
        draw.ellipse([*(end - width / 2), *(end + width / 2)], fill=colour)


def logo() -> Image.Image:
    """Return an emblem in three flat colours on white: what people upload who have no photo."""
    image = Image.new("RGB", (LARGE, LARGE), "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.ellipse(_box(0.5, 0.5, 0.42), fill="#16324f")
    draw.ellipse(_box(0.5, 0.5, 0.36), fill="#ffffff")
    draw.ellipse(_box(0.5, 0.5, 0.335), fill="#e4572e")
    draw.polygon(
        _scaled([(0.24, 0.66), (0.43, 0.33), (0.55, 0.53), (0.62, 0.43), (0.76, 0.66)]), fill="#ffffff"
    )
    draw.polygon(_scaled([(0.43, 0.33), (0.36, 0.455), (0.43, 0.43), (0.5, 0.45)]), fill="#16324f")
    draw.rectangle([0.28 * LARGE, 0.7 * LARGE, 0.72 * LARGE, 0.735 * LARGE], fill="#ffffff")
    return finished(image)


def _box(x: float, y: float, radius: float) -> list[float]:
    return [LARGE * edge for edge in (x - radius, y - radius, x + radius, y + radius)]


DRAWN = {
    "pencil": pencil, "mosaic": mosaic, "watercolour": watercolour, "woodblock": woodblock, "cubist": cubist,
    "fauve": fauve, "logo": logo,
}  # fmt: skip
"""Drawings by name; the logo is a subject, the rest are styles."""


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "out/plain"), DRAWN)
