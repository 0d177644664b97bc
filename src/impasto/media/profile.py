"""Colour profiles: any ICC profile to sRGB, at 8 bits by lcms and at 16 bits by the profile's own curves and matrix."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from PIL import Image, ImageCms

Levels = np.ndarray[Any, np.dtype[np.uint16]]
"""Pixels of 16 bits a channel, `(H, W, C)`, 0 to 65535."""

Numbers = np.ndarray[Any, Any]

ROWS = 256
"""Rows converted at a time, so that a large picture needs little memory beside itself."""


def _undated(profile: bytes) -> bytes:
    """Return an ICC profile with a fixed date of creation (bytes 24 to 35), so that the same picture gives the same bytes."""
    return profile[:24] + bytes([0x07, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]) + profile[36:]


_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
SRGB_BYTES = _undated(_SRGB.tobytes())
"""The profile that every result carries."""


def to_srgb(image: Image.Image) -> Image.Image:
    """Return an 8-bit image as sRGB, by its embedded profile where it has a sound one."""
    profile = image.info.get("icc_profile")
    # A profile speaks of the mode that the file was stored in; palettes are always RGB.
    plain = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(plain, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = (
                None  # a damaged profile, or one of another mode: the numbers themselves are the best guess
            )
        if converted is not None:
            return converted
    return plain.convert("RGB")


def levels_to_srgb(levels: Levels, profile: bytes) -> Levels | None:
    """Return 16-bit grey or RGB levels `(H, W, 1 | 3)` as sRGB `(H, W, 3)`; None where the profile is no curves and matrix.

    Linear light is c(v) by the profile's tone curves, then M⁻¹ₛ M c(v) by its primaries, all in D50; what lies outside sRGB
    is clipped, as relative colorimetry does. Not through lcms, whose connection space of 16 bits put dark saturated colours
    of Display P3 up to 13 of 255 levels off.
    """
    try:
        shape = _curves_and_matrix(_tags(profile), grey=levels.shape[2] == 1)
    except (struct.error, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
        return None
    if shape is None:
        return None
    curves, matrix = shape
    if _changes_nothing(curves, matrix):
        return np.broadcast_to(levels, (*levels.shape[:2], 3))
    result = np.empty((*levels.shape[:2], 3), np.uint16)
    for top in range(0, len(levels), ROWS):
        result[top : top + ROWS] = _shaped(levels[top : top + ROWS], curves, matrix)
    return result


def _shaped(levels: Levels, curves: list[Numbers], matrix: Numbers) -> Levels:
    linear = np.stack(
        [curve[levels[..., min(i, levels.shape[2] - 1)]] for i, curve in enumerate(curves)], axis=-1
    )
    linear = np.clip(linear @ matrix.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: Levels = np.round(encoded * 65535).astype(np.uint16)
    return result


def _changes_nothing(curves: list[Numbers], matrix: Numbers) -> bool:
    """Tell whether a profile is sRGB but for the rounding of its numbers; such pixels stay as they are, bit by bit."""
    steps = np.linspace(0, 65535, 9).astype(np.uint16)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return bool(np.abs(_shaped(grid, curves, matrix).astype(int) - grid).max() < 257)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(min(count, 1000))]
    return {name: profile[start : start + length] for name, start, length in entries}


def _curves_and_matrix(tags: dict[bytes, bytes], *, grey: bool) -> tuple[list[Numbers], Numbers] | None:
    """Return three tables of 65536 entries to linear light and the matrix to linear sRGB, or None where the tags are others."""
    if b"A2B0" in tags:
        return None  # a table of colours, which stands above curves and matrix
    if grey:
        return ([_curve(tags[b"kTRC"])] * 3, np.eye(3)) if b"kTRC" in tags else None
    if not {b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"} <= tags.keys():
        return None
    ours = _tags(SRGB_BYTES)
    matrix: Numbers = np.linalg.solve(_primaries(ours), _primaries(tags))
    return [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")], matrix


def _primaries(tags: dict[bytes, bytes]) -> Numbers:
    columns = [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix: Numbers = np.array(columns).T / 65536
    return matrix


def _curve(tag: bytes) -> Numbers:
    """Return an ICC tone curve (`curv`: a table or a gamma; `para`: a formula) as a table over 0 to 65535."""
    x = np.arange(65536) / 65535
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        count = (1, 3, 4, 5, 7)[kind]
        return _formula(x, [number / 65536 for number in struct.unpack_from(f">{count}i", tag, 12)])
    if tag[:4] != b"curv":
        raise ValueError(f"a tone curve of type {tag[:4]!r}")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return x
    points = struct.unpack_from(f">{count}H", tag, 12)
    if count == 1:
        return x ** float(points[0] / 256)
    return np.interp(x, np.linspace(0, 1, count), np.array(points) / 65535)


def _formula(x: Numbers, numbers: list[float]) -> Numbers:
    """Return one of the five parametric curves of ICC, told apart by their count of numbers: (a x + b)^g + e from d on, else c x + f."""
    match numbers:
        case [g]:
            a, b, c, d, e, f = 1.0, 0.0, 0.0, -1.0, 0.0, 0.0
        case [g, a, b]:
            c, d, e, f = 0.0, -b / a, 0.0, 0.0
        case [g, a, b, e]:
            c, d, f = 0.0, -b / a, e
        case [g, a, b, c, d]:
            e, f = 0.0, 0.0
        case _:
            g, a, b, c, d, e, f = numbers
    curve: Numbers = np.clip(np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f), 0, 1)
    return curve
