"""What is known of a film before it is read: from its header, and from its first picture."""

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
"""Frames a second where neither a file nor its packets tell."""

_HDR = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class Facts:
    """Height and width, frames a second, seconds, count where known; whether there is sound; and how to find a time in the file.

    `origin` is the file's own clock at the first picture, in seconds; `clocked` says whether that picture told a time, `turn` how
    pictures are turned upright.
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
    """Return the facts of a film; raises PictureError where it has no picture that can be decoded."""
    with opened(path) as container:
        stream = video_of(container, path)
        frame = _first(container, stream, path)
        clocked = frame.pts is not None and frame.time_base is not None
        origin = (
            Fraction(frame.pts * frame.time_base)
            if frame.pts is not None and frame.time_base
            else Fraction(0)
        )
        rate = next(
            (rate for rate in (stream.average_rate, stream.guessed_rate) if rate and 0 < rate < 1000), None
        )
        seconds, count = _seconds(container, stream, origin), stream.frames or None
        turn = turn_of(frame)
        size = upright_size(frame, stream.sample_aspect_ratio, turn)
        sound, notes = sound_of(container) is not None, (*_notes(frame), *_left_out(container, stream))
    if seconds is None:
        seconds, count = _counted(path, origin, rate or USUAL)
    return Facts(
        size,
        rate or (count / seconds if count else USUAL),
        seconds,
        count,
        sound,
        origin,
        clocked,
        turn,
        notes,
    )


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
    """Return what the stream says, else its tags (in Matroska), else the container, which may be longer for its sound."""
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    ends = []
    with suppress(SettingsError):
        ends.append(seconds_of(stream.metadata.get("DURATION", "")))
    if container.duration:
        ends.append(Fraction(container.duration + (container.start_time or 0), 1_000_000))
    return next((end - origin for end in ends if end > origin), None)


def _counted(path: Path, origin: Fraction, rate: Fraction) -> tuple[Fraction, int]:
    """Return length and count by a look at each packet, where the header has none: a GIF, or a bare stream."""
    count, end = 0, origin
    with opened(path) as container:
        for packet in packets_of(container, video_of(container, path)):
            if packet.size:
                count += 1
                if packet.pts is not None:
                    end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    return (end - origin) or count / rate, count


def _left_out(container: InputContainer, stream: VideoStream) -> Iterator[str]:
    """Say which tracks are not taken, and which one of several is."""
    films, sounds, sound = moving(container), container.streams.audio, sound_of(container)
    if len(films) > 1:
        yield f"of its {len(films)} picture tracks number {films.index(stream) + 1}{_named(stream)} is painted; {_others(films)} left out"
    if sounds and sound is None:
        yield "its sound is in a codec that this PyAV does not know, and is left out"
    elif sound is not None and len(sounds) > 1:
        yield f"of its {len(sounds)} sound tracks number {sounds.index(sound) + 1}{_named(sound)} is kept; {_others(sounds)} left out"
    if container.streams.subtitles:
        yield "its subtitles are left out"


def _named(stream: Stream) -> str:
    """Return the language and the title of a track in brackets, as far as it has any."""
    language, title = (" ".join(stream.metadata.get(key, "").split()) for key in ("language", "title"))
    named = ", ".join(text for text in ("" if language == "und" else language, title) if text)
    return f" ({named})" if named else ""


def _others(tracks: Sequence[Stream]) -> str:
    return "the other is" if len(tracks) == 2 else "the others are"


def _notes(frame: VideoFrame) -> tuple[str, ...]:
    notes = []
    if frame.color_trc in _HDR:
        notes.append(
            f"the film is HDR ({_HDR[frame.color_trc]}); its colours are taken as they are and come out pale"
        )
    if frame.interlaced_frame:
        notes.append("the film is interlaced; its two fields are not taken apart")
    if has_alpha(frame) and frame.reformat(format="rgba").to_ndarray()[..., 3].min() < 255:
        notes.append(f"transparent parts are shown on white ({PAPER})")
    return tuple(notes)
