"""PyAV, the binding to FFmpeg's libraries: availability, opening films, and errors in the user's terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from impasto.errors import PictureError, SettingsError
from impasto.media.paths import is_there, missing, unreadable

if TYPE_CHECKING:
    from av import AudioStream, Packet
    from av.container import InputContainer
    from av.video.stream import VideoStream

_NO_FILM = frozenset(
    {"tty", "image2", "ico", "svg_pipe", "hls", "dash", "concat", "concatf", "imf", "lavfi", "sdp", "rtsp"}
)
"""libav formats that are stills, text rendered as video, or lists that name other files."""


def need_pyav() -> None:
    """Raise SettingsError if PyAV is not installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise SettingsError("films need PyAV; install it with pip install 'impasto[video]'") from None


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a film for reading; raises PictureError, even later on, if it is missing, damaged or no film."""
    need_pyav()
    import av

    if not is_there(path):
        raise PictureError(unreadable(path) or missing(path))
    try:
        # "file:" and the protocol whitelist keep names, and files that name others, off the network.
        with av.open(
            f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as container:
            name = container.format.name
            if name in _NO_FILM or name.endswith("_pipe"):
                if name.endswith("_pipe") or name in ("image2", "ico"):
                    raise PictureError(f"'{path}' is a picture, not a film; paint it as a picture")
                raise PictureError(
                    f"'{path}' is not a film ({name}); "
                    "name an MP4, MOV, WebM, MKV or GIF, or a folder of pictures"
                )
            yield container
    except av.FFmpegError as error:
        if isinstance(error, PermissionError | IsADirectoryError):
            raise PictureError(f"cannot read '{path}': {error.strerror}; check the path") from None
        raise PictureError(
            f"'{path}' is not a readable film, or is truncated; take another copy, or convert it to MP4"
        ) from None


def moving(container: InputContainer) -> list[VideoStream]:
    """Return the video streams other than cover art."""
    from av.stream import Disposition

    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def video_of(container: InputContainer, path: Path) -> VideoStream:
    """Return the best video stream; raises PictureError if there is none that can be decoded."""
    films = moving(container)
    if not films:
        has = "sound but no moving picture" if container.streams.audio else "no moving picture"
        raise PictureError(f"'{path}' has {has}; name a film")
    readable = [stream for stream in films if stream.codec_context is not None]
    if not readable:
        raise PictureError(f"'{path}' is in a codec that this PyAV cannot decode; convert it to H.264")
    best = container.streams.best("video")
    return next(
        (stream for stream in readable if best is not None and stream.index == best.index), readable[0]
    )


def sound_of(container: InputContainer) -> AudioStream | None:
    """Return the best audio stream that can be decoded, or None if there is none."""
    readable = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio")
    return next(
        (stream for stream in readable if best is not None and stream.index == best.index),
        readable[0] if readable else None,
    )


def packets_of(container: InputContainer, *streams: AudioStream | VideoStream) -> Iterator[Packet[Any]]:
    """Yield the packets of some or all streams, and at the end an empty one for each to flush its decoder."""
    with suppress(IndexError):  # raised inside PyAV for a stream that begins late
        yield from container.demux(*streams)


class Sink:
    """A Python file for libav to write into; write errors propagate unchanged."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.name = f"file:{file.name}"

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written, so that libav skips the trailer."""
        return self._file.closed

    def write(self, data: bytes) -> int:
        """Write and flush: when MP4's index is moved to the front, libav reopens the file by name."""
        self._file.write(data)
        self._file.flush()
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to an offset in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the current offset."""
        return self._file.tell()
