"""Facts known about a film before it is read: from its header and its first frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from impasto.errors import PictureError, SettingsError
from impasto.media.libav import moving, opened, packets_of, sound_of, video_of
from impasto.media.moments import seconds_of
from impasto.media.yuv import PAPER, has_alpha, turn_of, upright_size

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

USUAL = Fraction(25)
"""Default frames per second, if neither the file nor its packets specify a rate."""

_HDR = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class Facts:
    """Height and width, frame rate, duration in seconds, frame count if known, sound, and timing.

    `origin` is the timestamp of the first frame in seconds; `clocked` tells whether that frame had one;
    `turn` is the rotation or mirroring that makes frames upright.
    """

    size: tuple[int, int]
    rate: Fraction
    seconds: Fraction
    count: int | None
    sound: bool = False
    origin: Fraction = Fraction(0)
    clocked: bool = False
    turn: Image.Transpose | None = None
    notes: tuple[str, ...] = ()


def probe(path: Path) -> Facts:
    """Read the facts of a film; raises PictureError if no frame can be decoded."""
    with opened(path) as container:
        stream = video_of(container, path)
        frame = _first(container, stream, path)
        clocked = frame.pts is not None and frame.time_base is not None
        origin = Fraction(0)
        if frame.pts is not None and frame.time_base:
            origin = Fraction(frame.pts * frame.time_base)
        rates = (stream.average_rate, stream.guessed_rate)
        rate = next((rate for rate in rates if rate and 0 < rate < 1000), None)
        seconds, count = _seconds(container, stream, origin), stream.frames or None
        turn = turn_of(frame)
        size = upright_size(frame, stream.sample_aspect_ratio, turn)
        sound, notes = sound_of(container) is not None, (*_notes(frame), *_left_out(container, stream))
    if seconds is None:
        seconds, count = _counted(path, origin, rate or USUAL)
    average = rate or (count / seconds if count else USUAL)
    return Facts(size, average, seconds, count, sound, origin, clocked, turn, notes)


def _first(container: InputContainer, stream: VideoStream, path: Path) -> VideoFrame:
    import av

    for packet in packets_of(container, stream):
        try:
            for frame in packet.decode():
                return frame
        except av.FFmpegError:
            continue
    raise PictureError(f"'{path}' has no frame that can be decoded; take another copy, or convert it to MP4")


def _seconds(container: InputContainer, stream: VideoStream, origin: Fraction) -> Fraction | None:
    """Return the duration from the stream, else its tags (Matroska), else the container (with sound)."""
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    ends = []
    with suppress(SettingsError):
        ends.append(seconds_of(stream.metadata.get("DURATION", "")))
    if container.duration:
        ends.append(Fraction(container.duration + (container.start_time or 0), 1_000_000))
    return next((end - origin for end in ends if end > origin), None)


def _counted(path: Path, origin: Fraction, rate: Fraction) -> tuple[Fraction, int]:
    """Return duration and count by reading all packets, if the header has none: a GIF, or a raw stream."""
    count, end = 0, origin
    with opened(path) as container:
        for packet in packets_of(container, video_of(container, path)):
            if packet.size:
                count += 1
                if packet.pts is not None:
                    end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    return (end - origin) or count / rate, count


def _left_out(container: InputContainer, stream: VideoStream) -> Iterator[str]:
    """Yield notes on the tracks that are ignored, and on which one of several is used."""
    films, sounds, sound = moving(container), container.streams.audio, sound_of(container)
    if len(films) > 1:
        number = films.index(stream) + 1
        yield f"video track {number} of {len(films)}{_named(stream)} is painted; {_others(films)} ignored"
    if sounds and sound is None:
        yield "its sound is in a codec that this PyAV cannot decode, and is ignored"
    elif sound is not None and len(sounds) > 1:
        number = sounds.index(sound) + 1
        yield f"audio track {number} of {len(sounds)}{_named(sound)} is kept; {_others(sounds)} ignored"
    if container.streams.subtitles:
        yield "its subtitles are ignored"


def _named(stream: Stream) -> str:
    """Return the language and the title of a track in brackets, if known."""
    language, title = (" ".join(stream.metadata.get(key, "").split()) for key in ("language", "title"))
    named = ", ".join(text for text in ("" if language == "und" else language, title) if text)
    return f" ({named})" if named else ""


def _others(tracks: Sequence[Stream]) -> str:
    return "the other is" if len(tracks) == 2 else "the others are"


def _notes(frame: VideoFrame) -> tuple[str, ...]:
    notes = []
    if frame.color_trc in _HDR:
        notes.append(
            f"the film is HDR ({_HDR[frame.color_trc]}); its colours are not tone-mapped and will look pale"
        )
    if frame.interlaced_frame:
        notes.append("the film is interlaced; it is not deinterlaced")
    if has_alpha(frame) and frame.reformat(format="rgba").to_ndarray()[..., 3].min() < 255:
        notes.append(f"transparent parts are shown on white ({PAPER})")
    return tuple(notes)
