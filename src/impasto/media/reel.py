"""One pass over a film's packets: decoded frames, their times, and losses."""

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
"""Fraction of a frame's duration within which a packet without a frame belongs to its neighbour.

Such as a second field, or a frame that is never shown.
"""

JUMP = 1
"""Backward jump of times in seconds that means a new clock, as in joined recordings, not a reordering."""

MARGIN = 1
"""Seconds before the wanted time at which to start: seeking goes by decoding times, not display times."""

Picture = Shown["VideoFrame"]


class Reel:
    """One pass over the frames of a film from about a time, or its start; times count from its first frame.

    After the last frame, `cut` tells whether the file is truncated, and `lost` whether the pass's start is
    unknown.
    """

    def __init__(self, path: Path, facts: Facts, since: Fraction | None = None) -> None:
        self.cut, self.lost = False, False
        self._path, self._facts, self._since = path, facts, since
        self._usual = 1 / facts.rate
        self._sent: dict[Fraction, bool] = {}  # display times of packets, and whether decoding failed
        self._untimed = 0  # failed packets whose time is unknown
        self._last: Picture | None = None
        self._shift = -facts.origin
        self._reached = Fraction(0)

    def shots(self) -> Iterator[Picture]:
        """Yield the frames in order; each lasts until the next, so there are no gaps."""
        held: Picture | None = None
        for shot in self._placed():
            if held is not None and shot.time > held.time:
                yield replace(held, duration=shot.time - held.time)
                held = shot
            else:  # two frames at the same time: the first is never seen
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
        stream.thread_type = "SLICE"  # frame threading would report errors at the wrong packet
        if self._since is not None and stream.time_base:
            with suppress(av.FFmpegError):  # a format without seeking is read from the start
                since = self._facts.origin + self._since - MARGIN
                container.seek(int(since / stream.time_base), stream=stream)
        incomplete: set[int] = set()  # streams whose last packet is incomplete
        try:
            for packet in packets_of(container):
                self._note_end(packet)
                if packet.size:
                    (incomplete.add if packet.is_corrupt else incomplete.discard)(packet.stream.index)
                if packet.stream.index == stream.index:  # flush packets have no index themselves
                    yield from self._decoded(packet)
        except av.FFmpegError:
            self.cut = True
            yield from self._decoded(None, stream)
        self.cut |= bool(incomplete) or is_cut_off(self._path, container.format.name)
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
            self._untimed += 1  # it may have swallowed another
        try:
            frames: list[VideoFrame] = stream.decode(None) if packet is None else packet.decode()
        except av.error.MemoryError:
            raise
        except av.FFmpegError:
            if time is not None:
                self._sent[time] = True
            elif packet is not None and packet.size:
                self._untimed += 1
            return []
        return frames

    def _with_losses(self, frame: VideoFrame) -> Iterator[Picture]:
        """Place a decoded frame in time, after replacements for lost frames before it."""
        time = self._time_of(frame)
        if self._last is not None:
            yield from self._losses(before=time)
        duration = self._usual
        if frame.duration and frame.time_base:
            duration = Fraction(frame.duration * frame.time_base)
        self._sent = {at: failed for at, failed in self._sent.items() if at + self._shift > time}
        if frame.is_corrupt and self._last is not None:
            self._last = Shown(self._last.image, time, duration, damaged=True)
        else:
            self._last = Shown(frame, time, duration, damaged=frame.is_corrupt)
        yield self._last

    def _losses(self, before: Fraction | None) -> Iterator[Picture]:
        """Yield the last frame again in place of each lost one, up to a time or to the end."""
        assert self._last is not None
        far = NEAR * self._usual
        for at, failed in sorted(self._sent.items()):
            time = at + self._shift
            if time <= self._last.time or (before is not None and time >= before):
                continue
            lonely = time - self._last.time >= far and (before is None or before - time >= far)
            if failed or lonely:
                yield self._again(time)
        while self._untimed and before is not None and before - self._last.time >= self._usual + far:
            self._untimed -= 1
            yield self._again(self._last.time + self._usual)

    def _again(self, time: Fraction) -> Picture:
        assert self._last is not None
        self._last = Shown(self._last.image, time, self._usual, damaged=True)
        return self._last

    def _time_of(self, frame: VideoFrame) -> Fraction:
        """Return when a frame is shown; one without a timestamp follows the one before."""
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
    """Return the declared end of picture and sound, else that of the container, perhaps of its chapters."""
    streams = [*moving(container), *container.streams.audio]
    ends = [
        ((stream.start_time or 0) + stream.duration) * stream.time_base
        for stream in streams
        if stream.duration and stream.time_base
    ]
    if ends or container.duration is None:
        return max(ends, default=Fraction(0))
    return Fraction(container.duration + (container.start_time or 0), 1_000_000)
