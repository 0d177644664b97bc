"""Synthetic clips: the brightness of a frame is its number, to check order, times and colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from impasto.media.clip import Frame

SIZE = (48, 64)
STEP = 4
"""Levels between two frames, well above what an encoder changes."""


def numbered(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    return Image.new("RGB", size[::-1], (20 + STEP * number,) * 3)


def numbers(frames: Iterable[Frame]) -> list[int]:
    return [round((float(np.asarray(frame.image).mean()) - 20) / STEP) for frame in frames]


def plain(y: int, u: int, v: int, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    """A picture of one colour, in the numbers of its encoder."""
    height, width = size
    planes = [np.full(height * width, y), np.full(height * width // 4, u), np.full(height * width // 4, v)]
    return av.VideoFrame.from_ndarray(
        np.concatenate(planes).astype(np.uint8).reshape(-1, width), format="yuv420p"
    )


def clip(
    path: Path,
    ticks: Sequence[int] = range(25),
    *,
    base: Fraction = Fraction(1, 25),
    codec: str = "libx264",
    form: str = "yuv420p",
    options: dict[str, str] | None = None,
    size: tuple[int, int] = SIZE,
    turned: tuple[int, bool] | None = None,
    pictures: Sequence[av.VideoFrame] = (),
    voice: str = "",
    **context: Any,
) -> Path:
    """Write numbered frames, or other pictures, at ticks of a time base; `voice` is an encoder for sound."""
    with av.open(
        str(path), "w", options={"movflags": "faststart"} if path.suffix in (".mp4", ".mov") else {}
    ) as out:
        sound = out.add_stream(voice, rate=48_000, layout="mono") if voice else None
        stream = out.add_stream(codec, rate=1 / base, options=options or {}, time_base=base)
        stream.height, stream.width = size
        stream.pix_fmt = form
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        if turned:
            stream.set_display_rotation(turned[0], hflip=turned[1])
        if sound is not None:
            for frame in hum(float((ticks[-1] + 1 - ticks[0]) * base), float(ticks[0] * base)):
                out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
        for i, tick in enumerate(ticks):
            picture = pictures[i] if pictures else av.VideoFrame.from_image(numbered(i, size))
            picture.pts, picture.time_base = tick, base
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def voice_at(time: np.ndarray) -> np.ndarray:
    """Return low noise that alternates every quarter of a second and gets louder; `time` begins at 0."""
    noise = np.convolve(np.random.default_rng(0).uniform(-1, 1, len(time)), np.full(32, 0.2), "same")
    return (noise * (time * 4 % 2 < 1) * 0.05 * (1 + time)).astype(np.float32)


def hum(seconds: float, start: float = 0) -> Iterable[av.AudioFrame]:
    samples = voice_at(np.arange(round(seconds * 48_000)) / 48_000)
    for at in range(0, len(samples), 1000):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1000], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = (
            48_000,
            at + round(start * 48_000),
            Fraction(1, 48_000),
        )
        yield frame


def packets(path: Path) -> list[tuple[int, int]]:
    """Where the pictures' packets lie in a file, and how long they are."""
    with av.open(str(path)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]


def damage(path: Path, number: int) -> Path:
    """Overwrite most of one picture's packet."""
    at, length = packets(path)[number]
    data = bytearray(path.read_bytes())
    garbage = np.random.default_rng(1).bytes(length)
    data[at + length // 10 : at + length] = garbage[length // 10 :]
    path.write_bytes(data)
    return path
