"""Frames and sound into one file: MP4 and MOV with H.264, WebM with VP9, Matroska with H.264."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, cast

import av
from PIL import Image

from impasto.errors import OutputError
from impasto.media.libav import Sink
from impasto.media.sound import Sound
from impasto.media.yuv import BT709, ENCODED, LIMITED, Converter

CLOCK = 90_000
"""Ticks a second of MPEG, on which the times of usual rates and of phones lie exactly; finer where a rate's numerator asks."""

_FINEST_CLOCK = 10_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Kind:
    """A format of film: its name in libav, the encoder of its pictures, what that is told, where it has colours; sound it may hold."""

    form: str
    codec: str
    options: dict[str, str]
    siting: str
    sounds: frozenset[str]
    sound_codec: str
    form_options: dict[str, str]


# Without B-frames, which are stored in another order: MP4 keeps how long each stored frame lasts, and with them durations that
# vary would be those of other frames.
_H264 = {"crf": "18", "preset": "medium", "bf": "0"}
_VP9 = {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1"}
_MP4_SOUNDS = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_MOV_SOUNDS = _MP4_SOUNDS | {"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"}
_FAST = {"movflags": "+faststart"}

KINDS = {
    ".mp4": Kind("mp4", "libx264", _H264, "left", _MP4_SOUNDS | {"opus", "flac"}, "aac", _FAST),
    ".mov": Kind("mov", "libx264", _H264, "left", _MOV_SOUNDS, "aac", _FAST),
    ".webm": Kind("webm", "libvpx-vp9", _VP9, "center", frozenset({"opus", "vorbis"}), "libopus", {}),
    ".mkv": Kind(
        "matroska",
        "libx264",
        _H264,
        "left",
        _MOV_SOUNDS | {"opus", "vorbis", "flac", "mp2", "dts"},
        "aac",
        {},
    ),
}


def check_encoder(path: Path, size: tuple[int, int]) -> None:
    """Raise OutputError where this PyAV has no encoder for a file, or one that does not take frames of a height and width."""
    kind = KINDS[path.suffix.lower()]
    for name in (kind.codec, kind.sound_codec):
        try:
            av.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:
            others = ", ".join(
                end for end, other in KINDS.items() if name not in (other.codec, other.sound_codec)
            )
            raise OutputError(
                f"this PyAV has no encoder {name} for '{path}'; write {others} or .gif, or install PyAV with pip"
            ) from None
    codec = cast(av.VideoCodecContext, av.CodecContext.create(kind.codec, "w"))
    _describe(codec, size)
    codec.time_base = Fraction(1, 25)
    try:
        codec.open()
    except av.FFmpegError:
        raise OutputError(
            f"{kind.codec} takes no frames of {size[1]}x{size[0]} px; choose a smaller size, or PNG frames in a folder"
        ) from None


class Container:
    """A film that is written into a file frame by frame.

    Times lie on a clock of at least 90 kHz in MP4 and MOV; Matroska and WebM know milliseconds.
    """

    def __init__(
        self, file: IO[bytes], kind: Kind, size: tuple[int, int], rate: Fraction, comment: str
    ) -> None:
        self._kind = kind
        self._out = av.open(
            Sink(file), "w", format=kind.form, options=dict(kind.form_options), buffer_size=_BLOCK
        )
        if comment:
            self._out.metadata["comment"] = comment
        clock = math.lcm(CLOCK, rate.numerator)
        self._clock = Fraction(1, clock if clock <= _FINEST_CLOCK else CLOCK)
        self._stream = cast(
            av.VideoStream,
            self._out.add_stream(kind.codec, rate=rate, options=dict(kind.options), time_base=self._clock),
        )
        _describe(self._stream.codec_context, size)
        self._converter = Converter(size, kind.siting)
        self._durations: dict[int, int] = {}
        self._sound: Sound | None = None
        self._end = Fraction(0)

    def sound(self, clip: Path, start: Fraction) -> None:
        """Take the sound of a film from a time of its own clock on; to be called before the first frame."""
        self._sound = Sound(clip, start, self._out, self._kind.sounds, self._kind.sound_codec)

    def add(self, image: Image.Image, time: Fraction, duration: Fraction) -> None:
        """Encode one more frame, and write the sound up to its end."""
        frame = self._converter.frame(image)
        frame.time_base, frame.pts = self._clock, round(time / self._clock)
        self._durations[frame.pts] = round((time + duration) / self._clock) - frame.pts
        self._encode(frame)
        self._end = time + duration
        if self._sound is not None:
            self._sound.write_until(self._end)

    def finish(self) -> None:
        """Write what is left."""
        self._encode(None)
        if self._sound is not None:
            self._sound.finish(self._end)
        self.close()
        self._out.close()

    def close(self) -> None:
        """Let go of the film that the sound comes from."""
        if self._sound is not None:
            self._sound.close()

    def _encode(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            packet.duration = self._durations.pop(packet.pts or 0, 0)
            self._out.mux(packet)


def _describe(context: av.VideoCodecContext, size: tuple[int, int]) -> None:
    context.height, context.width = size
    context.pix_fmt = ENCODED
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED
