"""A labelled grid of pictures: a contact sheet, or a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import combining, normalize

from PIL import Image, ImageDraw, ImageFont, features

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

GAP = 8
"""Pixels between two pictures, and around the grid."""

PAPER, EMPTY, NAME, WORDS = "#ffffff", "#e8e8e8", "#000000", "#404040"
"""Colours of the background, of an empty cell, of a name and of other caption text; contrast 10:1 or more."""

SMALLEST_FONT, LARGEST_FONT, CELLS_PER_FONT = 12, 40, 18
"""Bounds of the font size in pixels, and picture width per pixel of font size."""


class Cell(NamedTuple):
    """A picture (None for an empty cell), its name, and caption phrases, each kept on one line if it fits."""

    picture: Image.Image | None
    name: str = ""
    words: tuple[str, ...] = ()


def grid(rows: Sequence[Sequence[Cell]], *, size: tuple[int, int] = (0, 0)) -> Image.Image:
    """Draw rows of captioned cells; a column is as wide as its widest picture, a row as high as its highest.

    `size` is the minimum width and height of a cell.
    """
    columns = max(map(len, rows))
    widths = [max([size[0], *(_size(row[j])[0] for row in rows if j < len(row))]) for j in range(columns)]
    heights = [max([size[1], *(_size(cell)[1] for cell in row)]) for row in rows]
    font = _font(min(widths))
    captions = [[_lines(cell, font, width) for cell, width in zip(row, widths, strict=False)] for row in rows]
    line = sum(_metrics(font))
    below = [max(map(len, row)) * line for row in captions]
    width = sum(widths) + GAP * (columns + 1)
    height = sum(heights) + sum(below) + GAP * (len(rows) + 1)
    canvas = Image.new("RGB", (width, height), PAPER)
    top = GAP
    for i, row in enumerate(rows):
        left = GAP
        for j, cell in enumerate(row):
            _draw(canvas, cell, captions[i][j], font, (left, top, widths[j], heights[i]))
            left += widths[j] + GAP
        top += heights[i] + below[i] + GAP
    return canvas


def _size(cell: Cell) -> tuple[int, int]:
    return cell.picture.size if cell.picture else (0, 0)


def _font(width: int) -> Font:
    return letters(min(LARGEST_FONT, max(SMALLEST_FONT, round(width / CELLS_PER_FONT))))


def letters(size: int) -> Font:
    """Return Pillow's default font, at a size in pixels if FreeType is available."""
    # Without FreeType, Pillow has one small bitmap font of fixed size.
    return ImageFont.load_default(size) if features.check("freetype2") else ImageFont.load_default()


def _metrics(font: Font) -> tuple[int, int]:
    """Return the ascent and descent of a font."""
    return font.getmetrics() if isinstance(font, ImageFont.FreeTypeFont) else (font.getbbox("Ag")[3], 2)


def _lines(cell: Cell, font: Font, width: int) -> list[str]:
    """Wrap a caption into lines of at most `width`; the first begins with the cell's name."""
    lines: list[str] = []
    for text in filter(None, (cell.name, *cell.words)):
        piece = _drawable(text, font)
        joined = f"{lines[-1]}   {piece}" if lines else piece
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(_shortened(piece, font, width))
    return lines


def _drawable(text: str, font: Font) -> str:
    """Return a text on one line, limited to characters that the font has: the bitmap font is Latin-1 only."""
    # Pillow's own font has no letters with accents, and draws boxes for them.
    parts = (c for c in normalize("NFD", text) if not combining(c))
    plain = "".join(c if c.isprintable() else "?" for c in parts)
    if isinstance(font, ImageFont.FreeTypeFont):
        return plain
    return plain.encode("latin-1", "replace").decode("latin-1")


def _shortened(text: str, font: Font, width: int) -> str:
    """Return a text, its middle elided if it is wider than `width`."""
    kept, shown, left_out = len(text), text, "…" if isinstance(font, ImageFont.FreeTypeFont) else ".."
    while kept > 1 and font.getlength(shown) > width:
        kept -= 1
        shown = f"{text[: kept - kept // 2]}{left_out}{text[len(text) - kept // 2 :]}"
    return shown


def _draw(
    canvas: Image.Image, cell: Cell, lines: Sequence[str], font: Font, box: tuple[int, int, int, int]
) -> None:
    left, top, width, height = box
    if cell.picture:
        inner_width, inner_height = cell.picture.size
        corner = (left + (width - inner_width) // 2, top + (height - inner_height) // 2)
        canvas.paste(_opaque(cell.picture), corner)
    else:
        canvas.paste(EMPTY, (left, top, left + width, top + height))
    pen, line = ImageDraw.Draw(canvas), sum(_metrics(font))
    for i, text in enumerate(lines):
        pen.text((left, top + height + i * line), text, fill=WORDS, font=font)
    if lines and cell.name:
        pen.text((left, top + height), cell.name, fill=NAME, font=font)


def _opaque(picture: Image.Image) -> Image.Image:
    """Return a picture composited onto the background."""

    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, PAPER)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground
