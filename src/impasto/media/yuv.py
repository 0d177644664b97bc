"""Conversion between decoded frames and sRGB images by swscale.

The transfer functions of BT.709, BT.601 and sRGB are treated as equal, as in players.
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
"""Background of transparent parts of a film."""

ENCODED = "yuv420p"
"""Pixel format supported by every player; requires even sides."""

BT709, BT601, LIMITED, FULL = 1, 5, 1, 2
"""libav's constants for matrices and ranges."""

_MATRICES = {BT709: BT709, 4: 4, 5: BT601, 6: BT601, 7: 7, 9: 9, 10: 9}
"""swscale's matrix for a frame's; for others it is guessed from the frame's size."""

_HD = (1280, 577)
"""Width or height from which an untagged film is taken as BT.709, else BT.601; as in mpv."""

_BICUBIC, _EXACT, _FULL_CHROMA = 0x4, 0x40000, 0x2000 | 0x4000
SHARP = _BICUBIC | _EXACT | _FULL_CHROMA
"""swscale flags; the default shares chroma between pairs of lines."""

_TURNS = {
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}
"""Pillow's operation for a display matrix, a b c d of x' = ax + cy and y' = bx + dy."""

_SIDEWAYS = frozenset(
    {
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
    }
)


def turn_of(frame: VideoFrame) -> Image.Transpose | None:
    """Return how the display matrix of a film's first frame rotates or mirrors all of its frames.

    Call it once only: in PyAV a frame and its side data reference each other, which delays their release.
    """
    try:
        side: Mapping[str, Any] = frame.side_data
        matrix = struct.unpack("=9i", bytes(side["DISPLAYMATRIX"]))
    except (KeyError, struct.error):
        return None
    largest = max(abs(matrix[i]) for i in (0, 1, 3, 4)) or 1
    return _TURNS.get(tuple(round(matrix[i] / largest) for i in (0, 1, 3, 4)))


def upright_size(frame: VideoFrame, aspect: Fraction | None, turn: Image.Transpose | None) -> tuple[int, int]:
    """Return height and width of a decoded frame once it is upright with square pixels.

    `aspect` is its pixel aspect ratio, width to height. The shorter side grows, so that no line is lost.
    """
    height, width = _square(frame, aspect)
    return (width, height) if turn in _SIDEWAYS else (height, width)


def has_alpha(frame: VideoFrame) -> bool:
    """Tell whether a decoded frame may have transparent parts."""
    return any(part.is_alpha for part in frame.format.components)


def to_image(frame: VideoFrame, size: tuple[int, int], turn: Image.Transpose | None) -> Image.Image:
    """Convert a decoded frame to an upright 8-bit sRGB image of the size from `upright_size`."""
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
    """Convert sRGB images of a height and width to 4:2:0 frames for an encoder, BT.709 in limited range.

    `siting` is the chroma location: `left`, as in H.264, or `center`. It uses a swscale filter, as PyAV's
    reformat only supports `center`, which would shift chroma by half a pixel.
    """

    def __init__(self, size: tuple[int, int], siting: str) -> None:
        from av import VideoFormat
        from av.filter import Graph

        scaling = (
            f"out_color_matrix=bt709:out_range=limited:out_chroma_loc={siting}:"
            "flags=bicubic+accurate_rnd+full_chroma_inp"
        )
        self._graph = graph = Graph()
        source = graph.add_buffer(
            height=size[0], width=size[1], format=VideoFormat("rgb24"), time_base=Fraction(1)
        )
        graph.link_nodes(
            source, graph.add("scale", scaling), graph.add("format", ENCODED), graph.add("buffersink")
        ).configure()

    def frame(self, image: Image.Image) -> VideoFrame:
        """Convert one image to a frame, tagged with its colour space."""
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
    if aspect < 1:
        return round(frame.height / aspect), frame.width
    return frame.height, round(frame.width * aspect)
