"""Notebook display of pictures and films: embedded if small, else linked."""

from __future__ import annotations

import base64
import io
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

from impasto.errors import PictureError
from impasto.media.folder import RATE, is_numbered, pictures_in

SHOWN = 1024
"""Maximum length in pixels of the long side of an embedded picture."""

EMBEDDED = 10 << 20
"""Maximum size in bytes of an embedded film; larger ones are linked."""

_MOVING = 480
_MOST_FRAMES = 120

# Browsers play MOV and MKV declared as the related MP4 and WebM, but not under their own types.
_KINDS = {
    ".mp4": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/webm",
    ".gif": "image/gif",
}

if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # before Python 3.12 only its two concrete classes can be subclassed


def png_of(image: Image.Image, longest: int = SHOWN) -> bytes:
    """Encode an image as PNG, scaled down so that no side is longer than `longest`."""
    small, file = image.copy(), io.BytesIO()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    small.save(file, "PNG")
    return file.getvalue()


class FilmFile(_Path):
    """The path of a film or of a folder of frames, which plays in a notebook."""

    def _repr_html_(self) -> str | None:
        """Return HTML that plays the film, embedded if it is small; None if missing, so the path is shown."""
        try:
            if self.is_dir():
                return self._moving_frames()
            kind, size = _KINDS.get(self.suffix.lower()), self.stat().st_size
            if kind is None:
                return None
            if size > EMBEDDED:
                return self._figure(_player(kind, escape(self._url)), f", {size / 1e6:.0f} MB, linked")
            return self._figure(_player(kind, _data(kind, self.read_bytes())))
        except (OSError, PictureError):
            return None

    @property
    def _url(self) -> str:
        """URL of the film from a notebook: relative to the working directory if it lies inside."""
        path, here = Path(os.path.abspath(self)), Path.cwd()  # noqa: PTH100
        return quote(path.relative_to(here).as_posix()) if path.is_relative_to(here) else path.as_uri()

    def _figure(self, shown: str, more: str = "") -> str:
        link = f'<a href="{escape(self._url)}">{escape(str(self))}</a>'
        return f'<figure style="margin:0">{shown}<figcaption>{link}{more}</figcaption></figure>'

    def _moving_frames(self) -> str | None:
        """Return numbered frames as a small animation, subsampled if many; None for other folders."""
        files = [path for path in pictures_in(self) if is_numbered(path)]
        if not files:
            return None
        step, file = -(-len(files) // _MOST_FRAMES), io.BytesIO()
        first, *others = map(_small, files[::step])
        first.save(
            file, "WEBP", save_all=True, append_images=others, duration=round(step * 1000 / RATE), loop=0
        )
        count = f", {len(files)} frame{'s' if len(files) > 1 else ''}"
        return self._figure(_player("image/webp", _data("image/webp", file.getvalue())), count)


def _small(path: Path) -> Image.Image:
    with Image.open(path) as image:
        small = image.convert("RGB")
    small.thumbnail((_MOVING, _MOVING))
    return small


def _data(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _player(kind: str, source: str) -> str:
    wide = 'style="max-width:100%"'
    return (
        f'<img {wide} alt="" src="{source}">'
        if kind.startswith("image/")
        else f'<video {wide} controls loop playsinline src="{source}"></video>'
    )
