"""Muxing of frames and sound: MP4 and MOV with H.264, WebM with VP9, Matroska with H.264."""

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
"""Ticks per second (MPEG's clock); exact for common rates. Refined if the rate's numerator requires it."""

_FINEST_CLOCK = 10_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Kind:
    """A film format: libav's muxer, encoder with its options, chroma siting and accepted audio codecs."""

    form: str
    codec: str
    options: dict[str, str]
    siting: str
    sounds: frozenset[str]
    sound_codec: str
    form_options: dict[str, str]


# No B-frames: MP4 stores a duration per frame in decoding order, so variable durations would be attached to
# the wrong frames.
_H264 = {"crf": "18", "preset": "medium", "bf": "0"}
_VP9 = {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1"}
_MP4_SOUNDS = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_MOV_SOUNDS = _MP4_SOUNDS | {"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"}
_MKV_SOUNDS = _MOV_SOUNDS | {"opus", "vorbis", "flac", "mp2", "dts"}
_FAST = {"movflags": "+faststart"}

KINDS = {
    ".mp4": Kind("mp4", "libx264", _H264, "left", _MP4_SOUNDS | {"opus", "flac"}, "aac", _FAST),
    ".mov": Kind("mov", "libx264", _H264, "left", _MOV_SOUNDS, "aac", _FAST),
    ".webm": Kind("webm", "libvpx-vp9", _VP9, "center", frozenset({"opus", "vorbis"}), "libopus", {}),
    ".mkv": Kind("matroska", "libx264", _H264, "left", _MKV_SOUNDS, "aac", {}),
}


def check_encoder(path: Path, size: tuple[int, int]) -> None:
    """Raise OutputError if PyAV lacks the encoder for a file, or the encoder rejects the height and width."""
    kind = KINDS[path.suffix.lower()]
    for name in (kind.codec, kind.sound_codec):
        try:
            av.Codec(name, "w")
        except av.codec.codec.UnknownCodecError:
            others = ", ".join(
                end for end, other in KINDS.items() if name not in (other.codec, other.sound_codec)
            )
            raise OutputError(
                f"this PyAV has no encoder {name} for '{path}'; "
                f"write {others} or .gif, or install PyAV with pip"
            ) from None
    codec = cast(av.VideoCodecContext, av.CodecContext.create(kind.codec, "w"))
    _describe(codec, size)
    codec.time_base = Fraction(1, 25)
    try:
        codec.open()
    except av.FFmpegError:
        raise OutputError(
            f"{kind.codec} cannot encode frames of {size[1]}x{size[0]} px; "
            "choose a smaller size, or PNG frames in a folder"
        ) from None


class Container:
    """Write a film into a file frame by frame.

    The time base is 1/90,000 s or finer in MP4 and MOV, and 1/1000 s in Matroska and WebM.
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
        """Add the sound of a film from `start` on its own clock; call before the first frame."""
        self._sound = Sound(clip, start, self._out, self._kind.sounds, self._kind.sound_codec)

    def add(self, image: Image.Image, time: Fraction, duration: Fraction) -> None:
        """Encode one frame, and write the sound up to its end."""
        frame = self._converter.frame(image)
        frame.time_base, frame.pts = self._clock, round(time / self._clock)
        self._durations[frame.pts] = round((time + duration) / self._clock) - frame.pts
        self._encode(frame)
        self._end = time + duration
        if self._sound is not None:
            self._sound.write_until(self._end)

    def finish(self) -> None:
        """Flush the encoders and close the file."""
        self._encode(None)
        if self._sound is not None:
            self._sound.finish(self._end)
        self.close()
        self._out.close()

    def close(self) -> None:
        """Close the source of the sound."""
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
