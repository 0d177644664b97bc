"""Animated GIF output with one global palette, chosen and dithered by FFmpeg's palettegen and paletteuse."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import IO, Any

import av
import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from PIL import Image

from impasto.media.libav import Sink

CLOCK = Fraction(1, 100)
"""Time base of GIF in seconds."""

SHORTEST = 2
"""Minimum duration of a frame in ticks; shorter ones are dropped, as browsers stretch one tick to 0.1 s."""

_FORM, _INDEXED, _PALETTE = "rgb24", "pal8", "bgra"
_LEVELS = 63
_COARSE = np.round(np.round(np.arange(256) / 255 * _LEVELS) * 255 / _LEVELS).astype(np.uint8)
"""Quantised levels for counting colours: palettegen keeps every colour it has seen, at most 64³ of these."""


Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Gif:
    """Write a GIF once all frames are known; until then they are kept, compressed, in a temporary file."""

    def __init__(self, file: IO[bytes], waiting: IO[bytes], size: tuple[int, int]) -> None:
        self._file, self._waiting, self._size = file, waiting, size
        self._begins: list[int] = []
        self._lengths: list[int] = []
        self._end = 0
        self._colours = Graph()
        source = _buffer(self._colours, size, _FORM)
        self._colours.link_nodes(
            source, self._colours.add("palettegen"), self._colours.add("buffersink")
        ).configure()

    def add(self, image: Image.Image, time: Fraction, duration: Fraction) -> None:
        """Count the colours of one more frame and store it."""
        begin, self._end = round(time / CLOCK), round((time + duration) / CLOCK)
        if self._begins and begin < self._begins[-1] + SHORTEST:
            return
        pixels = np.asarray(image)
        self._colours.vpush(self._frame(_COARSE[pixels], begin))
        data = zlib.compress(pixels.tobytes(), 1)
        self._waiting.write(data)
        self._begins.append(begin)
        self._lengths.append(len(data))

    def finish(self) -> None:
        """Choose the palette and write the file."""
        self._colours.vpush(None)
        graph = self._graph(self._colours.vpull())
        if len(self._begins) > 1 and self._end < self._begins[-1] + SHORTEST:
            self._begins.pop()  # too short: the one before lasts to the end
        last = max(SHORTEST, self._end - self._begins[-1])
        with av.open(Sink(self._file), "w", format="gif", options={"final_delay": str(last)}) as out:
            stream = out.add_stream(
                "gif",
                rate=1 / CLOCK,
                width=self._size[1],
                height=self._size[0],
                pix_fmt=_INDEXED,
                time_base=CLOCK,
            )
            for frame in self._indexed(graph):
                frame.time_base = CLOCK
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))

    def _graph(self, palette: av.VideoFrame) -> Graph:
        graph = Graph()
        frames = _buffer(graph, self._size, _FORM)
        colours = _buffer(graph, (palette.height, palette.width), palette.format.name)
        # Sierra dithering only where something moved: noise that changes everywhere compresses badly.
        use, sink = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle"), graph.add("buffersink")
        frames.link_to(use, 0, 0)
        colours.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        palette.pts, palette.time_base = 0, CLOCK
        colours.push(palette)
        colours.push(None)
        return graph

    def _indexed(self, graph: Graph) -> Iterator[av.VideoFrame]:
        self._waiting.seek(0)
        for begin, length in zip(self._begins, self._lengths, strict=False):
            data = zlib.decompress(self._waiting.read(length))
            pixels = np.frombuffer(data, np.uint8).reshape(*self._size, 3)
            graph.push(self._frame(pixels, begin), at=0)
            yield from _pulled(graph)
        graph.push(None)
        yield from _pulled(graph)

    def _frame(self, pixels: Pixels, begin: int) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(pixels, format=_FORM)
        frame.pts, frame.time_base = begin, CLOCK
        return frame


def _buffer(graph: Graph, size: tuple[int, int], form: str) -> FilterContext:
    return graph.add_buffer(height=size[0], width=size[1], format=av.VideoFormat(form), time_base=CLOCK)


def _pulled(graph: Graph) -> Iterator[av.VideoFrame]:
    """Yield the frames that a graph has ready."""
    with suppress(BlockingIOError, EOFError):
        while True:
            yield graph.vpull()
