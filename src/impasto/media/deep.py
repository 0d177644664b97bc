"""16-bit PNG and TIFF through libvips, as Pillow has no 16-bit colour mode."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from impasto.media.large import factor_of, reason_of, shrunk_by_vips, vips_image
from impasto.media.metadata import finish_png, finish_tiff
from impasto.media.profile import ROWS, SRGB_BYTES, Levels, levels_to_srgb

logging.getLogger("pyvips").addHandler(logging.NullHandler())  # hide its warnings about unknown tags

KINDS = ("PNG", "TIFF")
"""Formats that store 16 bits per channel."""

_PLAIN = ("rgb16", "grey16", "b-w", "rgb", "srgb", "scrgb", "multiband", "matrix")
_PNG, _TIFF = b"\x89PNG\r\n\x1a\n", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def is_deep(path: Path) -> bool:
    """Tell whether a file is a PNG or TIFF of more than 8 bits per channel; raises OSError if unreadable."""
    with path.open("rb") as file:
        head = file.read(26)
    if head.startswith(_PNG):
        return head[24:25] == b"\x10"
    return head.startswith(_TIFF) and _tiff_is_deep(path)


def read(path: Path) -> tuple[Levels, tuple[int, int] | None]:
    """Read a 16-bit file as upright sRGB pixels `(H, W, 3)`, or `(H, W, 4)` with transparency.

    Also returns the stored height and width if it was shrunk, else None. Grey and RGB with a matrix/TRC
    profile (sRGB, Adobe RGB, Display P3, ProPhoto, …) are exact to about one bit; CMYK, Lab and LUTs go
    through lcms, to a few levels of 255. Floats are read as sRGB in 0 to 1, or scaled by their maximum.
    Raises PictureError for too many pixels, and OSError if the file is damaged or truncated.
    """
    import pyvips

    try:
        image = vips_image(path)
        factor, size = factor_of(image.width, image.height, path), (image.height, image.width)
        if factor == 1:
            return _srgb_levels(image.autorot()), None
        sideways = "orientation" in image.get_fields() and image.get("orientation") >= 5
        return _srgb_levels(shrunk_by_vips(path, factor).autorot()), size[::-1] if sideways else size
    except pyvips.Error as error:
        raise OSError(reason_of(error)) from error


def to_levels(values: np.ndarray[Any, Any]) -> Levels:
    """Return integers up to 65535, or floats in 0 to 1 (or up to their maximum), as 16-bit levels."""
    if values.dtype == np.uint16:
        return values
    finite = np.nan_to_num(values.astype(np.float64))
    top = max(65535.0 if np.issubdtype(values.dtype, np.integer) else 1.0, float(finite.max(initial=0.0)))
    levels: Levels = np.round(np.clip(finite / top, 0, 1) * 65535).astype(np.uint16)
    return levels


def to_bytes(levels: Levels) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return 16-bit levels rounded to 8 bits."""
    result = np.empty(levels.shape, np.uint8)
    for top in range(0, len(levels), ROWS):  # in strips: a fifth of the memory
        result[top : top + ROWS] = (levels[top : top + ROWS].astype(np.uint32) + 128) // 257
    return result


def encode(levels: Levels, kind: str, *, dpi: int = 0, exif: bytes = b"") -> bytes:
    """Encode 16-bit levels as a PNG or TIFF tagged as sRGB; raises OSError if libvips fails."""
    import pyvips

    density = dpi / 25.4 or 1.0  # libvips counts per millimetre, and always writes a density
    image = pyvips.Image.new_from_array(np.ascontiguousarray(levels)).copy(
        interpretation="rgb16", xres=density, yres=density
    )
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", SRGB_BYTES)
    try:
        if kind == "PNG":
            return finish_png(image.pngsave_buffer(bitdepth=16, keep="icc"), exif, density=dpi > 0)
        data = image.tiffsave_buffer(
            keep="icc", compression="deflate", predictor="horizontal", resunit="inch"
        )
    except pyvips.Error as error:
        raise OSError(reason_of(error)) from error
    return finish_tiff(data, exif, density=dpi > 0)


def _tiff_is_deep(path: Path) -> bool:
    import pyvips

    try:
        return vips_image(path).format not in ("uchar", "char")
    except pyvips.Error:
        return False  # Pillow reports the error


def _srgb_levels(image: Any) -> Levels:
    if image.interpretation not in _PLAIN:
        image = _through_lcms(image)
    levels = to_levels(np.atleast_3d(image.numpy()))
    count = 1 if image.bands < 3 else 3
    colours, alpha = levels[..., :count], levels[..., count : count + 1]
    if image.get_typeof("icc-profile-data"):
        converted = levels_to_srgb(colours, image.get("icc-profile-data"))
        colours = _tables(image, colours) if converted is None else converted
    colours = np.broadcast_to(colours, (*levels.shape[:2], 3))
    if not image.hasalpha() or (alpha == 65535).all():
        return np.ascontiguousarray(colours)
    return np.concatenate([colours, alpha], axis=2)


def _through_lcms(image: Any) -> Any:
    """Convert CMYK, Lab and the like to 16-bit sRGB without a profile."""
    if image.get_typeof("icc-profile-data"):
        converted = image.icc_transform("srgb", embedded=True, depth=16, intent="perceptual")
    else:
        converted = image.colourspace("rgb16")
    converted = converted.copy()
    if converted.get_typeof("icc-profile-data"):
        converted.remove("icc-profile-data")
    return converted


def _tables(image: Any, colours: Levels) -> Levels:
    """Convert through a LUT profile; if it is damaged, the values are returned unchanged."""
    import pyvips

    plain = pyvips.Image.new_from_array(np.ascontiguousarray(colours)).copy(
        interpretation="grey16" if colours.shape[2] == 1 else "rgb16"
    )
    plain.set_type(pyvips.GValue.blob_type, "icc-profile-data", image.get("icc-profile-data"))
    try:
        return to_levels(plain.icc_transform("srgb", embedded=True, depth=16, intent="perceptual").numpy())
    except pyvips.Error:
        return colours
