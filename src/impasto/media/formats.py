"""Formats of pictures and films by the endings and the first bytes of their files."""

from __future__ import annotations

from pathlib import Path

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
"""Endings of pictures that are written, and their formats."""

HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"})
"""Brands that mark a file as HEIC, whatever its ending: phones and messengers also name them .jpg."""

_BITMAPS = (".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".gif", ".psd")
_COMPRESSED = (".jpe", ".jfif", ".jp2", ".j2k", ".avif", ".heic", ".heif", ".hif")

PICTURES = frozenset({*FORMATS, *_BITMAPS, *_COMPRESSED})
"""Endings that mark a file in a folder as a picture."""

ENDINGS = (".mp4", ".mov", ".webm", ".mkv", ".gif")
"""Endings of films that are written to one file; a name without an ending is a folder of PNG frames."""

FILMS = (".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".wmv")
"""Endings of films, for error messages."""

SIDECAR = ".recipe.json"
"""Ending of a file that holds the recipe of a picture, after the picture's whole name."""

_BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"8BPS", b"\0\0\0\x0cjP  ")


def begins_as_picture(path: Path) -> bool:
    """Tell whether a file has the magic number of a picture, intact or damaged."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False
    bitmap = head.startswith(b"BM") and head[6:10] == bytes(4)  # a text may begin with "BM" as well
    return (
        bitmap
        or head.startswith(_BEGINNINGS)
        or (head[:4] == b"RIFF" and head[8:] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:] in {*HEIC, b"avif", b"avis"})
    )
