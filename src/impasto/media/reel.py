"""One pass over a film's packets: its pictures as decoded, when each is shown, and what was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.media.ending import is_cut_off
from impasto.media.libav import moving, opened, packets_of, video_of
from impasto.media.moments import Shown
from impasto.media.probe import Facts

if TYPE_CHECKING:
    from av import Packet, VideoFrame
    from av.container import InputContainer

NEAR = Fraction(3, 5)
"""Usual durations within which a packet that gave no picture belongs to its neighbour: a second field, a picture never to be shown."""

JUMP = 1
"""Seconds by which times must fall for it to be another clock, as where recordings were joined, and no disorder."""

MARGIN = 1
"""Seconds before a wanted time at which reading begins: key frames are found by when they are decoded, not by when they are shown."""

Picture = Shown["VideoFrame"]


class Reel:
    """A pass over the pictures of a film from about a time on, or from its beginning; times are seconds from its first picture.

    `cut` says after the last one whether the file ended early; `lost`, whether it could not be told where the pass began.
    """

    def __init__(self, path: Path, facts: Facts, since: Fraction | None = None) -> None:
        self.cut, self.lost = False, False
        self._path, self._facts, self._since = path, facts, since
        self._usual = 1 / facts.rate
        self._sent: dict[
            Fraction, bool
        ] = {}  # when a packet's picture should be shown, and whether decoding it failed
        self._astray = 0  # packets that could not be read or decoded, and of which the time is not known
        self._last: Picture | None = None
        self._shift = -facts.origin
        self._reached = Fraction(0)

    def shots(self) -> Iterator[Picture]:
        """Yield the pictures in order; the duration of each reaches to the next, so that there is no gap between two."""
        held: Picture | None = None
        for shot in self._placed():
            if held is not None and shot.time > held.time:
                yield replace(held, duration=shot.time - held.time)
                held = shot
            else:  # two at one time: the first is never seen
                held = shot if held is None else replace(shot, time=held.time)
        if held is not None:
            yield held

    def _placed(self) -> Iterator[Picture]:
        with opened(self._path) as container:
            for picture in self._pictures(container):
                yield from self._with_losses(picture)
            if self._last is not None:
                yield from self._losses(before=None)

    def _pictures(self, container: InputContainer) -> Iterator[VideoFrame]:
        import av

        stream = video_of(container, self._path)
        stream.thread_type = "SLICE"  # whole frames at once would tell of a damaged one at the wrong packet
        if self._since is not None and stream.time_base:
            with suppress(av.FFmpegError):  # a format that cannot be wound is read from the beginning
                container.seek(
                    int((self._facts.origin + self._since - MARGIN) / stream.time_base), stream=stream
                )
        halved: set[int] = set()  # streams of which the last packet is not all there
        try:
            for packet in packets_of(container):
                self._note_end(packet)
                if packet.size:
                    (halved.add if packet.is_corrupt else halved.discard)(packet.stream.index)
                if (
                    packet.stream.index == stream.index
                ):  # the last, which asks for what is left, has no number of its own
                    yield from self._decoded(packet)
        except av.FFmpegError:
            self.cut = True
            yield from self._decoded(None, stream)
        self.cut |= bool(halved) or is_cut_off(self._path, container.format.name)
        if self._last is not None:
            self.cut |= self._reached < _end_of(container) - 2 * self._usual - Fraction(1, 10)

    def _note_end(self, packet: Packet[Any]) -> None:
        at = packet.dts if packet.pts is None else packet.pts
        if at is not None and packet.size:
            self._reached = max(self._reached, (at + (packet.duration or 0)) * packet.time_base)

    def _decoded(self, packet: Packet[Any] | None, stream: Any = None) -> list[VideoFrame]:
        import av

        time = None
        if packet is not None and packet.size and packet.pts is not None and not packet.is_discard:
            time = packet.pts * packet.time_base
            self._sent[time] = False
        if packet is not None and packet.is_corrupt:
            self._astray += 1  # it may have swallowed another
        try:
            frames: list[VideoFrame] = stream.decode(None) if packet is None else packet.decode()
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            if time is not None:
                self._sent[time] = True
            elif packet is not None and packet.size:
                self._astray += 1
            return []
        return frames

    def _with_losses(self, frame: VideoFrame) -> Iterator[Picture]:
        """Place a decoded picture in time, after what should have come before it and did not."""
        time = self._time_of(frame)
        if self._last is not None:
            yield from self._losses(before=time)
        duration = (
            Fraction(frame.duration * frame.time_base) if frame.duration and frame.time_base else self._usual
        )
        self._sent = {at: failed for at, failed in self._sent.items() if at + self._shift > time}
        if frame.is_corrupt and self._last is not None:
            self._last = Shown(self._last.image, time, duration, damaged=True)
        else:
            self._last = Shown(frame, time, duration, damaged=frame.is_corrupt)
        yield self._last

    def _losses(self, before: Fraction | None) -> Iterator[Picture]:
        """Yield the picture before in the place of each that a packet should have given, up to a time or to the end."""
        assert self._last is not None
        far = NEAR * self._usual
        for at, failed in sorted(self._sent.items()):
            time = at + self._shift
            if time <= self._last.time or (before is not None and time >= before):
                continue
            lonely = time - self._last.time >= far and (before is None or before - time >= far)
            if failed or lonely:
                yield self._again(time)
        while self._astray and before is not None and before - self._last.time >= self._usual + far:
            self._astray -= 1
            yield self._again(self._last.time + self._usual)

    def _again(self, time: Fraction) -> Picture:
        assert self._last is not None
        self._last = Shown(self._last.image, time, self._usual, damaged=True)
        return self._last

    def _time_of(self, frame: VideoFrame) -> Fraction:
        """Return when a picture is shown; one without a time follows the one before."""
        pts = frame.dts if frame.pts is None else frame.pts
        after = Fraction(0) if self._last is None else self._last.time + self._usual
        if pts is None or not frame.time_base:
            self.lost |= self._last is None and self._since is not None
            return after
        time = Fraction(pts * frame.time_base) + self._shift
        if self._last is not None and time < self._last.time - JUMP:
            self._shift += after - time
            self._sent.clear()
            return after
        return time


def _end_of(container: InputContainer) -> Fraction:
    """Return when pictures and sound should end, as far as they say that themselves; else the container's end, which may be that of its chapters."""
    streams = [*moving(container), *container.streams.audio]
    ends = [
        ((stream.start_time or 0) + stream.duration) * stream.time_base
        for stream in streams
        if stream.duration and stream.time_base
    ]
    if ends or container.duration is None:
        return max(ends, default=Fraction(0))
    return Fraction(container.duration + (container.start_time or 0), 1_000_000)
