"""PyAV, which reads and writes films with FFmpeg's libraries: where it is missing, and what its errors mean to a user."""

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
"""Formats of libav that are stills, texts drawn as letters, or lists that name other files."""


def need_pyav() -> None:
    """Raise SettingsError where PyAV is not installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise SettingsError("films need PyAV; pip install 'impasto[video]' brings it") from None


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a film for reading; raises PictureError where it is missing, damaged or no film, also where that shows later on."""
    need_pyav()
    import av

    if not is_there(path):
        raise PictureError(unreadable(path) or missing(path))
    try:
        # "file:" and the list of protocols keep a name, or a file that names others, from reaching the network.
        with av.open(
            f"file:{path}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as container:
            name = container.format.name
            if name in _NO_FILM or name.endswith("_pipe"):
                if name.endswith("_pipe") or name in ("image2", "ico"):
                    raise PictureError(
                        f"'{path}' is a picture and no film; 'impasto stylize' paints pictures"
                    )
                raise PictureError(
                    f"'{path}' is no film ({name}); name an MP4, MOV, WebM, MKV or GIF, or a folder of pictures"
                )
            yield container
    except av.FFmpegError as error:
        if isinstance(error, PermissionError | IsADirectoryError):
            raise PictureError(f"cannot read '{path}': {error.strerror}; check the path") from None
        raise PictureError(
            f"'{path}' is no film that can be read, or is cut off; take another copy, or convert it to MP4"
        ) from None


def moving(container: InputContainer) -> list[VideoStream]:
    """Return the streams of moving pictures, which a cover is not."""
    from av.stream import Disposition

    return [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]


def video_of(container: InputContainer, path: Path) -> VideoStream:
    """Return the stream of moving pictures; raises PictureError where there is none, or none that can be decoded."""
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
    """Return the stream of sound, or None where there is none that can be decoded."""
    readable = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio")
    return next(
        (stream for stream in readable if best is not None and stream.index == best.index),
        readable[0] if readable else None,
    )


def packets_of(container: InputContainer, *streams: AudioStream | VideoStream) -> Iterator[Packet[Any]]:
    """Yield the packets of some streams or of all, and after the last an empty one for each, which asks its decoder for the rest."""
    with suppress(IndexError):  # PyAV's own, for a stream that began in the middle
        yield from container.demux(*streams)


class Sink:
    """A file of Python's for libav to write into: an error of writing comes out as it is, and libav itself may read what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.name = f"file:{file.name}"

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written, so that libav leaves out its last words."""
        return self._file.closed

    def write(self, data: bytes) -> int:
        """Write at once: MP4 is read again under its name when its index is moved to the front."""
        self._file.write(data)
        self._file.flush()
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._file.tell()
