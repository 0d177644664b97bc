"""Decoded pictures as upright sRGB in square pixels, and sRGB as pictures for an encoder, by swscale.

The numbers of BT.709, BT.601 and sRGB are taken as one and the same, as players do: their tone curves are not converted
into each other.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from av import VideoFrame

PAPER = "#ffffff"
"""What shows through transparent parts of a film."""

ENCODED = "yuv420p"
"""The form that every player plays; it needs sides that are even."""

BT709, BT601, LIMITED, FULL = 1, 5, 1, 2
"""Numbers of libav for the matrices and ranges."""

_MATRICES = {BT709: BT709, 4: 4, 5: BT601, 6: BT601, 7: 7, 9: 9, 10: 9}
"""A frame's matrix as swscale counts them; those it lacks are taken for what the frame's size says."""

_HD = (1280, 577)
"""Width or height from which a film that names no matrix is BT.709, else BT.601; mpv goes by the same."""

_BICUBIC, _EXACT, _FULL_CHROMA = 0x4, 0x40000, 0x2000 | 0x4000
SHARP = _BICUBIC | _EXACT | _FULL_CHROMA
"""Flags of swscale, whose default takes each second line's colour for the next."""

_TURNS = {
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}
"""A display matrix, a b c d of x' = ax + cy and y' = bx + dy, as Pillow says it."""

_SIDEWAYS = frozenset(
    {
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
    }
)


def turn_of(frame: VideoFrame) -> Image.Transpose | None:
    """Return how the display matrix of a film, which comes with its first picture, turns or mirrors the others.

    Not to be asked of each: PyAV lets a picture and its side data hold each other, so they stay until they are collected.
    """
    try:
        side: Mapping[str, Any] = frame.side_data
        matrix = struct.unpack("=9i", bytes(side["DISPLAYMATRIX"]))
    except (KeyError, struct.error):
        return None
    largest = max(abs(matrix[i]) for i in (0, 1, 3, 4)) or 1
    return _TURNS.get(tuple(round(matrix[i] / largest) for i in (0, 1, 3, 4)))


def upright_size(frame: VideoFrame, aspect: Fraction | None, turn: Image.Transpose | None) -> tuple[int, int]:
    """Return height and width of a decoded picture when it is turned upright and its pixels, of an aspect (width to height), are square.

    The side that is too short grows, so that no line is lost.
    """
    height, width = _square(frame, aspect)
    return (width, height) if turn in _SIDEWAYS else (height, width)


def has_alpha(frame: VideoFrame) -> bool:
    """Tell whether a decoded picture may have transparent parts."""
    return any(part.is_alpha for part in frame.format.components)


def to_image(frame: VideoFrame, size: tuple[int, int], turn: Image.Transpose | None) -> Image.Image:
    """Return a decoded picture, turned, as 8-bit sRGB of a height and width that `upright_size` gave, by its own matrix and range."""
    height, width = size[::-1] if turn in _SIDEWAYS else size
    alpha = has_alpha(frame)
    luma = not frame.format.is_rgb and len(frame.format.components) >= 3
    full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
    hd = frame.width >= _HD[0] or frame.height >= _HD[1]
    rgb = frame.reformat(
        width,
        height,
        "rgba" if alpha else "rgb24",
        src_colorspace=_MATRICES.get(frame.colorspace, BT709 if hd else BT601) if luma else None,
        src_color_range=(FULL if full else LIMITED) if luma else None,
        dst_color_range=FULL,
        interpolation=SHARP,
    )
    image = Image.fromarray(rgb.to_ndarray())
    if alpha:
        image = Image.alpha_composite(Image.new("RGBA", image.size, PAPER), image).convert("RGB")
    return image if turn is None else image.transpose(turn)


class Converter:
    """sRGB images of a height and width as pictures for an encoder: BT.709 in limited range, a colour for each two by two pixels.

    The colour lies between the left two of them (`left`, as H.264 has it) or amid all four (`center`). It is swscale as a
    filter: PyAV's own call knows no place but the middle, and put colours half a pixel off.
    """

    def __init__(self, size: tuple[int, int], siting: str) -> None:
        from av import VideoFormat
        from av.filter import Graph

        told = f"out_color_matrix=bt709:out_range=limited:out_chroma_loc={siting}:flags=bicubic+accurate_rnd+full_chroma_inp"
        self._graph = graph = Graph()
        source = graph.add_buffer(
            height=size[0], width=size[1], format=VideoFormat("rgb24"), time_base=Fraction(1)
        )
        graph.link_nodes(
            source, graph.add("scale", told), graph.add("format", ENCODED), graph.add("buffersink")
        ).configure()

    def frame(self, image: Image.Image) -> VideoFrame:
        """Return one image as a picture, tagged as what it is."""
        from av import VideoFrame

        frame = VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
        frame.pts, frame.time_base = None, Fraction(1)
        self._graph.vpush(frame)
        result = self._graph.vpull()
        result.colorspace = result.color_primaries = result.color_trc = BT709
        result.color_range = LIMITED
        return result


def _square(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    if not aspect or not Fraction(1, 16) < aspect < 16:
        return frame.height, frame.width
    return (
        (round(frame.height / aspect), frame.width)
        if aspect < 1
        else (frame.height, round(frame.width * aspect))
    )
