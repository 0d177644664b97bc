"""An upload looked at in a process of its own, which may die of it: what it is, and a small picture of it.

    python -m impasto.media.intake FILE THUMBNAIL

Prints one line of JSON: the fields of `Found`, or an `error`. Needs no torch.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import ImpastoError, PictureError
from impasto.media.formats import FILMS, FORMATS

if TYPE_CHECKING:
    from PIL import Image

MEMORY, SECONDS, WRITTEN = 6_000_000_000, 120, 32_000_000
"""Address space in bytes, seconds of computing, and bytes of a written file, at most."""

LONG_SIDE, QUALITY = 640, 82
"""Of the thumbnail, a JPEG."""

_SUFFIXES = {kind: suffix for suffix, kind in reversed(FORMATS.items())} | {"HEIF": ".heic", "MPO": ".jpg"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """A picture or a clip: its upright size, what its name should end in, and notes for its owner.

    `moving` says that it can be painted as a film, of so many `seconds`.
    """

    kind: str
    suffix: str
    width: int
    height: int
    moving: bool = False
    seconds: float | None = None
    notes: tuple[str, ...] = ()


def main(file: str, thumbnail: str, pixels: str = "0") -> int:
    """Look at a file, within limits; return the exit code."""
    _confine()
    try:
        found = look(Path(file), Path(thumbnail), int(pixels))
    except ImpastoError as error:
        print(json.dumps({"error": str(error).replace(f"'{file}'", "the file")}))  # noqa: T201
        return 1
    print(json.dumps(asdict(found)))  # noqa: T201
    return 0


def look(file: Path, thumbnail: Path, pixels: int = 0) -> Found:
    """Return what a file is, and write a small picture of it; raises PictureError.

    It may have at most so many `pixels`, unless they are 0.
    """
    if file.suffix.lower() in FILMS:
        return _clip(file, thumbnail, pixels)
    try:
        return _picture(file, thumbnail, pixels)
    except PictureError as why:
        with suppress(ImpastoError):  # it may be a film without the name of one
            return _clip(file, thumbnail, pixels)
        raise why from None


def _picture(file: Path, thumbnail: Path, pixels: int) -> Found:
    from impasto.media.image import header, load_as_it_is

    suffix, moving, notes = file.suffix.lower(), False, list[str]()
    with suppress(OSError, SyntaxError, ValueError), header(file) as image:
        _check_size(image.width, image.height, pixels)
        suffix = _SUFFIXES.get(image.format or "", f".{(image.format or 'png').lower()}")
        moving = image.format == "GIF" and getattr(image, "is_animated", False)
        if getattr(image, "is_animated", False) and image.format != "MPO":
            notes.append("it is animated; its first frame is used for a picture")
    picture = load_as_it_is(file)
    if picture.note:
        notes.append("it is too large to open at full size")
    _check_size(*picture.image.size, pixels)
    _write(_on_white(picture.image, picture.alpha), thumbnail)
    height, width = picture.whole or picture.size
    return Found(kind="picture", suffix=suffix, width=width, height=height, moving=moving, notes=tuple(notes))


def _clip(file: Path, thumbnail: Path, pixels: int) -> Found:
    from impasto.media.clip import Clip

    clip = Clip.open(file)
    height, width = clip.size
    _check_size(width, height, pixels)
    first = next(iter(clip.frames()))
    _write(first.image, thumbnail)
    suffix = file.suffix.lower() if file.suffix.lower() in FILMS else ".mp4"
    facts = dict[str, Any](seconds=round(float(clip.seconds), 3), notes=tuple(clip.notes))
    return Found(kind="clip", suffix=suffix, width=width, height=height, moving=True, **facts)


def _check_size(width: int, height: int, pixels: int) -> None:
    if pixels and width * height > pixels:
        what = f"it has {width * height / 1e6:.0f} million pixels"
        raise PictureError(f"{what}, and {pixels / 1e6:.0f} million are allowed", "scale it down first")


def _on_white(image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    from PIL import Image

    if alpha is None:
        return image
    return Image.composite(image, Image.new("RGB", image.size, "white"), alpha)


def _write(image: Image.Image, thumbnail: Path) -> None:
    from PIL import Image

    small = image.convert("RGB")
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    small.save(thumbnail, "JPEG", quality=QUALITY)


def _confine() -> None:
    """Limit what a hostile file can make this process take."""
    try:
        import resource
    except ImportError:  # Windows; whoever runs this still limits its time
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
