"""Soundtrack of an output film: packets are copied if the container supports their codec, else re-encoded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import cast

import av
from av import AudioFrame, AudioStream, Packet
from av.container import OutputContainer

from impasto.media.libav import opened, packets_of, sound_of

HERTZ = 48_000
"""Sample rate of re-encoded sound; every encoder supports it."""

BITS = 192_000
"""Bits per second of re-encoded sound."""

MARGIN = 1
"""Seconds before the span at which reading begins."""

_BLOCK = 1024
_STEADY = {"async": "1", "first_pts": "0"}
"""aresample options: fill gaps with silence and cut what precedes the span, so sample numbers are times."""


class Sound:
    """The soundtrack of a film from `start` on its own clock, interleaved with the frames of another film."""

    def __init__(
        self, path: Path, start: Fraction, out: OutputContainer, held: frozenset[str], codec: str
    ) -> None:
        self._start, self._out, self._stack = start, out, ExitStack()
        self._input = self._stack.enter_context(opened(path))
        self._source = source = cast(AudioStream, sound_of(self._input))
        if start > MARGIN:
            with suppress(av.FFmpegError):  # a format without seeking is read from the start
                self._input.seek(int((start - MARGIN) * 1_000_000))
        if source.codec_context.codec.canonical_name in held and _can_be_copied(source, out.format.name):
            self._packets = self._copied(out.add_stream_from_template(source))
        else:
            layout = "mono" if source.layout.nb_channels == 1 else "stereo"
            stream = out.add_stream(codec, rate=HERTZ, layout=layout, bit_rate=BITS)
            self._packets = self._encoded(cast(AudioStream, stream))
        self._held: Packet[AudioStream] | None = None

    def write_until(self, time: Fraction) -> None:
        """Write the packets that end by a time, in seconds from the start."""
        packet = next(self._packets, None) if self._held is None else self._held
        while packet is not None and ((packet.pts or 0) + (packet.duration or 0)) * packet.time_base <= time:
            self._mux(packet)
            packet = next(self._packets, None)
        self._held = packet

    def finish(self, time: Fraction) -> None:
        """Write the packet that plays at the end of the film, its duration cut: packets cannot be split."""
        self.write_until(time)
        if self._held is not None and (left := int(time / self._held.time_base) - (self._held.pts or 0)) > 0:
            self._held.duration = left
            self._mux(self._held)

    def _mux(self, packet: Packet[AudioStream]) -> None:
        with suppress(av.error.InvalidDataError):  # skip damaged packets
            self._out.mux(packet)

    def close(self) -> None:
        """Close the source file."""
        self._packets.close()
        self._stack.close()

    def _copied(self, target: AudioStream) -> Generator[Packet[AudioStream]]:
        last = -1
        for packet in self._sent():
            pts = packet.dts if packet.pts is None else packet.pts
            if pts is None:
                continue
            packet.pts = packet.dts = pts - round(self._start / packet.time_base)
            if packet.pts > last:  # decreasing times are damaged, and rejected by muxers
                last, packet.stream = packet.pts, target
                yield packet

    def _encoded(self, target: AudioStream) -> Generator[Packet[AudioStream]]:
        context = target.codec_context
        steady = av.AudioResampler(context.format, context.layout, HERTZ, _BLOCK, _STEADY)
        for frame in chain(self._decoded(), [None]):
            for block in steady.resample(frame):
                yield from target.encode(block)
        yield from target.encode(None)

    def _decoded(self) -> Iterator[AudioFrame]:
        for packet in self._sent(flush=True):
            with suppress(av.FFmpegError):  # undecodable parts become silence
                for frame in packet.decode():
                    if frame.pts is None or frame.time_base is None:
                        continue
                    frame.pts -= round(self._start / frame.time_base)
                    if frame.pts + Fraction(frame.samples, frame.sample_rate) / frame.time_base > 0:
                        yield frame

    def _sent(self, flush: bool = False) -> Iterator[Packet[AudioStream]]:
        with suppress(av.FFmpegError):  # a truncated file has less sound
            for packet in packets_of(self._input, self._source):
                if packet.size or flush:
                    yield packet


def _can_be_copied(source: AudioStream, form: str) -> bool:
    """Tell by trial whether a container accepts a stream: a damaged one may lack data for the header."""
    try:
        with av.open(BytesIO(), "w", format=form) as trial:
            trial.add_stream_from_template(source)
            trial.start_encoding()
    except (av.FFmpegError, ValueError):
        return False
    return True
